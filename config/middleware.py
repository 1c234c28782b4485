"""Answers as the wire wants them, forms as they were sent, and times in the reader's zone."""

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from config import outage

_BEYOND_ASCII = re.compile(rb"%[89A-Fa-f][0-9A-Fa-f]|[\x80-\xff]")


class BodilessHeadMiddleware:
    """The answer to HEAD has the length of the page and not the page: the server would cut it off, and warn of each."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method == "HEAD" and not response.streaming:
            length = len(response.content)
            response.content = b""
            response["Content-Length"] = str(length)
        return response


class UnreadableTextMiddleware:
    """A form whose bytes are no UTF-8 is refused rather than kept as something else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method == "POST" and request.content_type == "application/x-www-form-urlencoded":
            body = request.body
            if _BEYOND_ASCII.search(body):
                try:
                    unquote_to_bytes(body).decode()
                except UnicodeDecodeError:
                    return outage.unreadable(request)
        return self.get_response(request)


class ReaderTimeZoneMiddleware:
    """Activate the signed-in person's zone for staff pages. Customers' pages and REST touch no session."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(("/s/", "/api/", "/healthz", "/readyz")):
            return self.get_response(request)
        user = getattr(request, "user", None)
        if user is None or not user.is_authenticated:
            return self.get_response(request)
        with timezone.override(ZoneInfo(user.time_zone)):
            return self.get_response(request)
