"""What a person or a program is told while the database is away, or who sends more than is read. Nothing here asks the
database for anything."""

import sys
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import get_template
from django.views.defaults import server_error as broken_page

from nps.desk.carrying import came_from, is_typed
from nps.survey.views import pages
from nps.survey.views.doors import HEADERS

PROBLEM = "application/problem+json"
MOST_DRAINED = 32 * 1024 * 1024
RETRY_AFTER = str(pages.RETRY_AFTER_SECONDS)


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500: whatever no view foresaw, be it before the view began or after it was done."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return away(request)
    return broken_page(request)


def away(request: HttpRequest) -> HttpResponse:
    """503 in the shape of the door that was knocked at, with `Retry-After`."""
    if request.path.startswith("/s/"):
        response = pages.trouble(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response
    if request.path.startswith("/api/"):
        detail = "The database does not answer; try again."
        return _problem(503, "Not available for the moment", detail, "unavailable", **{"Retry-After": RETRY_AFTER})
    return _staff_page(request)


def too_much(request: HttpRequest, error: Exception) -> HttpResponse:
    """413 in the shape of the door that was knocked at, for a body that is larger, or has more fields, than is read."""
    if isinstance(error, RequestDataTooBig):
        _drain(request)
    if request.path.startswith("/s/"):
        response = pages.too_big(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response
    most = f"{settings.DATA_UPLOAD_MAX_MEMORY_SIZE:,} bytes"
    is_long = isinstance(error, RequestDataTooBig)
    sentence = f"The body is over {most} long." if is_long else "The form has more fields than any page here sends."
    if request.path.startswith("/api/"):
        return _problem(413, "Content too large", sentence, "content_too_large")
    context = {"organisation": settings.ORGANISATION, "sentence": sentence, "back": came_from(request)}
    headers = {"Cache-Control": "private, no-store"}
    return HttpResponse(get_template("413.html").render(context), status=413, headers=headers)


def unreadable(request: HttpRequest) -> HttpResponse:
    """400 for a form whose bytes are no UTF-8: Django would put other characters in their place and say nothing."""
    context = {"organisation": settings.ORGANISATION, "back": came_from(request)}
    headers = HEADERS if request.path.startswith("/s/") else {"Cache-Control": "private, no-store"}
    return HttpResponse(get_template("unreadable.html").render(context), status=400, headers=dict(headers))


def _drain(request: HttpRequest) -> None:
    """Read what still comes, up to a bound: who is answered in the middle of a sentence sees a broken connection."""
    stream, left = request.META["wsgi.input"], min(int(request.META.get("CONTENT_LENGTH") or 0), MOST_DRAINED)
    try:
        while left > 0 and (chunk := stream.read(min(left, 65_536))):
            left -= len(chunk)
    except OSError:
        return


def _problem(status: int, title: str, detail: str, code: str, **headers: str) -> HttpResponse:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "code": code}
    return JsonResponse(body, status=status, content_type=PROBLEM, headers=headers)


def _staff_page(request: HttpRequest) -> HttpResponse:
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    context: dict[str, Any] = {
        "organisation": settings.ORGANISATION,
        "address": request.get_full_path(),
        "came_from": came_from(request),
        "is_post": request.method == "POST",
    }
    # A password is typed again rather than written into a page.
    if not any("password" in name for name, _ in sent):
        context["texts"] = [(name, text) for name, text in sent if is_typed(name) and text.strip()]
        context["kept"] = [one for one in sent if one not in context["texts"]]
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "private, no-store"}
    return HttpResponse(get_template("503.html").render(context), status=503, headers=headers)
