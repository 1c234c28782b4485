"""B2: strings that break programs, and mutations of them, wherever a string, a score or a token is taken: refused or
kept as they came, and nothing falls over."""

import http.client
import json
import os
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import yaml

from tests.faults.bench import Bench, at_rest, bench_for
from tests.faults.client import Seen, address, at_once
from tests.faults.ledgers import judge_no_failure
from tests.faults.product import ROOT
from tests.faults.races import asked
from tests.faults.registry import proof
from tests.faults.running import Run
from tests.faults.scores import ELEVEN
from tests.faults.servers import Missing

SHARED = Path(os.environ.get("NINES_SHARED_DATA") or ROOT.parent / "shared" / "data")
THREADS = 4
INSERTED = (
    "\x00",
    "\ud83d",
    "\u202e",
    "\u200d",
    "\r\n",
    "'",
    '"',
    "<",
    "%",
    "%00",
    "\\",
    "\uffff",
    "\x1b[2J",
    "\u0301",
)
LONGEST_LINE = 4_000  # bytes; gunicorn takes 4,094
#: a refusal in words of ours; 431: a header that is too long
REFUSALS = {400, 401, 403, 404, 405, 409, 414, 422, 431}
STAFF = (
    "/followups/?view={}", "/followups/?tab={}", "/followups/?q={}", "/followups/?after={}", "/followups/?page={}",
    "/followups/?follow_up={}", "/tickets/?q={}", "/tickets/?status={}", "/tickets/?page={}", "/tickets/?team={}",
    "/customers/?q={}", "/customers/?page={}", "/lessons/?cause={}", "/lessons/?status={}", "/lessons/?q={}",
    "/dashboard/?period={}", "/dashboard/?from={}", "/dashboard/?team={}", "/shifts/roster/?week={}",
    "/login/?next={}", "/tickets/new/?customer={}", "/tickets/{}/", "/followups/{}/", "/customers/{}/", "/{}/",
)  # fmt: skip


REASON = "SELECT answer.comment FROM nps_response answer JOIN nps_customer customer ON customer.id = answer.customer_id"
TICKET = (
    "SELECT ticket.subject, message.body FROM nps_ticket ticket"
    " LEFT JOIN nps_message message ON message.ticket_id = ticket.id"
)


def known_strings() -> list[str]:
    """Those of the shared data: made to break programs, and what people wrote in mails."""
    naughty = SHARED / "naughty"
    if not naughty.is_dir():
        raise Missing(f"the shared data is not at {SHARED}; name its folder in NINES_SHARED_DATA")
    found = json.loads((naughty / "blns.json").read_text())
    found += (naughty / "csv_formula_injection.txt").read_text().splitlines()
    found += [file.read_bytes().decode("utf-8", "replace") for file in sorted((SHARED / "replies").rglob("*.txt"))]
    return list(dict.fromkeys(found))


def mutated(dice: random.Random, text: str) -> str:
    """The same with one to three things done to it."""
    for _ in range(dice.randrange(1, 4)):
        at = dice.randrange(len(text) + 1)
        match dice.randrange(7):
            case 0:
                text = text[:at] + dice.choice(INSERTED) + text[at:]
            case 1:
                text = text[:at]
            case 2:
                text = text[at:] + text[:at]
            case 3:
                text = (text * dice.choice((2, 40, 400)))[:60_000]
            case 4 if text:
                at = min(at, len(text) - 1)
                text = text[:at] + chr(ord(text[at]) ^ 1 << dice.randrange(16)) + text[at + 1 :]
            case 5:
                text = quote(text, errors="replace")
            case _:
                text = text.swapcase()
    return text


def strings(run: Run, dice: random.Random) -> Iterator[str]:
    """For one door: all of them and as many mutations, or a drawn share."""
    known = known_strings()
    chosen = known if run.is_full else dice.sample(known, max(12, round(len(known) * run.scale)))
    yield from chosen
    yield from (mutated(dice, text) for text in chosen)


@dataclass
class Told:
    """What one door made of its strings."""

    kept: int = 0
    refused: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


