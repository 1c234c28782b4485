"""B1: strings that are nearly a score, on every door that takes one. Eleven are a score, and nothing else is."""

import csv
import json
import queue
import random
import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.faults.bench import Bench, bench_for
from tests.faults.client import Client, address, at_once
from tests.faults.customers import Browser
from tests.faults.ledgers import judge_no_failure, stored
from tests.faults.races import REVISIONS, asked
from tests.faults.registry import proof
from tests.faults.running import Run

ELEVEN = [str(score) for score in range(11)]
THREADS = 4
SPARE = 4  # links beyond the eleven and one a thread, for strings that are taken and should not be
DIGITS = "٠١٢٣٤٥٦٧٨٩" + "０１２３４５６７８９" + "०१२३४५६७८९" + "⁰¹²³⁴⁵⁶⁷⁸⁹" + "①②③④⑤⑥⑦⑧⑨⑩" + "ⅧⅨⅩ" + "八九十" + "½"
WORDS = ("null", "None", "true", "NaN", "Infinity", "-inf", "ten", "eight", "undefined", "on", "8,9", "{}", "[]", "8px")
BLANKS = (" ", "\t", "\n", "\r\n", "\x0b", "\x00", "\u00a0", "\u200b", "\u2028", "\ufeff", "\u202e")
REFUSALS = {400, 414, 422}  # 414: an address that is too long
_CHECKED = re.compile(r'<input[^>]*name="score"[^>]*value="(\d+)"[^>]*checked')


IMPORTED = """
SELECT invitation.external_id, answer.score
  FROM nps_response answer
  JOIN nps_invitation invitation ON invitation.id = answer.invitation_id
 WHERE invitation.source = 'import' AND invitation.external_id LIKE 'b1-%'
"""


# ---- what is sent --------------------------------------------------------------------------------------------
def _decorated(dice: random.Random) -> str:
    """A whole number with something on it."""
    number, blank = str(dice.randrange(-3, 15)), dice.choice(BLANKS)
    ways = (
        f"{blank}{number}", f"{number}{blank}", f"{number}{blank}{number}", f"+{number}", f"-{number}", f"0{number}",
        f"{number}.0", f"{number},0", f"{number}.", f".{number}", f"{number}e0", f"{number}E1", f"0x{number}",
        f"0b{number}", f"0o{number}", f"{number}_0", f"{number}/10", f"{number}%", f'"{number}"', f"[{number}]",
        f"{number}L", f"{number};", f"({number})", f"{number}\u0301", f"{number}\ufe0f\u20e3", f"={number}",
    )  # fmt: skip
    return dice.choice(ways)


def _number(dice: random.Random) -> str:
    return str(dice.choice((dice.randrange(-30, 130), dice.randrange(10**6), dice.randrange(2**31, 2**65), -0.0,
                            dice.random() * 12, 10 ** dice.randrange(20, 60))))  # fmt: skip


def _foreign(dice: random.Random) -> str:
    return "".join(dice.choices(DIGITS + "01", k=dice.randrange(1, 3)))


def _anything(dice: random.Random) -> str:
    ranges = ((0, 128), (160, 0xD7FF), (0x1F300, 0x1F600))
    return "".join(chr(dice.randrange(*dice.choice(ranges))) for _ in range(dice.randrange(6)))


def _word(dice: random.Random) -> str:
    return dice.choice(WORDS) + dice.choice(("", dice.choice(string.printable)))


def _long(dice: random.Random) -> str:
    return dice.choice("0189 ") * dice.choice((3, 40, 400, 5_000)) + dice.choice(ELEVEN)


def strings(dice: random.Random, count: int) -> list[str]:
    """`count` different ones in no order, the eleven among them."""
    found = dict.fromkeys(ELEVEN)
    makers = (_decorated, _number, _foreign, _anything, _word, _long)
    while len(found) < count:
        # Each maker has only so many: what is there already is drawn again, by anybody.
        found[dice.choice(makers)(dice)] = None
        found[f"{dice.randrange(10**9)}{dice.choice(('', '.', ' ', '_'))}{dice.randrange(12)}"] = None
    drawn = list(found)[:count]
    dice.shuffle(drawn)
    return drawn


