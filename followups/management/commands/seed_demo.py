"""The door to the demonstration: `manage.py seed_demo`, on an empty database."""

import sys
from argparse import ArgumentParser
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from followups.demo import customers, seeding, staff

LOGINS: list[tuple[str, str, str]] = staff.LOGINS
TRY_FIRST: list[str] = [
    "1. Sign in as sanna, open one of her tickets that is answered, and resolve it.",
    "2. Open the mailbox, read “One question about your request”, press a 6 and send it.",
    "3. Say why. Within a second a follow-up has an agent who is on shift.",
    "4. Sign in as runa: find it, close it with an outcome, a root cause and a lesson.",
    "5. See the lesson in Django admin, under Lessons.",
]


class Command(BaseCommand):
    help = "Fill an empty database with a demo organisation and twelve weeks of its support."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--weeks", type=int, default=seeding.DEFAULT_WEEKS, help="length of the past (2 to 52)")
        parser.add_argument("--seed", type=int, default=seeding.DEFAULT_SEED, help="another number, another story")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, and make nothing")

    def handle(self, *, weeks: int, seed: int, dry_run: bool, **options: Any) -> None:
        if not 2 <= weeks <= 52:
            raise CommandError(f"--weeks is {weeks}; it must be from 2 to 52.")
        at = timezone.now()
        try:
            if dry_run:
                seeding.refuse_unless_empty()
                self.stdout.write(would_make(weeks))
                return
            with Progress(at - timedelta(weeks=weeks), at) as progress:
                made = seeding.seed(at=at, weeks=weeks, seed=seed, told=progress.tell)
        except seeding.NotEmpty as reason:
            raise CommandError(f"{reason} The demo is made in an empty database only; nothing was changed.") from None
        self.stdout.write(
            f"Made {made.people} people, {made.customers} customers, {made.tickets} tickets, {made.answers} answers,"
            f" {made.follow_ups} follow-ups and {made.lessons} lessons."
        )


def would_make(weeks: int) -> str:
    agents = sum(len(team) for team in staff.AGENTS.values())
    people = sum(len(company.people) for company in customers.COMPANIES)
    tickets = round(weeks * sum(seeding.BUSY) / 10) * 10
    return (
        f"Would make {len(staff.TEAMS)} teams, {agents} agents, {len(customers.COMPANIES)} accounts with {people}"
        f" customers, and {weeks} weeks with over {tickets} tickets. Nothing was changed."
    )


class Progress:
    """A bar over the simulated weeks; silent where nobody watches."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self._since = since
        days = (until - since) // timedelta(days=1)
        self._bar = tqdm(total=days, unit=" days", desc="Living the past", leave=False, disable=not sys.stderr.isatty())

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error: object) -> None:
        self._bar.close()

    def tell(self, at: datetime) -> None:
        passed = (at - self._since) // timedelta(days=1)
        if passed > self._bar.n:
            self._bar.update(passed - self._bar.n)
