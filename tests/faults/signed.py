"""Survey links that the product's own keys signed and that must not work: `python -m tests.faults.signed COUNT`, run in
the product's environment. Prints so many tokens each under "unknown", "expired" and "living", as JSON."""

import json
import sys


def main(count: int) -> None:
    import django

    django.setup()

    from datetime import timedelta

    from django.conf import settings
    from django.utils import timezone

    from nps.survey import links, tokens
    from nps.survey.models import Invitation

    past, ahead = timezone.now() - timedelta(seconds=1), timezone.now() + timedelta(days=9)
    keys = settings.SURVEY_LINK_KEYS
    rows = list(Invitation.objects.order_by("-pk")[:count])
    found = {
        "unknown": [tokens.sign(10**9 + n, ahead, keys=keys) for n in range(count)],
        "expired": [tokens.sign(row.pk, past, keys=keys) for row in rows],
        "living": [links.token_of(row) for row in rows],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]))