def values(dice: random.Random, count: int) -> list[Any]:
    """`count` different JSON values that are no strings, the eleven whole numbers among them."""
    found: dict[str, Any] = {json.dumps(score): score for score in range(11)}
    while len(found) < count:
        whole = dice.randrange(-9, 20)
        one = dice.choice(
            (None, True, False, whole, float(whole), dice.uniform(-1, 11), dice.randrange(-(2**70), 2**70), [whole],
             {"score": whole}, [str(whole), whole], float("nan"), float("inf"), 10.0 ** dice.randrange(300),
             {str(dice.randrange(10**6)): whole}, [[dice.randrange(10**6)]])
        )  # fmt: skip
        found[json.dumps(one)] = one
    drawn = list(found.values())[:count]
    dice.shuffle(drawn)
    return drawn


# ---- the ledger ----------------------------------------------------------------------------------------------
@dataclass
class Told:
    """What one door was sent and which of it it took."""

    sent: list[Any]
    taken: list[Any] = field(default_factory=list)
    others: Counter[int] = field(default_factory=Counter)  # how it refused

    def note(self, text: Any, status: int, *, ok: int) -> bool:
        if status == ok:
            self.taken.append(text)
        else:
            self.others[status] += 1
        return status == ok


def judge(run: Run, door: str, told: Told, *, eleven: Sequence[Any] = ELEVEN, there: object, should: object) -> None:
    """`there` is what the database holds of it, and `should` what the client's ledger says it holds."""
    wrong = [text for text in told.taken if text not in eleven or type(text) is not type(eleven[0])]
    right = len(told.taken) - len(wrong)
    seen = f"{right}" + (f" and {len(wrong)} such as {wrong[0]!r:.40}" if wrong else "")
    run.expect(f"{door}: {len(told.sent):,} sent, the eleven accepted", seen, right == 11 and not wrong)
    refused = ", ".join(f"{count:,} × {status}" for status, count in sorted(told.others.items()))
    run.expect(f"{door}: all others refused, and stored is what was accepted",
               refused if there == should else f"{refused}; stored {there!r:.80}",
               set(told.others) <= REFUSALS and there == should)  # fmt: skip


# ---- doors ---------------------------------------------------------------------------------------------------
def by_page(run: Run, bench: Bench, browser: Browser, sent: list[str]) -> None:
    """The page's form: a fresh link for whatever is taken."""
    numbers, links, _ = asked(run, bench, 11 + THREADS + SPARE)
    fresh: queue.LifoQueue[tuple[int, str, str]] = queue.LifoQueue()
    for number, link in zip(numbers, links, strict=True):
        fresh.put((number, link, browser.get(link).nonce))
    told, should = Told(sent), {}
    run.stage("scores by page", len(sent))

    def send(text: str) -> None:
        number, link, nonce = fresh.get(timeout=60)
        if told.note(text, browser.post(link, score=text, nonce=nonce).status, ok=303):
            should[address(number)] = [text]
        else:
            fresh.put((number, link, nonce))
        run.step()

    at_once(send, sent, threads=THREADS)
    there = {email: [str(row.score) for row in rows] for email, rows in stored(bench, numbers).items()}
    judge(run, "page", told, there=there, should=should)


def by_change(run: Run, bench: Bench, browser: Browser, sent: list[str]) -> None:
    """The page of somebody who changes an answer of 9, again and again."""
    numbers, links, _ = asked(run, bench, THREADS)
    fresh: queue.LifoQueue[tuple[int, str, str]] = queue.LifoQueue()
    told = Told(sent)
    should = {address(number): ["9"] for number in numbers}

    def ready(number: int, link: str) -> None:
        fresh.put((number, link, browser.get(f"{link}?change=1").nonce))

    for number, link in zip(numbers, links, strict=True):
        browser.answer(link, 9)
        ready(number, link)
    run.stage("scores by change", len(sent))

    def send(text: str) -> None:
        number, link, nonce = fresh.get(timeout=60)
        if told.note(text, browser.post(link, score=text, nonce=nonce, change="1").status, ok=303):
            if should[address(number)][-1] != text:  # the same again is no change
                should[address(number)].append(text)
            ready(number, link)
        else:
            fresh.put((number, link, nonce))
        run.step()

    at_once(send, sent, threads=THREADS)
    there = {address(number): ["9"] for number in numbers}
    for email, _, _, new in bench.rows(REVISIONS):
        if email in there:
            there[email].append(str(new))
    judge(run, "change", told, there=there, should=should)


