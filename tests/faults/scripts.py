"""S9: scripts stored in every text of every table, and every page opened in a real browser that would run them."""

import json
import random
import re
from collections import Counter
from typing import Any

from tests.faults.bench import Bench, bench_for
from tests.faults.chromium import chromium
from tests.faults.registry import proof
from tests.faults.running import Run
from tests.faults.tainted import SHAPES, STEP

#: What the browser says of an answer that is no page: a refusal without words, a file to keep.
NO_PAGE = ("ERR_HTTP_RESPONSE_CODE_FAILURE", "Download is starting", "ERR_ABORTED")
_FULL = re.compile(r"/(tickets|followups|customers|lessons)/\d+/$|/s/[^/]+/(why/)?$")
_NUMBER = re.compile(r"x9\((\d+)\)")
#: Elements, attributes and addresses that only a text that became markup can have made.
MADE = """() => [...document.querySelectorAll('*')].filter(one =>
    one.localName === 's-9' || [...one.attributes].some(given => given.name === 's-9'
        || (/x9\\(/.test(given.value) && /^(on|srcdoc|hx-|data-hx-)/.test(given.name))
        || (/^(href|src|action|formaction)$/.test(given.name) && /^\\s*javascript:/i.test(given.value))
    )).map(one => one.outerHTML.slice(0, 120))"""


class Looking:
    """A browser without the content security policy, which would hide that a text became a script: what runs calls x9
    with the number of its text."""

    def __init__(self, real: Any, site: str, session: str) -> None:
        self.context = real.new_context(bypass_csp=True)
        self.context.set_default_timeout(60_000)
        self.ran: list[int] = []
        self.context.expose_function("x9", lambda number=-1: self.ran.append(number))
        if session:
            self.context.add_cookies([{"name": "sessionid", "value": session, "url": site}])
        self.page = self.context.new_page()
        self._site = site
        self.made: list[str] = []
        self.seen: set[int] = set()
        self.statuses: Counter[int] = Counter()
        self.failed: list[str] = []

    def open(self, path: str) -> None:
        from playwright.sync_api import Error

        try:
            answer = self.page.goto(f"{self._site}{path}")
        except Error as error:
            if not any(said in error.message for said in NO_PAGE):
                raise
            self.page.close()  # the browser's own page of the failure would come in the way of the next
            self.page = self.context.new_page()
            return
        status = answer.status if answer else 0
        self.statuses[status] += 1
        if status >= 500 and path != "/readyz":
            self.failed.append(f"{path}: {status}")
        self.look(path)

    def show(self, html: str, what: str) -> None:
        self.page.set_content(html)
        self.look(what)

    def look(self, what: str) -> None:
        self.made += [f"{what}: {one}" for one in self.page.evaluate(MADE)]
        self.seen |= {int(number) for number in _NUMBER.findall(self.page.content())}


@proof("S9")
def s9(run: Run) -> None:
    """Scripts in every text, on every page: none runs."""
    dice = random.Random(run.seed)
    shapes = list(range(len(SHAPES))) if run.is_full else [dice.randrange(len(SHAPES))]
    opened, ran, made, failed = 0, Counter[str](), list[str](), list[str]()
    columns, shown = set[str](), set[str]()
    # On a shared bench the scripts stay for whoever comes after it, whom they must not disturb either.
    with bench_for(run) as bench, chromium() as real:
        _judge_itself(run, real)
        pages: dict[str, list[str]] = {}
        sessions: dict[str, str] = {}
        for shape in shapes:
            run.stage(f"scripts of shape {shape + 1} into every text")
            again = ("again",) if pages else ()
            told = json.loads(bench.product.run("-m", "tests.faults.tainted", str(shape), *again).splitlines()[-1])
            pages, sessions = told.get("pages", pages), told.get("sessions", sessions)
            written: list[str] = told["written"]
            columns |= set(written)
            chosen = [(who, path) for who, paths in pages.items() for path in _share(run, dice, paths)]
            run.stage("pages", len(chosen))
            looking = {who: Looking(real, bench.product.url, sessions.get(who, "")) for who in pages}
            for who, path in chosen:
                looking[who].open(path)
                run.step()
            mails = _mails(bench)
            for html in mails:
                looking["anonymous"].show(html, "a mail")
            for one in looking.values():
                ran.update(_column(written, n) for n in one.ran)
                made, failed = made + one.made, failed + one.failed
                shown |= {_column(written, n) for n in one.seen} & columns
                opened += sum(one.statuses.values())
                one.context.close()
    figure = f"{len(columns)} columns × {opened:,} pages and {len(mails)} mails: scripts run 0"
    run.expect(figure, f"{sum(ran.values())} {', '.join(list(ran)[:3])}".strip(), not ran and opened > 0 < len(mails))
    run.expect_none("text that became markup 0", len(made), note=made[0] if made else "")
    least = len(columns) // (3 if run.is_full else 8)
    run.expect(f"columns that some page showed ≥ {least}", len(shown), len(shown) >= least)
    run.expect_none("5xx 0", len(failed), note=failed[0] if failed else "")


def _share(run: Run, dice: random.Random, paths: list[str]) -> list[str]:
    """Scaled down the pages with most text on them, and some of the others."""
    if run.is_full:
        return paths
    full, others = ([path for path in paths if bool(_FULL.match(path)) == is_full] for is_full in (True, False))
    return full + dice.sample(others, min(len(others), max(4, round(len(others) * run.scale))))


def _column(written: list[str], number: int) -> str:
    return written[number // STEP] if 0 <= number // STEP < len(written) else "another text"


def _mails(bench: Bench) -> list[str]:
    """Those that came with such a text in them, as they came."""
    return [html for html in bench.sink.html.values() if _NUMBER.search(html)][-20:]


def _judge_itself(run: Run, real: Any) -> None:
    """A page that does not escape runs every shape in this browser: the run could fail."""
    looking = Looking(real, "http://127.0.0.1", "")
    for number, shape in enumerate(SHAPES[:4]):
        text = shape.replace("{n}", str(number))
        looking.page.set_content(f'<a href="{text}">{text}</a><input value="{text}"><textarea>{text}</textarea>')
        looking.page.wait_for_timeout(200)
        looking.look("itself")
    found = len(set(looking.ran) | {n for n in range(3, 4) if any("javascript:" in one for one in looking.made)})
    run.expect("a page that does not escape is found out, by 4 shapes", found, found == 4)
    looking.context.close()
