"""The mailbox page of the local set-up: what the mail catcher kept, to be read and clicked. It asks for no login, so
it exists only where settings.MAILBOX_DIR is set, which a system check forbids in public (nines.E005)."""

import email
import email.policy
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

PAGE = 50
MOST_SEARCHED = 5000
# A mail's own styles and nothing else: no script, no request to anywhere. Links leave the frame on a click only.
MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'self'; sandbox allow-top-navigation-by-user-activation"
)
STORED_NAME = re.compile(r"(\d+)\.(?:M(\d+))?(?:P\d+)?(?:Q(\d+))?")


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    key: str
    at: datetime
    recipient: str
    subject: str


# ---- reading the Maildir -------------------------------------------------------------------------------------
def _order(key: str) -> tuple[int, int, int]:
    """Seconds, microseconds, counter: when the standard library stored it, out of the name it gave."""
    found = STORED_NAME.match(key)
    seconds, micro, count = found.groups() if found else ("0", "0", "0")
    return int(seconds), int(micro or 0), int(count or 0)


def _stored_at(key: str) -> datetime:
    seconds, micro, _ = _order(key)
    return datetime.fromtimestamp(seconds + micro / 1e6, tz=UTC)


def _files() -> list[tuple[str, Path]]:
    """(key, file) of every kept mail, newest first; the folder may not be there yet."""
    root = Path(settings.MAILBOX_DIR)
    found = [
        (file.name.partition(":")[0], file)
        for part in ("new", "cur")
        if (root / part).is_dir()
        for file in (root / part).iterdir()
    ]
    return sorted(found, key=lambda pair: _order(pair[0]), reverse=True)


def _listed(key: str, file: Path) -> Listed | None:
    try:
        with file.open("rb") as stream:
            mail = BytesHeaderParser(policy=email.policy.default).parsebytes(_head(stream))
    except OSError:
        return None  # just deleted
    headers = _headers(mail)
    return Listed(
        key, _stored_at(key), _named(headers, "Delivered-To") or _named(headers, "To"), _named(headers, "Subject")
    )


def _headers(mail: Message) -> list[tuple[str, str]]:
    """Every header as people read it, or as it came where the standard library chokes on it."""
    found = []
    for name, raw in mail.raw_items():
        try:
            found.append((name, str(email.policy.default.header_fetch_parse(name, raw))))
        except Exception:  # noqa: BLE001 - it raises many kinds on headers that break the rules
            found.append((name, str(raw)))
    return found


def _named(headers: list[tuple[str, str]], name: str) -> str:
    return ", ".join(value for known, value in headers if known.casefold() == name.casefold())


def _head(stream: Iterator[bytes]) -> bytes:
    lines: list[bytes] = []
    for line in stream:
        if not line.strip():
            break
        lines.append(line)
    return b"".join(lines)


def _listing(query: str, page: int) -> tuple[list[Listed], bool]:
    """One page of the list, and whether there is another."""
    files = _files()
    if not query:
        shown = files[page * PAGE : (page + 1) * PAGE]
        return [one for pair in shown if (one := _listed(*pair))], len(files) > (page + 1) * PAGE
    wanted = query.casefold()
    read = (_listed(*pair) for pair in files[:MOST_SEARCHED])
    matching = [one for one in read if one and wanted in f"{one.recipient}\n{one.subject}".casefold()]
    return matching[page * PAGE : (page + 1) * PAGE], len(matching) > (page + 1) * PAGE


def _raw(key: str) -> bytes:
    try:
        return mailbox.Maildir(settings.MAILBOX_DIR, factory=None, create=False).get_bytes(key)
    except (KeyError, OSError, mailbox.NoSuchMailboxError):
        raise Http404("There is no such mail.") from None


def _mail(key: str) -> EmailMessage:
    return email.message_from_bytes(_raw(key), policy=email.policy.default)


def _part(mail: EmailMessage, kind: str) -> str:
    """The text of the first part of that kind, or an empty string; a charset nobody knows is read as UTF-8."""
    body = mail.get_body((kind,))
    if body is None:
        return ""
    try:
        return str(body.get_content())
    except (LookupError, UnicodeError, ValueError):
        payload = body.get_payload(decode=True)
        return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""


# ---- pages ---------------------------------------------------------------------------------------------------
@never_cache
@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:200]
    asked = request.GET.get("page", "")
    page = min(int(asked), 10_000) if asked.isascii() and asked.isdigit() else 0
    listed, has_more = _listing(query, page)
    context = {
        "mails": listed,
        "query": query,
        "page": page,
        "newer": page - 1,
        "older": page + 1,
        "has_more": has_more,
    }
    return render(request, "mailbox/list.html", context)


@never_cache
@require_safe
def one_mail(request: HttpRequest, key: str) -> HttpResponse:
    mail = _mail(key)
    headers = _headers(mail)
    context = {
        "key": key,
        "at": _stored_at(key),
        "subject": _named(headers, "Subject"),
        "headers": headers,
        "recipient": _named(headers, "Delivered-To"),
        "sender": _named(headers, "From"),
        "has_html": mail.get_body(("html",)) is not None,
        "text": _part(mail, "plain"),
    }
    return render(request, "mailbox/mail.html", context)


@never_cache
@require_safe
@xframe_options_sameorigin
def html_part(request: HttpRequest, key: str) -> HttpResponse:
    """The mail's own HTML, alone, for the frame. Links open in the whole window, as a mail program would do."""
    html = _part(_mail(key), "html")
    if not html:
        raise Http404("This mail has no HTML part.")
    head = re.search(r"<head[^>]*>", html, re.IGNORECASE)
    cut = head.end() if head else 0
    response = HttpResponse(f'{html[:cut]}<base target="_top">{html[cut:]}', content_type="text/html; charset=utf-8")
    response["Content-Security-Policy"] = MAIL_CSP
    return response


@never_cache
@require_safe
def source(request: HttpRequest, key: str) -> HttpResponse:
    return HttpResponse(_raw(key), content_type="text/plain; charset=utf-8")


app_name = "mailbox"
urlpatterns = [
    path("", mails, name="list"),
    path("<str:key>/", one_mail, name="mail"),
    path("<str:key>/html/", html_part, name="html"),
    path("<str:key>/source/", source, name="source"),
]
