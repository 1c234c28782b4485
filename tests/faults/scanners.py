"""S5: machines that follow links, in eight ways, and people who answer. No machine changes a figure, no answer of a
person is lost, and what machines opened is marked as theirs."""

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from typing import Any

from tests.faults.bench import Bench, bench_for
from tests.faults.chromium import chromium
from tests.faults.client import address, at_once
from tests.faults.customers import Browser
from tests.faults.ledgers import judge_no_failure, stored
from tests.faults.people import People
from tests.faults.races import asked
from tests.faults.registry import proof
from tests.faults.running import Run

_HREF = re.compile(r'href="(https?://[^"]+)"')
SCORES = tuple(map(str, range(11)))

CLICKS = """
SELECT customer.email, click.score, click.is_scanner, click.is_hidden_link
  FROM nps_click click
  JOIN nps_invitation invitation ON invitation.id = click.invitation_id
  JOIN nps_customer customer ON customer.id = invitation.customer_id
"""
REVISED = """
SELECT DISTINCT customer.email
  FROM nps_responserevision revision
  JOIN nps_response answer ON answer.id = revision.response_id
  JOIN nps_customer customer ON customer.id = answer.customer_id
"""


@dataclass(frozen=True)
class Scan:
    """What a scanner has: one customer's mail, the link in it, and ways to ask."""

    number: int
    link: str
    html: str
    browser: Browser
    page: Any = None

    @property
    def addresses(self) -> list[str]:
        return [unescape(found) for found in _HREF.findall(self.html)]

    @property
    def paths(self) -> list[str]:
        return ["/" + found.split("/", 3)[3] for found in self.addresses]


# ---- the eight -----------------------------------------------------------------------------------------------
def get_all(scan: Scan) -> None:
    """Every link of the mail, all at once."""
    at_once(scan.browser.get, scan.paths, threads=4)


def head_all(scan: Scan) -> None:
    for path in scan.paths:
        scan.browser.head(path)


def prefetch(scan: Scan) -> None:
    """As a mail program that loads ahead says it does."""
    ahead = {"Purpose": "prefetch", "Sec-Purpose": "prefetch", "X-Moz": "prefetch"}
    for score in SCORES:
        scan.browser.get(f"{scan.link}?score={score}", **ahead)


def get_with_scripts(scan: Scan) -> None:
    """A real browser that runs the scripts of all eleven pages, and waits for what they do."""
    for found in scan.addresses:
        if "score=" in found:
            scan.page.goto(found, wait_until="load")
    scan.page.wait_for_timeout(200)


def click_every_link(scan: Scan) -> None:
    """A real browser that shows the mail and presses each link in it, and opens each link of the pages it leads to."""
    further: set[str] = set()
    for n in range(len(scan.addresses)):
        page = scan.page.context.new_page()
        page.set_content(scan.html)
        with page.expect_navigation(wait_until="load", timeout=60_000):
            page.locator("a").nth(n).dispatch_event("click")
        further |= set(
            page.eval_on_selector_all("a[href^=http], a[href^='/'], a[href^='?']", "all => all.map(a => a.href)")
        )
        page.close()
    for found in sorted(further):
        scan.page.goto(found, wait_until="load", timeout=60_000)


def post_without_nonce(scan: Scan) -> None:
    for n, score in enumerate(SCORES):
        more = ({}, {"nonce": "0.AAAA"}, {"change": "1"}, {"nonce": ""})[n % 4]
        scan.browser.post(scan.link, score=score, **more)


def replay(scan: Scan) -> None:
    """What the person sent, again and again: as it was, with every other score, as a change, and links after it."""
    nonce = scan.browser.get(f"{scan.link}?score=9").nonce
    if scan.browser.post(scan.link, score="9", nonce=nonce).status != 303:
        raise AssertionError("the person before the replay was not acknowledged")
    for score in SCORES:
        scan.browser.post(scan.link, score=score, nonce=nonce)
        scan.browser.post(scan.link, score=score, nonce=nonce, change="1")
        scan.browser.get(f"{scan.link}?score={score}")


def take_the_hidden(scan: Scan) -> None:
    hidden = next(path for path in scan.paths if path.endswith("/more/"))
    for path in (hidden, f"{scan.link}?score=2", f"{scan.link}?score=7"):
        scan.browser.get(path)


#: profile -> what it does, whether in the real browser, whether each of its clicks must be marked
PROFILES: dict[str, tuple[Callable[[Scan], None], bool, bool]] = {
    "GET all": (get_all, False, True),
    "HEAD": (head_all, False, True),
    "prefetch": (prefetch, False, True),
    "GET and scripts": (get_with_scripts, True, True),
    "every link pressed": (click_every_link, True, True),
    "POST without nonce": (post_without_nonce, False, True),
    "POST replayed": (replay, False, False),
    "hidden link": (take_the_hidden, False, True),
}


@proof("S5")
def s5(run: Run) -> None:
    """Eight kinds of scanners × 100 mails change nothing; 500 people are heard."""
    each, people = run.size(100, least=2), run.size(500, least=12)
    with bench_for(run) as bench, chromium() as real:
        numbers, links, _ = asked(run, bench, len(PROFILES) * each + people)
        browser = bench.browser()
        for n, (name, (scan, is_real, is_marked)) in enumerate(PROFILES.items()):
            mine = slice(n * each, (n + 1) * each)
            _scan_all(run, bench, real if is_real else None, name, scan, numbers[mine], links[mine], browser)
            _judge(run, bench, name, numbers[mine], is_marked=is_marked)
        asked_people, their_links = numbers[len(PROFILES) * each :], links[len(PROFILES) * each :]
        crowd = People(run, bench, browser, random.Random(run.seed))
        crowd.answer(real, asked_people, their_links)
        crowd.judge()
        judge_no_failure(run, browser.seen)


def _scan_all(
    run: Run,
    bench: Bench,
    real: Any,
    name: str,
    scan: Callable[[Scan], None],
    numbers: Sequence[int],
    links: Sequence[str],
    browser: Browser,
) -> None:
    run.stage(name, len(numbers))
    scans = [Scan(n, link, bench.sink.html[address(n)], browser) for n, link in zip(numbers, links, strict=True)]
    if real is None:
        for one in scans:
            scan(one)
            run.step()
        return
    for one in scans:
        context = real.new_context()
        scan(Scan(one.number, one.link, one.html, browser, context.new_page()))
        context.close()
        run.step()


def _judge(run: Run, bench: Bench, name: str, numbers: Sequence[int], *, is_marked: bool) -> None:
    there, wanted = stored(bench, numbers), {address(n) for n in numbers}
    if name == "POST replayed":
        revised = {email for (email,) in bench.rows(REVISED)} & wanted
        kept = sum([row.score for row in there[address(n)]] == [9] for n in numbers) - len(revised)
        run.expect(f"{name}: the person's answer stands in {len(numbers)}", kept, kept == len(numbers))
        return
    run.expect_none(f"{name}: answers in {len(numbers)} mails 0", sum(map(len, there.values())))
    clicks = [row for row in bench.rows(CLICKS) if row[0] in wanted]
    unmarked = sum(not is_scanner for _, score, is_scanner, _ in clicks if score is not None)
    if is_marked:
        run.expect_none(f"{name}: clicks not marked as a scanner's 0 of {len(clicks):,}", unmarked)