class Doors:
    """Each takes a string and gives the status, and, where it was accepted, whether it is there as it came."""

    def __init__(self, run: Run, bench: Bench, dice: random.Random) -> None:
        self._run, self._bench, self._dice = run, bench, dice
        self.browser, self.client = bench.browser(timeout=60), bench.client(timeout=60)
        self.staff = bench.browser(timeout=60, cookie=f"sessionid={bench.world['session']}")
        self.seen: list[Seen] = []
        self._said: set[str] = set()
        numbers, links, _ = asked(run, bench, 2)
        self._answered, self._open = links
        self._email = address(numbers[0])
        self.browser.answer(self._answered, 4)
        self._nonce = self.browser.get(self._open).nonce
        body = {"external_id": "b2", "name": "Bo", "email": "b2@customers.example"}
        self._customer = self.client.must("POST", "/api/v1/customers/", body)["id"]
        self._filters = list(_filters())

    # ---- customers -------------------------------------------------------------------------------------------
    def reason(self, text: str) -> tuple[int, bool]:
        # Each from a page of its own: the same words from an old one are a form sent a second time, and left alone.
        # A page knows the second it was made in, so a string that comes twice needs another second too.
        if text in self._said:
            time.sleep(1.1)
        self._said.add(text)
        page = f"{self._answered}why/"
        status = self._form(page, comment=text, nonce=self.browser.get(page).nonce)
        rows = self._bench.rows(f"{REASON} WHERE customer.email = '{self._email}'") if status == 303 else []
        return status, status == (400 if _is_no_utf_8(text) else status) and (
            status != 303 or rows == [(text,)] or not text.strip()
        )

    def score(self, text: str) -> tuple[int, bool]:
        status = self._form(self._open, score=text, nonce=self._nonce) if text not in ELEVEN else 422
        return status, status == (400 if _is_no_utf_8(text) else 422)

    def nonce(self, text: str) -> tuple[int, bool]:
        status = self._form(self._open, score="3", nonce=text)
        return status, status == 400

    def token(self, text: str) -> tuple[int, bool]:
        door = self._dice.choice(("", "why/", "stop/", "more/"))
        path = f"/s/{_quoted(text)}/{door}"
        # Of a line that is too long the server reads no more, and answers; a body still on its way then resets the
        # connection, so that nobody hears that answer: such a line is sent without one.
        is_asked = self._dice.random() < 0.7 or len(path) > LONGEST_LINE
        status = self.browser.get(path).status if is_asked else self._form(path, score="3", nonce="x")
        return status, status in REFUSALS

    # ---- programs --------------------------------------------------------------------------------------------
    def ticket(self, text: str) -> tuple[int, bool]:
        body = {"subject": text, "body": text, "team": self._bench.world["team"], "customer": self._customer}
        status, said = self.client.once("POST", "/api/v1/tickets/", body)
        if status != 201:
            return status, True
        ((subject, message),) = self._bench.rows(f"{TICKET} WHERE ticket.id = {said['id']}")
        return status, subject == text and ((message or "") == text or not text.strip())

    def answer(self, text: str) -> tuple[int, bool]:
        body = {"customer": self._customer, "score": 5, "comment": text, "origin": "phone"}
        status, said = self.client.once("POST", "/api/v1/responses/", body)
        if status != 201:
            return status, True
        rows = self._bench.rows(f"SELECT comment FROM nps_response WHERE id = {said['id']}")
        return status, rows == [(text,)] or not text.strip()

    def name(self, text: str) -> tuple[int, bool]:
        status, _ = self.client.once("PATCH", f"/api/v1/customers/{self._customer}/", {"name": text})
        rows = self._bench.rows(f"SELECT name FROM nps_customer WHERE id = {self._customer}")
        return status, status != 200 or rows == [(text,)]

    def raw(self, text: str) -> tuple[int, bool]:
        """A body that is hardly JSON."""
        path = self._dice.choice(("tickets", "responses", "customers", "lessons"))
        headers = {"Authorization": f"Bearer {self._bench.world['key']}", "Content-Type": "application/json"}
        status = self._raw("POST", f"/api/v1/{path}/", _bytes(text), headers)
        return status, status in REFUSALS

    def filter(self, text: str) -> tuple[int, bool]:
        path, name = self._dice.choice(self._filters)
        status, _ = self.client.once("GET", f"{path}?{_form(**{name: text})}")
        return status, True

    # ---- staff, and anybody ----------------------------------------------------------------------------------
    def page(self, text: str) -> tuple[int, bool]:
        return self.staff.get(self._dice.choice(STAFF).format(_quoted(text))).status, True

    def header(self, text: str) -> tuple[int, bool]:
        name, stem = self._dice.choice(
            (("Authorization", "Bearer "), ("Authorization", ""), ("User-Agent", ""), ("Accept-Language", ""),
             ("Cookie", "sessionid="), ("Cookie", ""), ("Referer", ""), ("X-Forwarded-For", ""), ("Accept", ""))
        )  # fmt: skip
        path = self._dice.choice((self._open, "/api/v1/tickets/", "/tickets/", "/login/"))
        value = stem.encode() + re.sub(rb"[\r\n]", b" ", _bytes(text))[:6_000]
        status = self._raw("GET", path, b"", {name: value})  # type: ignore[dict-item]
        return status, True

    # ---- sending ---------------------------------------------------------------------------------------------
    def _form(self, path: str, **fields: str) -> int:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._raw("POST", path, _form(**fields).encode(), headers)

    def _raw(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> int:
        wire = http.client.HTTPConnection("127.0.0.1", self._bench.product.web_port, timeout=60)
        try:
            wire.request(method, path, body, headers)
            status = wire.getresponse().status
        except (OSError, http.client.HTTPException):
            status = 0
        finally:
            wire.close()
        self.seen.append(Seen(0.0, 0.0, status, True, f"{method} {path}"))
        return status


def _quoted(text: str) -> str:
    return quote(_bytes(text), safe="")


def _bytes(text: str) -> bytes:
    """A lone surrogate goes on the wire as the three bytes it would have, which are no UTF-8."""
    return text.encode("utf-8", "surrogatepass")


def _is_no_utf_8(text: str) -> bool:
    """No browser sends that in a form, and no form of ours takes it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _form(**fields: str) -> str:
    return urlencode({name: _bytes(text) for name, text in fields.items()})


def _filters() -> Iterator[tuple[str, str]]:
    """(address, name) of everything that a REST list can be asked."""
    described = yaml.safe_load((ROOT / "docs" / "openapi.yaml").read_text())
    for path, ways in described["paths"].items():
        if "{" not in path:
            for one in ways.get("get", {}).get("parameters", ()):
                if one["in"] == "query":
                    yield path, one["name"]


@proof("B2")
def b2(run: Run) -> None:
    """Hostile strings at every door that takes a string, a score or a token."""
    dice = random.Random(run.seed)
    with bench_for(run) as bench:
        doors = Doors(run, bench, dice)
        workers, complaints = sorted(bench.product.children("web")), bench.product.said("web").count("Traceback")
        plan: list[tuple[str, Callable[[str], tuple[int, bool]], int]] = [
            ("reason by page", doors.reason, 1), ("score by page", doors.score, THREADS),
            ("nonce by page", doors.nonce, THREADS), ("token of a link", doors.token, THREADS),
            ("ticket by REST", doors.ticket, THREADS), ("answer by REST", doors.answer, THREADS),
            ("name by REST", doors.name, 1), ("body of REST", doors.raw, THREADS),
            ("filter of REST", doors.filter, THREADS), ("staff address", doors.page, THREADS),
            ("header", doors.header, THREADS),
        ]  # fmt: skip
        for name, send, threads in plan:
            _judge(run, name, _try_all(run, name, send, list(strings(run, dice)), threads))
        killed = len(set(workers) - set(bench.product.children("web")))
        run.expect_none("web workers that died 0", killed)
        run.expect_none("errors in the web server's log 0", bench.product.said("web").count("Traceback") - complaints)
        judge_no_failure(run, [*doors.browser.seen, *doors.client.seen, *doors.staff.seen, *doors.seen])
    if run.is_full:
        _suite(run)


def _try_all(run: Run, name: str, send: Callable[[str], tuple[int, bool]], texts: list[str], threads: int) -> Told:
    told = Told()
    run.stage(name, len(texts))

    def one(text: str) -> None:
        status, is_right = send(text)
        if not is_right or not 200 <= status < 500:
            told.wrong.append(f"{status} for {text!r:.50}")
        if status >= 400:
            told.refused[status] += 1
        else:
            told.kept += 1
        run.step()

    at_once(one, texts, threads=threads)
    return told


def _judge(run: Run, name: str, told: Told) -> None:
    refused = sum(told.refused.values())
    figure = f"{name}: {told.kept + refused:,} strings, {told.kept:,} taken, {refused:,} refused; lost or odd 0"
    run.expect_none(figure, len(told.wrong), note=told.wrong[0] if told.wrong else "")


def _suite(run: Run) -> None:
    """Every text of every act of REST, which the suite tries under savepoints; scaled down it is left to the suite."""
    run.stage("every text of every act of REST")
    file = "tests/api/test_naughty.py"
    said = at_rest().run(
        "-m", "pytest", "-q", "-p", "no:cacheprovider", "--thorough", file, ok=(0, 1), seconds=7_200
    ).splitlines()  # fmt: skip
    counts = next((line for line in reversed(said) if " passed" in line or " failed" in line), "nothing ran")
    run.expect(f"REST, every string in every text ({file})", counts, "passed" in counts and "failed" not in counts)
