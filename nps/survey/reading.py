"""What the customer's pages need of an invitation: one statement each."""

from functools import cache

from django.db import connection
from django.db.models import Model

from nps.desk.models import Account, Resolution
from nps.statements import ask_one
from nps.survey.models import Invitation


def _columns(model: type[Model], *names: str) -> tuple[str, ...]:
    """`names` in the order of the model's own fields, as Model.from_db reads them."""
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname in names)


_INVITATION = _columns(Invitation, "id", "survey_id", "customer_id", "language", "resolution_id")
_RESOLUTION = _columns(Resolution, "id", "account_id", "team_id", "agent_id", "product_id", "channel", "shift_name")
_ACCOUNT = _columns(Account, "id", "is_key")
_FROM_RESOLUTION = len(_INVITATION)
_FROM_ACCOUNT = _FROM_RESOLUTION + len(_RESOLUTION)


@cache
def _intake_sql(vendor: str) -> str:
    """The statement of for_intake. Django takes far longer to write it than the database to answer it, so it is
    written once per kind of database."""
    columns = [
        *_INVITATION,
        *(f"resolution__{name}" for name in _RESOLUTION),
        *(f"resolution__account__{name}" for name in _ACCOUNT),
    ]
    return Invitation.objects.filter(pk=0).values_list(*columns).query.sql_with_params()[0]


def for_intake(pk: int) -> Invitation:
    """As answering.record_answer needs it, and nothing more: every answer passes here. Invitation.DoesNotExist."""
    row = ask_one(_intake_sql(connection.vendor), [pk])
    if row is None:
        raise Invitation.DoesNotExist
    alias = connection.alias
    invitation = Invitation.from_db(alias, _INVITATION, row[:_FROM_RESOLUTION])
    if invitation.resolution_id is not None:
        resolution = Resolution.from_db(alias, _RESOLUTION, row[_FROM_RESOLUTION:_FROM_ACCOUNT])
        if resolution.account_id is not None:
            account_id, is_key = row[_FROM_ACCOUNT:]
            resolution.account = Account.from_db(alias, _ACCOUNT, (account_id, bool(is_key)))
        invitation.resolution = resolution
    return invitation


def for_page(pk: int) -> Invitation:
    """With everything a page shows. Invitation.DoesNotExist."""
    return Invitation.objects.select_related(
        "survey", "customer", "resolution__ticket", "resolution__agent", "response__account"
    ).get(pk=pk)
