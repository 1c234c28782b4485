"""A key for a program. Its secret is printed once and can never be read again."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from nps.desk.models import ApiKey, User

LONGEST_NAME = 80


class Command(BaseCommand):
    help = "Make an API key and print its secret, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="What the key is for, such as “ticket sync”.")
        parser.add_argument(
            "--scopes", nargs="+", default=["read"], metavar="SCOPE", help=f"Out of: {', '.join(settings.API_SCOPES)}."
        )
        parser.add_argument("--days", type=int, default=365, help="Until it expires; 0 is never. Default: 365.")

        parser.add_argument(
            "--owner",
            metavar="USERNAME",
            help="Whose key it is: it is shown the figures of those agents whose own figures this person may see. "
            "Without an owner it is shown nobody's.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, scopes, days = options["name"], list(dict.fromkeys(options["scopes"])), options["days"]
        unknown = [scope for scope in scopes if scope not in settings.API_SCOPES]
        if unknown:
            raise CommandError(f"There is no scope {unknown[0]}; choose out of: {', '.join(settings.API_SCOPES)}.")
        if not name.strip() or len(name) > LONGEST_NAME:
            raise CommandError(f"A name of 1 to {LONGEST_NAME} characters, please.")
        if not 0 <= days <= 36_500:
            raise CommandError("--days must be from 0 (never expires) to 36500.")
        owner = self._owner(options["owner"])
        key, secret = ApiKey.issue(name=name, scopes=scopes, at=timezone.now(), days=days or None, by=owner)
        until = f"until {key.expires_at:%Y-%m-%d}" if key.expires_at else "for ever"
        self.stderr.write(f"{key.name}: {', '.join(scopes)}; good {until}. This is shown once:")
        self.stdout.write(secret)

    @staticmethod
    def _owner(username: str | None) -> User | None:
        if username is None:
            return None
        found = User.objects.filter(username=username, is_active=True).first()
        if found is None or not found.has_role:
            raise CommandError(f"Nobody who works here signs in as {username}.")
        return found
