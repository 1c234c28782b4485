"""How soon a customer is told that a person gets in touch. The room that does it registers its promise here; as long as
none has, the pages name no time."""

from collections.abc import Callable

from nps.survey.models import Response

Promise = Callable[[Response], int | None]

_promise: Promise | None = None


def register(promise: Promise) -> None:
    """`promise(response)` gives the working days until first contact, or None where nobody is going to call. It is
    asked while a page is made: it comes without a statement of its own, and does not raise."""
    global _promise
    _promise = promise


def working_days(response: Response) -> int | None:
    return _promise(response) if _promise else None
