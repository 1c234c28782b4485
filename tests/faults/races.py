"""C1 to C5: many at once on one thing, on PostgreSQL and on the embedded default. One wins, nothing is doubled."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.bench import Bench
from tests.faults.client import at_once
from tests.faults.customers import Browser
from tests.faults.table import Verdicts


def storm(act: Callable[[int], Any], count: int, *, threads: int = 50) -> list[Any]:
    """`act(n)` for every n, by threads that start together."""
    together = threading.Barrier(min(threads, count))

    def go(n: int) -> Any:
        if n < together.parties:
            together.wait(timeout=60)
        return act(n)

    with ThreadPoolExecutor(together.parties) as pool:
        return list(pool.map(go, range(count)))


def everything(bench: Bench, path: str) -> list[dict[str, Any]]:
    """All rows of a REST list, page by page."""
    rows: list[dict[str, Any]] = []
    url = path + ("&" if "?" in path else "?") + "page_size=200"
    while url:
        page = bench.client.must("GET", url)[1]
        rows += page["results"]
        following = page.get("next") or ""
        url = following[following.index("/api/") :] if following else ""
    return rows


def on_both(run: Callable[[Verdicts, Bench, float], None]) -> Callable[..., None]:
    """The same run on PostgreSQL + Redis and on the embedded default."""

    def runs(verdicts: Verdicts, *, scale: float, seed: int) -> None:
        for is_embedded in (False, True):
            with Bench(seed, is_embedded=is_embedded) as bench:
                run(verdicts, bench, scale)

    runs.__doc__ = run.__doc__
    return runs


def where(bench: Bench) -> str:
    return "SQLite" if bench.is_embedded else "PostgreSQL"


def bad(browser: Browser) -> int:
    """Requests without an answer, or with one of 5xx."""
    return sum(status == 0 or status >= 500 for status, _ in browser.seen)


@on_both
def c1(verdicts: Verdicts, bench: Bench, scale: float) -> None:
    """100 posts at once on one link, 100 links."""
    links, posts = max(3, round(100 * scale)), 100 if scale >= 1 else 20
    browser = Browser(bench.product.web_port, timeout=60)
    for path in bench.links(links):
        nonces = [browser.get(path).nonce for _ in range(posts)]

        def post(n: int, path: str = path, nonces: list[str] = nonces) -> int:
            return browser.post(path, score=str(n % 11), nonce=nonces[n]).status

        storm(post, posts)
    answers = everything(bench, "/api/v1/responses/")
    opened = Counter(row["response"] for row in everything(bench, "/api/v1/follow-ups/"))
    low = {answer["id"] for answer in answers if answer["score"] <= 8}
    what = f"{where(bench)}: {links} links × {posts} posts"
    verdicts.expect("C1", f"{what}: {links} answers", len(answers), len(answers) == links)
    one_each = set(opened) == low and set(opened.values()) <= {1}
    verdicts.expect("C1", f"{where(bench)}: one follow-up a low score ({len(low)})", len(opened), one_each)
    verdicts.expect("C1", f"{where(bench)}: 5xx 0", bad(browser), not bad(browser))


@on_both
def c2(verdicts: Verdicts, bench: Bench, scale: float) -> None:
    """resolve, reopen, resolve, 50 threads × 100 tickets: one decision and one invitation a resolution."""
    tickets, threads = max(4, round(100 * scale)), 50 if scale >= 1 else 12
    statuses: Counter[int] = Counter()
    for number in range(tickets):
        pk = bench.client.open_ticket(number, bench.world["team"], bench.world["agents"][0])

        def act(n: int, pk: int = pk) -> int:
            verb = ("resolve", "reopen", "resolve")[n % 3]
            body = {"reason": "Again."} if verb == "reopen" else {}
            return bench.client.ask("POST", f"/api/v1/tickets/{pk}/{verb}/", body)[0]

        statuses.update(storm(act, threads, threads=threads))
    resolutions = everything(bench, "/api/v1/resolutions/")
    invitations = Counter(row["resolution"] for row in everything(bench, "/api/v1/invitations/"))
    most = max(invitations.values())
    undecided = sum(not row["decision"] for row in resolutions)
    failed = len(bench.client.unannounced)
    verdicts.expect("C2", f"{where(bench)}: one invitation each of {len(resolutions)} resolutions", most, most == 1)
    verdicts.expect("C2", f"{where(bench)}: undecided 0, 5xx 0", f"{undecided}, {failed}", not undecided + failed)


@on_both
def c3(verdicts: Verdicts, bench: Bench, scale: float) -> None:
    """100 agents claim one follow-up, 100 times: 100 winners, the rest 409."""
    rounds, claims = max(3, round(100 * scale)), 100 if scale >= 1 else 20
    browser = Browser(bench.product.web_port, timeout=60)
    paths = bench.links(rounds)
    for name in ("worker", "beat"):
        bench.product.kill(name)  # nobody assigns but the claims
    for path in paths:
        browser.answer(path, 5)
    statuses: Counter[int] = Counter()
    for row in everything(bench, "/api/v1/follow-ups/?status=open"):
        able = [agent for agent in bench.world["agents"] if agent != row["rated_agent"]]

        def claim(n: int, pk: int = row["id"], able: list[int] = able) -> int:
            body = {"agent": able[n % len(able)]}
            return bench.client.ask("POST", f"/api/v1/follow-ups/{pk}/claim/", body)[0]

        statuses.update(storm(claim, claims))
    won, lost = statuses[200], statuses[409]
    figure = f"{where(bench)}: {rounds} winners, {rounds * (claims - 1):,} × 409"
    verdicts.expect("C3", figure, f"{won}, {lost:,} × 409", (won, lost) == (rounds, rounds * (claims - 1)))


@on_both
def c4(verdicts: Verdicts, bench: Bench, scale: float) -> None:
    """9→3→9 and 3→9→3 in storms: one follow-up each, every step in the history."""
    links = max(4, round(100 * scale))
    browser = Browser(bench.product.web_port, timeout=60)

    def change(pair: tuple[int, str]) -> None:
        number, path = pair
        scores = (9, 3, 9) if number % 2 else (3, 9, 3)
        browser.answer(path, scores[0])
        for score in scores[1:]:
            nonce = browser.get(f"{path}?change=1").nonce
            storm(lambda _: browser.post(path, score=str(score), nonce=nonce, change="1").status, 4)  # noqa: B023

    at_once(change, list(enumerate(bench.links(links))), threads=8)
    answers = everything(bench, "/api/v1/responses/")
    complete = sum(len(answer["revisions"]) == 2 for answer in answers)
    opened = Counter(row["response"] for row in everything(bench, "/api/v1/follow-ups/"))
    right = len(opened) == links and set(opened.values()) == {1}
    verdicts.expect("C4", f"{where(bench)}: {links} follow-ups, one each", len(opened), right)
    seen, is_met = f"{complete}, {bad(browser)}", complete == links and not bad(browser)
    verdicts.expect("C4", f"{where(bench)}: {links} histories complete, 5xx 0", seen, is_met)


def c5(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """The same answer by the page and by REST, as phone and as program, at once: one answer."""
    tickets = max(10, round(500 * scale))
    with Bench(seed) as bench:
        browser = Browser(bench.product.web_port, timeout=60)
        paths = bench.links(tickets)
        customers = {row["external_id"]: row["id"] for row in everything(bench, "/api/v1/customers/")}
        resolutions = {row["customer"]: row["resolution"] for row in everything(bench, "/api/v1/invitations/")}
        nonces = [browser.get(path).nonce for path in paths]

        def give(n: int) -> int:
            number, door = divmod(n, 3)
            if door == 0:
                return browser.post(paths[number], score="6", nonce=nonces[number]).status
            body = {"resolution": resolutions[customers[f"c{number}"]], "score": 6}
            return bench.client.ask("POST", "/api/v1/responses/", {**body, "origin": ("phone", "api")[door - 1]})[0]

        statuses = Counter(storm(give, tickets * 3, threads=24))
        answers = everything(bench, "/api/v1/responses/")
        opened = Counter(row["response"] for row in everything(bench, "/api/v1/follow-ups/"))
        verdicts.expect("C5", f"{tickets} answers", len(answers), len(answers) == tickets)
        one_each = len(opened) <= tickets and set(opened.values()) <= {1}
        verdicts.expect("C5", f"≤ {tickets} follow-ups, one each", len(opened), one_each)
        strange = sum(n for status, n in statuses.items() if status == 0 or status >= 500)
        verdicts.expect("C5", "5xx 0", strange, not strange)
