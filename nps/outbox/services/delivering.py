"""Claim what is due, send it outside any transaction, mark each verdict at once."""

import logging
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import F

from nps.outbox.models import Delivery
from nps.outbox.purposes import Purpose, purpose
from nps.outbox.sender import Message, Sender, Verdict, VerdictKind, backoff, compose
from nps.statements import update_row

logger = logging.getLogger("nines.outbox")

BATCH = 50
# Six SMTP timeouts: a sender that hangs in one mail still holds its batch, and a killed one is not waited for long.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)
LAST_START = 0.6  # no send begins after this share of the lease
LAST_MARK = 0.9
GIVE_UP_AFTER = timedelta(hours=72)


@dataclass
class Tally:
    sent: int = 0
    unwanted: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        return self.sent + self.unwanted + self.failed


def deliver_due(*, clock: Callable[[], datetime], should_stop: Callable[[], bool] = lambda: False) -> Tally:
    """Send everything due, batch after batch. `clock` gives aware UTC times; `should_stop` ends it after the mail in
    hand."""
    tally = Tally()
    while not should_stop():
        batch = claim(at=clock(), limit=BATCH)
        if not batch:
            break
        before = tally.total
        _send_batch(batch, clock, should_stop, tally)
        if tally.total == before:
            break
    return tally


def claim(*, at: datetime, limit: int) -> list[Delivery]:
    """Take up to `limit` due rows under one lease. Two claimers never hold the same row."""
    due = Delivery.objects.due(at).order_by("-priority", "due_at")
    if not due.exists():  # spares SQLite the write lock every few seconds
        return []
    token = uuid.uuid4()
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:limit])
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            status=Delivery.Status.SENDING, lease_until=at + LEASE, lease_token=token, attempts=F("attempts") + 1
        )
    for row in rows:
        row.status, row.lease_until, row.lease_token = Delivery.Status.SENDING, at + LEASE, token
        row.attempts += 1
    return rows


def _send_batch(
    batch: list[Delivery], clock: Callable[[], datetime], should_stop: Callable[[], bool], tally: Tally
) -> None:
    started = time.monotonic()
    with Sender() as sender, closing(_written(batch, _load(batch), clock)) as written:
        for index, delivery in enumerate(batch):
            too_late = time.monotonic() - started > LEASE.total_seconds() * LAST_START
            if too_late or should_stop():
                _give_back(batch[index:])
                return
            message = next(written)
            verdict = message if isinstance(message, Verdict) else sender.send(message)
            marked = _mark(delivery, verdict, clock, started)
            if verdict.kind is VerdictKind.SENT:
                tally.sent += marked
            elif verdict.kind is VerdictKind.UNWANTED:
                tally.unwanted += marked
            else:
                tally.failed += marked
            if verdict.kind is VerdictKind.UNREACHABLE:
                # The server itself is away: the rest waits as this one does, without a try each.
                for other in batch[index + 1 :]:
                    tally.failed += _mark(other, verdict, clock, started)
                return


def _load(batch: list[Delivery]) -> dict[tuple[str, int], Any]:
    by_purpose: dict[str, list[int]] = defaultdict(list)
    for delivery in batch:
        by_purpose[delivery.purpose].append(delivery.subject_id)
    found: dict[tuple[str, int], Any] = {}
    for name, ids in by_purpose.items():
        known = purpose(name)
        if known is not None:
            found.update({(name, pk): subject for pk, subject in known.load(ids).items()})
    return found


def _written(
    batch: list[Delivery], subjects: dict[tuple[str, int], Any], clock: Callable[[], datetime]
) -> Generator[Message | Verdict, None, None]:
    """Each message in turn, or why there is none. The next one is written in a thread of its own while this one waits
    for the mail server and then for the database."""

    def write(delivery: Delivery) -> Message | Verdict:
        try:
            return _write(delivery, subjects.get((delivery.purpose, delivery.subject_id)), clock())
        finally:
            connection.close()  # this thread's own, if a builder asked the database at all

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer") as pool:
        ahead = pool.submit(write, batch[0])
        for following in batch[1:]:
            current, ahead = ahead, pool.submit(write, following)
            yield current.result()
        yield ahead.result()


def _write(delivery: Delivery, subject: Any, at: datetime) -> Message | Verdict:
    known: Purpose | None = purpose(delivery.purpose)
    if known is None:
        return Verdict(VerdictKind.REFUSED, f"nothing builds messages of purpose {delivery.purpose!r}")
    if subject is None:
        return Verdict(VerdictKind.UNWANTED, "what it was about does not exist any more")
    try:
        mail = known.build(subject, delivery, at)
    except Exception as error:
        logger.exception("building delivery %s (%s) failed", delivery.pk, delivery.purpose)  # no address in a log
        return Verdict(VerdictKind.LATER, f"could not be written: {error!r}")
    if mail is None:
        return Verdict(VerdictKind.UNWANTED, "no longer wanted")
    try:
        return compose(mail, recipient=delivery.recipient, message_id=delivery.message_id)
    except ValueError as error:
        return Verdict(VerdictKind.REFUSED, f"could not be written as a mail: {error}")


def _mark(delivery: Delivery, verdict: Verdict, clock: Callable[[], datetime], started: float) -> int:
    """Write the verdict under our own lease, trying again while the database is away; 1 if it was still ours."""
    while True:
        try:
            return write_verdict(delivery, verdict, clock())
        except OperationalError:
            if time.monotonic() - started > LEASE.total_seconds() * LAST_MARK:
                raise
            connection.close()
            time.sleep(0.5)


def write_verdict(delivery: Delivery, verdict: Verdict, at: datetime) -> int:
    """What became of it, in the row and with whoever asked; 0 if it is under another lease than `delivery` was."""
    changes: dict[str, Any] = {"lease_until": None, "lease_token": None, "last_error": verdict.detail[:2000]}
    status = _status_after(delivery, verdict, at)
    changes["status"] = status
    if status == Delivery.Status.QUEUED:
        changes["due_at"] = at if verdict.kind is VerdictKind.LOST else at + backoff(delivery.attempts)
        if verdict.kind is VerdictKind.LOST:
            changes["lost_connections"] = delivery.lost_connections + 1
    else:
        changes["settled_at"] = at
    with transaction.atomic():
        if not update_row(Delivery, delivery.pk, held={"lease_token": delivery.lease_token}, **changes):
            return 0
        delivery.status = status
        known = purpose(delivery.purpose)
        if status != Delivery.Status.QUEUED and known is not None and known.settled is not None:
            known.settled(delivery, at)
    return 1


def _status_after(delivery: Delivery, verdict: Verdict, at: datetime) -> str:
    match verdict.kind:
        case VerdictKind.SENT:
            return Delivery.Status.SENT
        case VerdictKind.UNWANTED:
            return Delivery.Status.CANCELLED
        case VerdictKind.BOUNCED:
            return Delivery.Status.BOUNCED
        case VerdictKind.REFUSED:
            return Delivery.Status.DEAD
        case VerdictKind.LOST:
            # Perhaps it was accepted: exactly one more send of the same Message-ID.
            return Delivery.Status.DEAD if delivery.lost_connections else Delivery.Status.QUEUED
        case _:
            too_old = at - delivery.created_at > GIVE_UP_AFTER
            return Delivery.Status.DEAD if too_old else Delivery.Status.QUEUED


def _give_back(rest: list[Delivery]) -> None:
    for delivery in rest:
        Delivery.objects.filter(pk=delivery.pk, lease_token=delivery.lease_token).update(
            status=Delivery.Status.QUEUED, lease_until=None, lease_token=None, attempts=F("attempts") - 1
        )
