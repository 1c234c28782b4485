"""Invitations in bulk, as if their mails were sent long ago, for a run that needs more than mails could bring:
`python -m tests.faults.ready COUNT FILE`, run in the product's environment. Writes paths and nonces to FILE as JSON."""

import json
import sys
from pathlib import Path


def main(count: int, file: Path) -> None:
    import django

    django.setup()

    from django.utils import timezone

    from nps.desk.models import Account, Team
    from nps.survey.models import Survey
    from tests.benchmarks import world
    from tests.benchmarks.answers import answers

    team = Team.objects.order_by("pk")[0]
    at = timezone.now()
    accounts = Account.objects.bulk_create(Account(name=f"Account {n}", created_at=at) for n in range(world.ACCOUNTS))
    survey, rated = Survey.objects.get(is_default=True), team.memberships.select_related("user")[0].user
    made = world.invitations(world.World(team, rated, accounts, survey), count)
    file.write_text(json.dumps([(one.path, one.fields["nonce"]) for one in answers(made, score="6")]))


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
