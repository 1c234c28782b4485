"""HTTP as a program and as a browser speak it: connections that stay open, retries where nothing was written, forms."""

import http.client
import threading
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

STAYS_OPEN = 3.0  # seconds an idle connection is trusted; servers close theirs after five
PATIENCE = 30.0  # seconds for one answer


class NoAnswer(OSError):
    """The server could not be reached, or cut the connection before it answered."""


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass
class Traffic:
    """What all threads together asked and were answered."""

    requests: int = 0
    seconds: float = 0.0
    failures: list[str] = field(default_factory=list)  # every 5xx and every connection lost
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, reply: Reply | None) -> None:
        with self.lock:
            self.requests += 1
            if reply is None:
                self.failures.append(f"{what}: connection lost")
            else:
                self.seconds += reply.seconds
                if reply.status >= 500:
                    self.failures.append(f"{what}: {reply.status}")


class Line:
    """One connection to the host of `url`, of one thread."""

    def __init__(self, url: str, traffic: Traffic) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address; write it like http://127.0.0.1:8000")
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._make = lambda: kind(parts.netloc, timeout=PATIENCE)
        self._traffic = traffic
        self._connection: http.client.HTTPConnection | None = None
        self._used_at = 0.0

    def ask(self, method: str, target: str, *, body: bytes | None = None, headers: dict[str, str]) -> Reply:
        """The answer, whatever its status. NoAnswer when there is none: then it may or may not have been done."""
        started = time.monotonic()
        if self._connection is None or started - self._used_at > STAYS_OPEN:
            self.close()
            self._connection = self._make()
        what = f"{method} {urlsplit(target).path}"
        try:
            self._connection.request(method, target, body=body, headers=headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            self._traffic.note(what, None)
            raise NoAnswer(f"{what}: {error!r}") from error
        if answer.will_close:
            self.close()
        self._used_at = time.monotonic()
        names = {name.lower(): value for name, value in answer.getheaders()}
        reply = Reply(answer.status, names, content, self._used_at - started)
        self._traffic.note(what, reply)
        return reply

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


# ---- pages and their forms -----------------------------------------------------------------------------------
@dataclass
class Form:
    """`fields`: what a browser would send untouched. `choices`: the values of each radio or checkbox by name."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        return name in self.fields or name in self.choices


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.links: list[tuple[str, str]] = []  # address, text
        self._form: Form | None = None
        self._textarea = ""
        self._link = ""
        self._words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        have = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(have.get("action", ""), have.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and "href" in have:
            self._link, self._words = have["href"], []
        elif self._form is not None and "disabled" not in have:
            self._control(self._form, tag, have)

    def _control(self, form: Form, tag: str, have: dict[str, str]) -> None:
        name = have.get("name", "")
        if tag == "textarea":
            self._textarea, self._words = name, []
        elif tag == "input" and name:
            kind = have.get("type", "text")
            if kind in ("radio", "checkbox"):
                form.choices.setdefault(name, []).append(have.get("value", "on"))
                if "checked" in have:
                    form.fields[name] = have.get("value", "on")
            elif kind not in ("submit", "image", "button", "reset"):
                form.fields[name] = have.get("value", "")

    def handle_data(self, data: str) -> None:
        self._words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea" and self._form is not None and self._textarea:
            self._form.fields[self._textarea] = "".join(self._words).removeprefix("\n")
            self._textarea = ""
        elif tag == "a" and self._link:
            self.links.append((self._link, " ".join("".join(self._words).split())))
            self._link = ""


@dataclass(frozen=True)
class Page:
    url: str
    status: int
    text: str
    forms: list[Form]
    links: list[tuple[str, str]]

    def form_with(self, name: str) -> Form | None:
        return next((form for form in self.forms if form.has(name)), None)

    def link_to(self, part: str) -> str | None:
        return next((urljoin(self.url, address) for address, _ in self.links if part in address), None)


def read_page(url: str, status: int, html: str) -> Page:
    reader = _Reader()
    reader.feed(html)
    return Page(url, status, html, reader.forms, reader.links)


class Browser:
    """One person's browser without scripts: cookies, forms, redirects. Of one thread; `forget()` between persons."""

    def __init__(self, url: str, traffic: Traffic) -> None:
        self._origin = urlsplit(url)
        self._line = Line(url, traffic)
        self._cookies: dict[str, str] = {}

    def forget(self) -> None:
        self._cookies = {}

    def open(self, url: str) -> Page:
        return self._go("GET", url, None)

    def send(self, page: Page, form: Form, values: dict[str, str]) -> Page:
        """Submit `form` of `page` with `values` put over what it holds."""
        body = urlencode({**form.fields, **values}).encode()
        return self._go("POST", urljoin(page.url, form.action or page.url), body)

    def post(self, url: str, values: dict[str, str]) -> Page:
        """Send what no page of theirs made, as a mail program does."""
        return self._go("POST", url, urlencode(values).encode())

    def _go(self, method: str, url: str, body: bytes | None) -> Page:
        for _ in range(5):
            parts = urlsplit(url)
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            reply = self._line.ask(method, target, body=body, headers=self._headers(body))
            self._keep_cookies(reply)
            if reply.status not in (301, 302, 303, 307, 308):
                return read_page(url, reply.status, reply.text)
            url = urljoin(url, reply.headers.get("location", ""))
            if reply.status in (301, 302, 303):
                method, body = "GET", None
        raise NoAnswer(f"{url}: redirected in a circle")

    def _headers(self, body: bytes | None) -> dict[str, str]:
        origin = f"{self._origin.scheme}://{self._origin.netloc}"
        headers = {"User-Agent": "Mozilla/5.0 (replay)", "Accept": "text/html", "Accept-Language": "en"}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin, "Referer": f"{origin}/"}
        return headers

    def _keep_cookies(self, reply: Reply) -> None:
        pair = reply.headers.get("set-cookie", "").split(";")[0]
        name, found, value = pair.partition("=")
        if found:
            self._cookies[name.strip()] = value.strip()
