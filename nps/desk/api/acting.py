"""The desk's REST door: in whose name something is done."""

from typing import cast

from rest_framework.request import Request

from nps.desk.models import ApiKey, Membership, User
from nps.errors import InvalidInput, NotAllowed


def asker(request: Request) -> User:
    """Whoever is signed in, or the ServiceUser of a key, which answers the same questions and has no pk."""
    return cast(User, request.user)


def figures_reader(request: Request) -> User | None:
    """Whose rights decide whose own figures are shown: those of whoever is signed in, of a key those of its owner. None
    for a key without an owner, or whose owner has no part here any more: it is shown nobody's."""
    if not isinstance(request.auth, ApiKey):
        return asker(request)
    owner = request.auth.created_by
    return owner if owner is not None and owner.is_active and owner.has_role else None


def acting_person(request: Request, named: User | None, *, field: str = "by", is_required: bool = True) -> User | None:
    """The person who acts: for a key the one it names, for a session its own user.

    A manager may name anybody, a lead the members of their teams; anybody else naming another is NotAllowed. Whoever
    is named has to be somebody who may change things: InvalidInput otherwise."""
    if isinstance(request.auth, ApiKey):
        if named is None and is_required:
            raise InvalidInput(
                f"{field} is missing: a key acts for a person, so send that user's id.", field=field, code="required"
            )
        return named and _able(named, field)
    me = asker(request)
    if named is None or named.pk == me.pk:
        return me
    if not leads(me, named):
        raise NotAllowed(f"You cannot act as {named}; leave {field} out to act as yourself.", field=field)
    return _able(named, field)


def acting_key(request: Request) -> ApiKey | None:
    """The key by which a program asks; None for a session."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def _able(named: User, field: str) -> User:
    if not (named.is_active and named.may_write):
        why = "they do not work here any more" if not named.is_active else "they have no role that changes anything"
        if named.is_active and named.is_auditor:
            why = "auditors change nothing"
        raise InvalidInput(f"{named} may not act: {why}. Name an agent, a lead or a manager.", field=field)
    return named


def leads_any(user: User) -> bool:
    """Whether `user` is a manager or leads a team."""
    return user.is_manager or bool(user.led_team_ids)


def leads(user: User, other: User) -> bool:
    """Whether `user` is a manager or leads a team that `other` is in."""
    if user.is_manager:
        return True
    return bool(user.led_team_ids) and Membership.objects.filter(user=other, team_id__in=user.led_team_ids).exists()
