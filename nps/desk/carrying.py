"""A form that was sent when the sign-in had run out: carried through signing in, shown, and sent by one press.

It travels in the sign-in page itself, signed, so that nothing is kept here for somebody who never comes back. It is
never sent by itself: who signs in sees first what it is."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest

from nps.templatetags.ui import TYPED

FIELD = "carried"
SALT = "nps.desk.carrying"
#: Longer than any form of ours with its longest texts.
MOST = 400_000
SECONDS = 24 * 3600


@dataclass(frozen=True)
class Carried:
    """`address` is where the form was going, `came_from` the page it stood on."""

    address: str
    came_from: str
    fields: list[tuple[str, str]]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The free texts, which are shown again."""
        return [(name, text) for name, text in self.fields if is_typed(name) and text.strip()]

    @property
    def rest(self) -> list[tuple[str, str]]:
        return [one for one in self.fields if one not in self.typed]


def pack(request: HttpRequest) -> str:
    """The form that this request carries, or "" where nothing in it was typed (or it is beyond reason)."""
    sent = [(name, value) for name, values in request.POST.lists() for value in values]
    fields = [(name, value) for name, value in sent if name != "csrfmiddlewaretoken"]
    is_secret = any("password" in name for name, _ in fields)
    if is_secret or not any(is_typed(name) and value.strip() for name, value in fields):
        return ""
    packed = signing.dumps([request.get_full_path(), came_from(request), fields], salt=SALT, compress=True)
    return packed if len(packed) <= MOST else ""


def unpack(packed: str) -> Carried | None:
    """None for what we did not sign, or signed too long ago."""
    try:
        address, page, fields = signing.loads(packed, salt=SALT, max_age=SECONDS)
    except signing.BadSignature:
        return None
    return Carried(address, page, [(str(name), str(value)) for name, value in fields])


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form stood on; the first page if the browser does not say."""
    referrer = urlsplit(request.headers.get("Referer", ""))
    if referrer.netloc != request.get_host():
        return "/"
    path = f"/{referrer.path.lstrip('/')}"  # two slashes at the beginning would lead to another host
    return f"{path}?{referrer.query}" if referrer.query else path


def is_typed(name: str) -> bool:
    return name.rsplit("-", 1)[-1] in TYPED
