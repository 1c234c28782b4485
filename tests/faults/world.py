"""The organisation of a fault run, made inside the product's own environment: `python -m tests.faults.world`."""

import json
import os
from datetime import time

AGENTS = 8


def build() -> dict[str, object]:
    """Two teams whose agents are on shift around the clock, and a key for every scope; what a client needs of it."""
    from django.conf import settings
    from django.contrib.auth.models import Group
    from django.utils import timezone

    from nps.desk.models import ApiKey, Membership, Shift, Team, User

    teams = [Team.objects.create(name=n, slug=n.lower(), follows_sun=True) for n in ("Harbour", "Island")]
    agents = []
    for number in range(AGENTS):
        user = User.objects.create_user(f"agent{number}", f"agent{number}@staff.example", "not used")
        user.groups.add(Group.objects.get(name="Agents"))
        Membership.objects.create(user=user, team=teams[number % 2], is_lead=number < 2)
        Shift.objects.create(
            user=user, name="Always", weekdays=list(range(7)), starts=time(0), ends=time(0), time_zone="UTC"
        )
        agents.append(user.pk)
    _, secret = ApiKey.issue(name="faults", scopes=list(settings.API_SCOPES), at=timezone.now())
    return {"key": secret, "agents": agents, "team": teams[0].slug}


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(json.dumps(build()))