def by_link(run: Run, bench: Bench, browser: Browser, sent: list[str]) -> None:
    """The address in the mail: what is a score is chosen on the page, and noted; nothing is answered."""
    numbers, links, _ = asked(run, bench, 1)
    told = Told(sent)
    run.stage("scores by link", len(sent))

    def follow(text: str) -> None:
        reply = browser.get(f"{links[0]}?{urlencode({'score': text})}")
        chosen = _CHECKED.findall(reply.body)
        # What is no score opens the plain page: that is this door's refusal.
        plain = 400 if reply.status == 200 else reply.status
        told.note(text, 200 if chosen == [text] else (plain if not chosen else 299), ok=200)
        run.step()

    at_once(follow, sent, threads=THREADS)
    noted = bench.rows(
        "SELECT DISTINCT click.score FROM nps_click click JOIN nps_invitation invitation ON invitation.id ="
        " click.invitation_id JOIN nps_customer customer ON customer.id = invitation.customer_id"
        f" WHERE customer.email = '{address(numbers[0])}' AND click.score IS NOT NULL"
    )
    there = sorted(score for (score,) in noted), len(stored(bench, numbers))
    judge(run, "link", told, there=there, should=(list(range(11)), 0))


def by_rest(run: Run, bench: Bench, client: Client, door: str, sent: list[Any], eleven: Sequence[Any]) -> None:
    body = {"external_id": f"b1-{door}", "name": "Bea", "email": f"b1-{door.replace(' ', '-')}@customers.example"}
    customer = client.must("POST", "/api/v1/customers/", body)["id"]
    told = Told(sent)
    run.stage(f"scores by {door}", len(sent))

    def send(value: Any) -> None:
        status, _ = client.once("POST", "/api/v1/responses/", {"customer": customer, "score": value, "origin": "api"})
        told.note(value, status, ok=201)
        run.step()

    at_once(send, sent, threads=THREADS)
    judge(run, door, told, eleven=eleven, there=_scores_of(bench, customer), should=list(range(11)))


def by_file(run: Run, bench: Bench, sent: list[str]) -> None:
    """One CSV with all of them, of which the right lines are imported."""
    run.stage("scores by CSV", len(sent))
    path, listed = bench.product.folder / "scores.csv", bench.product.folder / "scores.errors.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["id", "score", "at", "who"])
        who = ("2026-01-05T10:00:00Z", "b1-file@customers.example")
        lines.writerows((f"b1-{n}", text, *who) for n, text in enumerate(sent))
    columns = {"external_id": "id", "score": "score", "answered_at": "at", "customer_email": "who"}
    bench.product.run(
        "manage.py", "import_responses", str(path), "--skip-bad-lines", "--errors", str(listed),
        *(word for pair in columns.items() for word in ("--column", "=".join(pair))), ok=(0, 3),
    )  # fmt: skip
    told, should = Told(sent), {}
    rows = bench.rows(IMPORTED)
    there = {int(name[3:]): str(score) for name, score in rows}
    for number, text in enumerate(sent):
        if told.note(text, 201 if number in there else 422, ok=201):
            should[number] = text
    run.step(len(sent))
    judge(run, "CSV", told, there=there, should=should)
    with listed.open(encoding="utf-8", newline="") as file:
        lines_named = {row["line"] for row in csv.DictReader(file)}
    run.expect("CSV: each refused line is named", len(lines_named), len(lines_named) == len(sent) - 11)


def _scores_of(bench: Bench, customer: int) -> list[int]:
    return sorted(score for (score,) in bench.rows(f"SELECT score FROM nps_response WHERE customer_id = {customer}"))


@proof("B1")
def b1(run: Run) -> None:
    """10,000 generated scores on every door: eleven are one."""
    dice = random.Random(run.seed)
    count = run.size(10_000, least=150)
    with bench_for(run) as bench:
        browser, client = bench.browser(timeout=60), bench.client(timeout=60)
        by_page(run, bench, browser, strings(dice, count))
        by_change(run, bench, browser, strings(dice, count))
        by_link(run, bench, browser, strings(dice, count))
        by_rest(run, bench, client, "REST text", strings(dice, count), ELEVEN)
        by_rest(run, bench, client, "REST value", values(dice, count), range(11))
        by_file(run, bench, strings(dice, count))
        judge_no_failure(run, [*browser.seen, *client.seen])
