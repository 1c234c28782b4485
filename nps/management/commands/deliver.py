"""Send what is due, from this process and with no broker: `manage.py deliver [--loop]`."""

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Send due mail now, with no broker; --loop goes on every few seconds until SIGTERM or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--loop", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("sweep", only=["outbox.deliver_due"], loop=options["loop"])
