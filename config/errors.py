"""One place where a refusal becomes an HTTP answer: pages by middleware, REST by the exception handler."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DataError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config.outage import PROBLEM, RETRY_AFTER
from followups.rules import IllegalTransition
from followups.services.moving import ChangedMeanwhile
from followups.views.fragments import alert, wants_fragment
from nps.errors import DomainError
from nps.survey.services.answering import AlreadyAnswered

logger = logging.getLogger("nines.errors")

LONGEST_ECHO = 500
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
    500: "Error",
    503: "Not available for the moment",
}


class DomainErrorMiddleware:
    """A refusal that no view translated becomes a plain page that says what is wrong and how to go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        status, sentence = None, ""
        if isinstance(error, DomainError):
            status, sentence = error.status, error.sentence
        elif isinstance(error, IllegalTransition):
            status, sentence = 409, str(error)
        elif isinstance(error, PermissionDenied | Http404) and wants_fragment(request):
            is_denied = isinstance(error, PermissionDenied)
            status = 403 if is_denied else 404
            sentence = str(error) if is_denied else "This is not here any more, or no longer yours to see."
        if status is None:
            return None
        if wants_fragment(request):
            return alert(request, sentence, status=status)
        return render(request, "problem.html", {"title": TITLES[status], "sentence": sentence}, status=status)


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    **extra: object,
) -> Response:
    """RFC 9457: type, title, status, detail, a `code` for programs, `errors` with a JSON pointer each, and `extra`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": _printable(detail),
        "code": code or TITLES.get(status, "error").lower().replace(" ", "_"),
        **extra,
    }
    if errors:
        body["errors"] = [{name: _printable(text) for name, text in error.items()} for error in errors]
    return Response(body, status=status, content_type=PROBLEM, headers=headers)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's exception handler: every refusal in one shape, and whatever nobody foresaw as a logged 500."""
    set_rollback()
    match error:
        case DomainError():
            return _of_the_domain(error)
        case IllegalTransition():
            return problem(409, str(error), code="illegal_transition")
        case exceptions.ValidationError():
            return _of_fields(error)
        case Http404():
            return problem(404, "There is no such thing here.")
        case PermissionDenied():
            return problem(403, str(error) or "You may not do this.")
        case OperationalError() | InterfaceError():
            logger.error("the database does not answer: %s", error)
            return problem(503, "The database does not answer; try again.", headers={"Retry-After": RETRY_AFTER})
        case RequestDataTooBig():
            return problem(413, str(error))
        case SuspiciousOperation() | UnreadablePostError():
            return problem(400, "The request cannot be read.")
        case DataError():
            # Everything is checked before it gets here; whatever was not is still no fault of the server.
            logger.warning("a value reached the database that it cannot keep: %s", error)
            return problem(422, "A value in this request cannot be kept: it is too long or too large.", code="invalid")
        case exceptions.APIException():
            return _of_the_framework(error)
    return _unforeseen(error, context)


def _of_the_domain(error: DomainError) -> Response:
    errors = [{"pointer": f"/{error.field}", "detail": error.sentence}] if error.field else None
    extra: dict[str, Any] = {}
    if isinstance(error, AlreadyAnswered):
        extra["response"] = error.response.pk
    if isinstance(error, ChangedMeanwhile):
        extra["version"] = error.follow_up.version
    return problem(error.status, error.sentence, code=error.code, errors=errors, **extra)


def _of_fields(error: exceptions.ValidationError) -> Response:
    errors = list(_pointers(error.detail, ""))
    detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields are wrong."
    codes = {str(getattr(one, "code", "")) for one in _leaves(error.detail)}
    return problem(422, detail, code="invalid_score" if codes == {"invalid_score"} else "invalid", errors=errors)


def _of_the_framework(error: exceptions.APIException) -> Response:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
    return problem(error.status_code, str(error.detail), code=str(getattr(error, "default_code", "")), headers=headers)


def _unforeseen(error: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]._request
    logger.error("unforeseen: %s %s", request.method, request.path, exc_info=error)
    got_request_exception.send(sender=None, request=request)
    return problem(500, "Something went wrong here, not with you. It was logged.", code="error")


def _printable(text: str) -> str:
    """What may stand in an answer: an echoed lone surrogate cannot be sent, an echoed megabyte should not be."""
    text = text if len(text) <= LONGEST_ECHO else f"{text[: LONGEST_ECHO - 1]}…"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _leaves(detail: Any) -> Iterator[Any]:
    if isinstance(detail, dict | list):
        for inner in detail.values() if isinstance(detail, dict) else detail:
            yield from _leaves(inner)
    else:
        yield detail


def _pointers(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Each message of DRF's nested error detail with the JSON pointer of its field; "" is the whole body."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else f"/{str(name).replace('~', '~0').replace('/', '~1')}"
            yield from _pointers(inner, f"{pointer}{step}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _pointers(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail)}
