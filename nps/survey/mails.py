"""The survey's mails: still wanted? then the question with its eleven links."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from nps.outbox.models import Delivery
from nps.outbox.purposes import Mail, Purpose
from nps.outbox.purposes import register as register_purpose
from nps.statements import Stamp, update_row
from nps.survey.models import Invitation, Suppression
from nps.survey.services import inviting, opting_out


def load(ids: Iterable[int]) -> dict[int, Invitation]:
    """Invitations with everything a mail needs, in two statements for the whole batch."""
    suppressed = Suppression.objects.filter(address=Lower(OuterRef("address")), lifted_at__isnull=True)
    rows = Invitation.objects.select_related(
        "customer", "survey", "resolution__ticket", "resolution__agent", "response"
    ).annotate(is_suppressed=Exists(suppressed))
    rows = rows.prefetch_related("survey__wordings")
    return dict(rows.in_bulk(list(ids)))


def still_wanted(invitation: Invitation, at: datetime) -> bool:
    """Not cancelled, not reopened, not answered, not expired, not opted out meanwhile."""
    resolution = invitation.resolution
    return not (
        invitation.cancelled_at
        or getattr(invitation, "is_suppressed", False)
        or hasattr(invitation, "response")
        or at >= invitation.expires_at
        or (resolution is not None and resolution.reopened_at is not None)
    )


def build(invitation: Invitation, delivery: Delivery, at: datetime) -> Mail | None:
    from nps.survey.rendering import render

    if not still_wanted(invitation, at):
        return None
    return render(invitation, is_reminder=delivery.purpose == inviting.REMINDER)


def sent(delivery: Delivery, at: datetime) -> Stamp:
    """It was perhaps given up once and sent again."""
    return Stamp(Invitation, delivery.subject_id, {"delivered_at": at, "failed_at": None})


def settled(delivery: Delivery, at: datetime) -> None:
    """Write on the invitation why it did not arrive; a dead address is not asked again."""
    pk = delivery.subject_id
    match delivery.status:
        case Delivery.Status.BOUNCED:
            update_row(Invitation, pk, bounced_at=at)
            opting_out.opt_out(address=delivery.recipient, at=at, reason=Suppression.Reason.BOUNCED)
        case Delivery.Status.DEAD:
            update_row(Invitation, pk, failed_at=at)
        case Delivery.Status.CANCELLED:
            update_row(Invitation, pk, cancelled_at=at)


def register() -> None:
    register_purpose(inviting.PURPOSE, Purpose(load=load, build=build, settled=settled, sent=sent))
    register_purpose(inviting.REMINDER, Purpose(load=load, build=build))
