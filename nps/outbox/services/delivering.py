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
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Coalesce

from nps.outbox.models import Delivery, ReceiverFailure
from nps.outbox.purposes import Purpose, purpose
from nps.outbox.sender import Message, Sender, Verdict, VerdictKind, backoff, compose
from nps.redacting import in_short
from nps.statements import Stamp, update_both, update_row

logger = logging.getLogger("nines.outbox")

BATCH = 50
# Six SMTP timeouts: a sender that hangs in one mail still holds its batch, and a killed one is not waited for long.
LEASE = timedelta(seconds=6 * settings.EMAIL_TIMEOUT)
LAST_START = 0.6  # no send begins after this share of the lease
# So long a verdict is tried to be written, past the lease if need be: while the database is away nobody else can take
# the row over either, and where somebody has, the lease's token keeps this one out.
MARK_FOR = 600.0  # seconds
GIVE_UP_AFTER = timedelta(hours=72)  # from the first try, however long it was to wait for that
AWAY = (OperationalError, InterfaceError)  # the database, which is no fault of any message


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
    """Take up to `limit` due rows under one lease. Two claimers never hold the same row.

    A lease that ran out is taken over as the same attempt: a killed sender says nothing about the mail, and the pause
    after a refusal grows with the attempts."""
    due = Delivery.objects.due(at).order_by("-priority", "due_at")
    if not due.exists():  # spares SQLite the write lock every few seconds
        return []
    token = uuid.uuid4()
    attempt = Case(When(status=Delivery.Status.QUEUED, then=1), default=0)
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=connection.features.has_select_for_update_skip_locked)[:limit])
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(
            status=Delivery.Status.SENDING,
            lease_until=at + LEASE,
            lease_token=token,
            attempts=F("attempts") + attempt,
            first_tried_at=Coalesce("first_tried_at", at),
        )
    for row in rows:
        row.attempts += row.status == Delivery.Status.QUEUED
        row.first_tried_at = row.first_tried_at or at
        row.status, row.lease_until, row.lease_token = Delivery.Status.SENDING, at + LEASE, token
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
            marked = _mark(delivery, verdict, clock)
            if verdict.kind is VerdictKind.SENT:
                tally.sent += marked
            elif verdict.kind is VerdictKind.UNWANTED:
                tally.unwanted += marked
            else:
                tally.failed += marked
            if verdict.kind is VerdictKind.UNREACHABLE:
                # The server itself is away: the rest waits as this one does, without a try each.
                for other in batch[index + 1 :]:
                    tally.failed += _mark(other, verdict, clock)
                return


def _load(batch: list[Delivery]) -> dict[tuple[str, int], Any]:
    by_purpose: dict[str, list[int]] = defaultdict(list)
    for delivery in batch:
        by_purpose[delivery.purpose].append(delivery.subject_id)
    found: dict[tuple[str, int], Any] = {}
    for name, ids in by_purpose.items():
        known = purpose(name)
        if known is not None:
            found.update({(name, pk): subject for pk, subject in _loaded(name, known, ids).items()})
    return found


@dataclass(frozen=True)
class Unreadable:
    """Stands for a subject that its purpose failed to load."""

    error: Exception


def _loaded(name: str, known: Purpose, ids: list[int]) -> dict[int, Any]:
    """The subjects of one purpose; where they cannot be loaded together, each by itself, so that the one that is to
    blame waits alone."""
    try:
        return dict(known.load(ids))
    except AWAY:
        raise
    except Exception as error:
        if len(ids) == 1:
            logger.exception("the subject of a delivery of purpose %s could not be loaded: %s", name, ids[0])
            return {ids[0]: Unreadable(error)}
    return {pk: subject for one in ids for pk, subject in _loaded(name, known, [one]).items()}


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
    if isinstance(subject, Unreadable):
        return Verdict(VerdictKind.LATER, f"could not be read: {in_short(subject.error)}")
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


def _mark(delivery: Delivery, verdict: Verdict, clock: Callable[[], datetime]) -> int:
    """Write the verdict under our own lease, trying again while the database is away; 1 if it was still ours."""
    began = time.monotonic()
    while True:
        try:
            return write_verdict(delivery, verdict, clock())
        except AWAY:
            if time.monotonic() - began > MARK_FOR:
                raise
            connection.close()
            time.sleep(0.5)


def write_verdict(delivery: Delivery, verdict: Verdict, at: datetime) -> int:
    """What became of it, in the row and with whoever asked; 0 if it is under another lease than `delivery` was.

    Where whoever asked cannot be told, the row is marked all the same: a mail that left must not leave again."""
    changes = _changes(delivery, verdict, at)
    held = {"lease_token": delivery.lease_token}
    try:
        return _mark_and_tell(delivery, changes, held, at)
    except AWAY:
        raise
    except Exception as error:
        logger.exception("delivery %s (%s) is settled, and nobody could be told", delivery.pk, delivery.purpose)
        said = f"{changes['last_error']} What it was about could not be told: {in_short(error)}"
        if not update_row(Delivery, delivery.pk, held=held, **{**changes, "last_error": said.strip()}):
            return 0
        ReceiverFailure.note(receiver=f"outbox purpose {delivery.purpose}", at=at, error=error)
    delivery.status = changes["status"]
    return 1


def _changes(delivery: Delivery, verdict: Verdict, at: datetime) -> dict[str, Any]:
    status = _status_after(delivery, verdict, at)
    # What a server says may hold signs that no database keeps.
    said = verdict.detail[:2000].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
    changes: dict[str, Any] = {"lease_until": None, "lease_token": None, "last_error": said, "status": status}
    if status != Delivery.Status.QUEUED:
        return {**changes, "settled_at": at}
    if verdict.kind is VerdictKind.LOST:
        return {**changes, "due_at": at, "lost_connections": delivery.lost_connections + 1}
    return {**changes, "due_at": at + backoff(delivery.attempts)}


def _mark_and_tell(delivery: Delivery, changes: dict[str, Any], held: dict[str, Any], at: datetime) -> int:
    status, known = changes["status"], purpose(delivery.purpose)
    if status == Delivery.Status.SENT and known is not None and known.sent is not None:
        # Nearly every mail comes this way, and a round trip costs as much as writing the mail's text.
        if not update_both(Stamp(Delivery, delivery.pk, changes), known.sent(delivery, at), held=held):
            return 0
        delivery.status = status
        return 1
    with transaction.atomic():
        if not update_row(Delivery, delivery.pk, held=held, **changes):
            return 0
        delivery.status = status
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
            too_old = at - (delivery.first_tried_at or at) > GIVE_UP_AFTER
            return Delivery.Status.DEAD if too_old else Delivery.Status.QUEUED


def _give_back(rest: list[Delivery]) -> None:
    for delivery in rest:
        Delivery.objects.filter(pk=delivery.pk, lease_token=delivery.lease_token).update(
            status=Delivery.Status.QUEUED, lease_until=None, lease_token=None, attempts=F("attempts") - 1
        )
