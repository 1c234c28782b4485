"""Answers out of a CSV, as history; and, where that is asked for, the follow-ups of their low scores."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from followups import rules
from followups.models import FollowUp
from followups.policies import NoPolicy
from followups.services import opening
from nps.desk.importers.command import ImportCommand
from nps.errors import DomainError
from nps.importing.staging import Staging
from nps.survey.importers.answers import AnswerImporter, imported_responses
from nps.survey.models import Response

STEP = 500


class Command(ImportCommand):
    help = (
        "Import answers from a CSV file as history: they count in the score and in no response rate. Nobody is mailed,"
        " and no follow-up is opened unless --open-follow-ups is said."
    )
    importer = AnswerImporter

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument(
            "--open-follow-ups",
            action="store_true",
            help=f"Open a follow-up for each score of {rules.THRESHOLD} or below that has none, due from now on.",
        )

    def after(self, staging: Staging, options: dict[str, Any]) -> None:
        if not options["open_follow_ups"]:
            return
        opened = 0
        try:
            for low in range(1, staging.rows + 1, STEP):
                opened += _open_for(imported_responses(staging, low, low + STEP - 1))
        except (DomainError, NoPolicy) as error:
            raise CommandError(
                f"The answers are imported; {opened:,} follow-ups are opened, and no more: {error}"
                " Put that right and run it again."
            ) from None
        self.stdout.write(f"Follow-ups opened: {opened:,}")


def _open_for(keys: list[int]) -> int:
    """Each in a transaction of its own, by the verb: the queue fills while it goes on, and a second run opens what is
    missing. How many were opened."""
    have = set(FollowUp.objects.filter(response__in=keys).values_list("response_id", flat=True))
    wanted = Response.objects.filter(pk__in=set(keys) - have, score__lte=rules.THRESHOLD)
    opened = 0
    for response in wanted.select_related("account").order_by("pk"):
        with transaction.atomic():
            opened += opening.open_for(response=response, at=timezone.now(), even_history=True) is not None
    return opened
