"""One place where a refusal becomes an HTTP answer: pages by middleware, REST by the exception handler."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from followups.rules import IllegalTransition
from nps.errors import DomainError

PROBLEM = "application/problem+json"
TITLES = {
    400: "Bad request",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    415: "Unsupported media type",
    422: "Invalid input",
    429: "Too many requests",
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
        if status is None:
            return None
        return render(request, "problem.html", {"title": TITLES[status], "sentence": sentence}, status=status)


def problem(
    status: int,
    detail: str,
    *,
    code: str = "",
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """RFC 9457: type, title, status, detail, and `errors` with a JSON pointer each."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": TITLES.get(status, "Error"),
        "status": status,
        "detail": detail,
        "code": code or TITLES.get(status, "error").lower().replace(" ", "_"),
    }
    if errors:
        body["errors"] = errors
    return Response(body, status=status, content_type=PROBLEM, headers=headers)


def problem_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal in one shape."""
    set_rollback()
    if isinstance(error, DomainError):
        errors = [{"pointer": f"/{error.field}", "detail": error.sentence}] if error.field else None
        return problem(error.status, error.sentence, code=error.code, errors=errors)
    if isinstance(error, IllegalTransition):
        return problem(409, str(error), code="illegal_transition")
    if isinstance(error, exceptions.ValidationError):
        errors = list(_pointers(error.detail, ""))
        detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} fields are wrong."
        return problem(422, detail, code="invalid", errors=errors)
    if isinstance(error, Http404):
        return problem(404, "There is no such thing here.")
    if isinstance(error, PermissionDenied):
        return problem(403, str(error) or "You may not do this.")
    if isinstance(error, OperationalError):
        return problem(503, "The database does not answer; try again.", headers={"Retry-After": "5"})
    if isinstance(error, exceptions.APIException):
        headers = {}
        if getattr(error, "auth_header", None):
            headers["WWW-Authenticate"] = str(error.auth_header)  # type: ignore[attr-defined]
        if getattr(error, "wait", None):
            headers["Retry-After"] = str(int(error.wait) + 1)  # type: ignore[attr-defined]
        return problem(
            error.status_code, str(error.detail), code=str(getattr(error, "default_code", "")), headers=headers
        )
    return None


def _pointers(detail: Any, pointer: str) -> Any:
    """Each message of DRF's nested error detail with the JSON pointer of its field."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            step = "" if name == "non_field_errors" else f"/{str(name).replace('~', '~0').replace('/', '~1')}"
            yield from _pointers(inner, f"{pointer}{step}")
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, dict | list)
            yield from _pointers(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer or "/", "detail": str(detail)}
