"""What the customer's pages need of an invitation: one statement each."""

from nps.survey.models import Invitation, Response

_FOR_INTAKE = (
    "survey_id",
    "customer_id",
    "language",
    "resolution__account__is_key",
    "resolution__team_id",
    "resolution__agent_id",
    "resolution__product_id",
    "resolution__channel",
    "resolution__shift_name",
)


def for_intake(pk: int) -> Invitation:
    """As answering.record_answer needs it, and nothing more: every answer passes here. Invitation.DoesNotExist."""
    return Invitation.objects.select_related("resolution__account").only(*_FOR_INTAKE).get(pk=pk)


def for_page(pk: int) -> Invitation:
    """With everything a page shows. Invitation.DoesNotExist."""
    return Invitation.objects.select_related(
        "survey", "customer", "resolution__ticket", "resolution__agent", "response__account"
    ).get(pk=pk)


def response_of(invitation: Invitation) -> Response | None:
    return getattr(invitation, "response", None)
