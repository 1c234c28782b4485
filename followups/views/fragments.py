"""Answers to htmx: only what changes on the page. The same views answer browsers without scripts with whole pages."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django_htmx.middleware import HtmxDetails


def _htmx(request: HttpRequest) -> HtmxDetails:
    details: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    return details


def wants_fragment(request: HttpRequest) -> bool:
    return bool(_htmx(request)) and not _htmx(request).history_restore_request


def is_prefetch(request: HttpRequest) -> bool:
    """Asked for ahead of time: nobody looks at it yet."""
    return request.headers.get("X-Prefetch") == "1"


def on_own_page(request: HttpRequest) -> bool:
    """Whether the part to be changed is the page of one follow-up, not its place in the queue."""
    return _htmx(request).target == "main"


def fragment(request: HttpRequest, context: dict[str, Any], *, status: int = 200, url: str = "") -> HttpResponse:
    """The follow-up (or the end of the view), and out of band: the list where `context` has one, counts, toasts."""
    response = render(request, "followups/_turn.html", context, status=status)
    if url:
        response["HX-Push-Url"] = url
    return unkept(response)


def sheet(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """What stands in the dialog."""
    response = render(request, template, {**context, "is_dialog": True}, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#dialog", "innerHTML"
    return unkept(response)


def alert(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """Nothing changes but that this is said."""
    messages.error(request, sentence)
    response = render(request, "followups/_said_only.html", status=status)
    response["HX-Reswap"] = "none"
    return unkept(response)


def unkept(response: HttpResponse) -> HttpResponse:
    """A part of a page must never be shown in the place of the page at the same address; and where nothing else is
    said, the address stays: htmx would show that of the act."""
    response["X-Part"] = "1"
    response.headers.setdefault("HX-Push-Url", "false")
    response["Cache-Control"] = "no-store"
    patch_vary_headers(response, ["HX-Request"])
    return response
