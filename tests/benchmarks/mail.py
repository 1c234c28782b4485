"""Benchmarks: the mail pipeline (claim, still wanted?, render, send, mark) beside render + MIME + send alone, in one
process, to one sink, a connection per 50 mails each."""

import time
from dataclasses import dataclass, field
from statistics import median

from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils import timezone

from nps.outbox.models import Delivery
from nps.outbox.services import delivering
from nps.survey import mails
from nps.survey.models import Invitation
from nps.survey.rendering import render
from nps.survey.services import inviting
from tests.benchmarks import world
from tests.benchmarks.servers import CannotMeasure
from tests.benchmarks.stack import Stack
from tests.benchmarks.table import Figure, rounded, spread

PER_CONNECTION = delivering.BATCH


@dataclass
class Runs:
    """Mails per second, and milliseconds of this process's CPU per mail, of each round."""

    rates: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)

    def add(self, mails: int, seconds: float, cpu_seconds: float) -> None:
        self.rates.append(mails / seconds)
        self.cpu_ms.append(1000 * cpu_seconds / mails)

    def said(self) -> str:
        return f"{spread(self.rates)} mails/s, {rounded(median(self.cpu_ms))} ms of CPU per mail"


def measure(stack: Stack, org: world.World) -> Figure:
    rounds, per_round = (2, 50) if stack.is_quick else (7, 300)
    alone, pipeline = Runs(), Runs()
    for number in range(rounds + 1):
        for send, runs in ((_send_alone, alone), (_send_by_outbox, pipeline)):
            invitations = world.invitations(org, per_round)
            seconds, cpu_seconds = send(invitations)
            _check_ledger(stack, per_round)
            if number:  # the first round fills caches
                runs.add(per_round, seconds, cpu_seconds)
    return Figure(
        name="mail pipeline",
        unit="mails/s",
        baseline=median(alone.rates),
        ours=median(pipeline.rates),
        least_ratio=0.6,
        notes=[
            f"render + MIME + send alone: {alone.said()}",
            f"claim, still wanted?, render, send, mark: {pipeline.said()}",
        ],
    )


def _send_alone(invitations: list[Invitation]) -> tuple[float, float]:
    loaded = list(mails.load([one.pk for one in invitations]).values())
    began, cpu_began = time.perf_counter(), time.process_time()
    for first in range(0, len(loaded), PER_CONNECTION):
        with get_connection() as connection:
            for invitation in loaded[first : first + PER_CONNECTION]:
                mail = render(invitation, is_reminder=False)
                message = EmailMultiAlternatives(
                    subject=mail.subject,
                    body=mail.text,
                    to=[invitation.address],
                    headers={"Message-ID": f"<{invitation.pk}.alone@bench.example>", **mail.headers},
                    connection=connection,
                )
                message.attach_alternative(mail.html, "text/html")
                message.send()
    return time.perf_counter() - began, time.process_time() - cpu_began


def _send_by_outbox(invitations: list[Invitation]) -> tuple[float, float]:
    Invitation.objects.filter(pk__in=[one.pk for one in invitations]).update(delivered_at=None)
    at = timezone.now()
    Delivery.objects.bulk_create(
        Delivery(
            purpose=inviting.PURPOSE,
            subject_id=one.pk,
            recipient=one.address,
            priority=inviting.PRIORITY,
            due_at=at,
            message_id=f"<{one.pk}.survey.invitation@bench.example>",
            created_at=at,
        )
        for one in invitations
    )
    began, cpu_began = time.perf_counter(), time.process_time()
    tally = delivering.deliver_due(clock=timezone.now)
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    if tally.sent != len(invitations):
        raise CannotMeasure(f"of {len(invitations)} mails {tally.sent} were sent: {tally}")
    return seconds, cpu_seconds


def _check_ledger(stack: Stack, number: int) -> None:
    arrived = len(list(stack.ledger.news()))
    if arrived != number:
        raise CannotMeasure(f"the sink has {arrived} mails of this round, not {number}")
