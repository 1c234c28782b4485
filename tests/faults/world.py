"""The organisation of the fault runs, made inside the product's own environment: `python -m tests.faults.world`."""

import json
import os
from datetime import time

AGENTS = 8
RESERVE = 100


def build() -> dict[str, object]:
    """Two teams whose agents are on shift around the clock, a reserve of agents who never are, a manager who is signed
    in, and a key for every scope; what a client needs of it."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.auth.models import Group
    from django.contrib.sessions.backends.db import SessionStore
    from django.utils import timezone

    from nps.desk.models import ApiKey, Membership, Shift, Team, User

    teams = [Team.objects.create(name=n, slug=n.lower(), follows_sun=True) for n in ("Harbour", "Island")]
    agents_group = Group.objects.get(name="Agents")

    def agent(name: str, team: Team, *, is_lead: bool = False) -> User:
        user = User.objects.create_user(name, f"{name}@staff.example")
        user.groups.add(agents_group)
        Membership.objects.create(user=user, team=team, is_lead=is_lead)
        return user

    agents = [agent(f"agent{n}", teams[n % 2], is_lead=n < 2) for n in range(AGENTS)]
    for user in agents:
        Shift.objects.create(
            user=user, name="Always", weekdays=list(range(7)), starts=time(0), ends=time(0), time_zone="UTC"
        )
    reserve = [agent(f"reserve{n}", teams[n % 2]) for n in range(RESERVE)]
    manager = User.objects.create_user("manager", "manager@staff.example")
    manager.groups.add(Group.objects.get(name="Managers"))
    session = SessionStore()
    session[SESSION_KEY] = str(manager.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = manager.get_session_auth_hash()
    session.create()
    _, secret = ApiKey.issue(name="faults", scopes=list(settings.API_SCOPES), at=timezone.now())
    return {
        "key": secret,
        "agents": [user.pk for user in agents],
        "reserve": [user.pk for user in reserve],
        "team": teams[0].slug,
        "session": session.session_key,
    }


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()

    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    print(json.dumps(build()))
