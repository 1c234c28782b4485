"""C1 to C5: many at once on one thing, on PostgreSQL and on the embedded default. One wins, nothing is doubled."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.bench import Bench, bench_for
from tests.faults.client import address, at_once
from tests.faults.ledgers import judge_decisions, judge_no_failure, stored
from tests.faults.registry import proof
from tests.faults.running import Run
from tests.faults.work import Tickets


def storm(acts: list[Callable[[], Any]]) -> list[Any]:
    """All acts at once: each in a thread of its own, let go together."""
    together = threading.Barrier(len(acts))

    def go(act: Callable[[], Any]) -> Any:
        together.wait(timeout=60)
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


def on_both(race: Callable[[Run, Bench], None]) -> Callable[[Run], None]:
    """The same race on PostgreSQL with Redis and on the embedded default."""

    def races(run: Run) -> None:
        for is_embedded in (False, True):
            run.about = "SQLite" if is_embedded else "PostgreSQL"
            with bench_for(run, is_embedded=is_embedded) as bench:
                race(run, bench)

    races.__doc__ = race.__doc__
    return races


def asked(run: Run, bench: Bench, count: int) -> tuple[range, list[str], Tickets]:
    """So many fresh tickets, resolved, and the survey pages their mails led to."""
    numbers = bench.take(count)
    tickets = Tickets(run, bench, bench.client())
    run.stage("tickets", count)
    tickets.resolve(numbers)
    return numbers, bench.links(numbers, seconds=60 + count / 10), tickets


def follow_ups(bench: Bench, numbers: range) -> tuple[int, int]:
    """How many answers lack the follow-up they need, or have one too many."""
    rows = [row for ones in stored(bench, numbers).values() for row in ones]
    missing = sum(row.score <= 8 and not row.follow_ups for row in rows)
    return missing, sum(row.follow_ups > 1 for row in rows)


@proof("C1")
@on_both
def c1(run: Run, bench: Bench) -> None:
    """100 posts at once on one link, 100 links."""
    posts = 100 if run.is_full else 25
    browser = bench.browser(timeout=60)
    numbers, links, _ = asked(run, bench, run.size(100, least=3))
    told: dict[int, list[int]] = {}
    run.stage(f"{posts} posts on each of", len(links))
    for number, link in zip(numbers, links, strict=True):
        nonces = at_once(lambda _, link=link: browser.get(link).nonce, range(posts))

        def post(score: int, nonce: str, link: str = link, number: int = number) -> None:
            if browser.post(link, score=str(score), nonce=nonce).status == 303:
                told.setdefault(number, []).append(score)

        storm([lambda n=n, nonce=nonce, post=post: post(n % 11, nonce) for n, nonce in enumerate(nonces)])
        run.step()
    there = stored(bench, numbers)
    right = sum(len(rows) == 1 for rows in there.values())
    run.expect(f"{len(links)} links × {posts} posts: one answer each", right, right == len(links))
    wrong = sum({row.score for row in there[address(n)]} != set(told.get(n, ())) for n in numbers)
    run.expect_none("told “saved” and another score stands 0", wrong)
    missing, doubled = follow_ups(bench, numbers)
    run.expect_none("follow-ups missing or doubled 0", missing + doubled)
    judge_no_failure(run, browser.seen)


@proof("C2")
@on_both
def c2(run: Run, bench: Bench) -> None:
    """resolve, reopen, resolve by 50 threads × 100 tickets: one decision and one invitation a resolution."""
    threads = 50 if run.is_full else 15
    numbers = bench.take(run.size(100, least=4))
    client = bench.client(timeout=60)
    run.stage(f"{threads} at once on each of", len(numbers))
    expected: dict[str, int] = {}
    for number in numbers:
        ticket = client.open_ticket(number, bench.world["team"], bench.world["agents"][0])

        def act(verb: str, ticket: int = ticket) -> bool:
            body = {"reason": "Again."} if verb == "reopen" else {}
            status, _ = client.ask("POST", f"/api/v1/tickets/{ticket}/{verb}/", body)
            return verb == "resolve" and status == 201

        verbs = [("resolve", "reopen", "resolve")[n % 3] for n in range(threads)]
        expected[address(number)] = sum(storm([lambda verb=verb, act=act: act(verb) for verb in verbs]))
        run.step()
    judge_decisions(run, bench, expected)
    judge_no_failure(run, client.seen)


@proof("C3")
@on_both
def c3(run: Run, bench: Bench) -> None:
    """100 agents claim one follow-up, 100 times: 100 winners, the rest are told 409."""
    claims = 100 if run.is_full else 25
    numbers, links, _ = asked(run, bench, run.size(100, least=3))
    for name in ("worker", "beat"):
        bench.product.kill(name)  # nobody assigns but the claims
    client, browser = bench.client(timeout=60), bench.browser(timeout=60)
    at_once(lambda link: browser.answer(link, 5), links)
    wanted = ", ".join(f"'{address(number)}'" for number in numbers)
    rows = bench.rows(
        "SELECT follow_up.id FROM followups_followup follow_up JOIN nps_customer customer"
        f" ON customer.id = follow_up.customer_id WHERE follow_up.status = 'open' AND customer.email IN ({wanted})"
    )
    statuses: Counter[int] = Counter()
    holders = 0
    run.stage(f"{claims} claims on each of", len(rows))
    for (follow_up,) in rows:
        path = f"/api/v1/follow-ups/{follow_up}/"

        def claim(agent: int, path: str = path) -> tuple[int, int]:
            return client.once("POST", f"{path}claim/", {"agent": agent})[0], agent

        told = storm([lambda agent=agent, claim=claim: claim(agent) for agent in bench.world["reserve"][:claims]])
        statuses.update(status for status, _ in told)
        winners = [agent for status, agent in told if status == 200]
        holders += winners == [client.must("GET", path)["assignee"]]
        run.step()
    won, lost = len(numbers), len(numbers) * (claims - 1)
    figure = f"{won} winners, {lost:,} × 409"
    seen = ", ".join(f"{count:,} × {status}" for status, count in sorted(statuses.items()))
    run.expect(figure, seen, statuses == {200: won, 409: lost})
    run.expect("the winner has it", f"{holders} of {won}", holders == won)


@proof("C4")
@on_both
def c4(run: Run, bench: Bench) -> None:
    """9→3→9 and 3→9→3 in storms, and changes in no order: one follow-up each, every step in the history."""
    browser = bench.browser(timeout=60)
    numbers, links, _ = asked(run, bench, run.size(100, least=4))
    loose, loose_links, _ = asked(run, bench, run.size(20, least=1))
    run.stage("scores change", len(links) + len(loose))

    def change_all(link: str, scores: tuple[int, ...], *, pages: int) -> None:
        """Every page was opened before any is sent; page n sends the n-th of `scores`, round and round."""
        nonces = [browser.get(f"{link}?change=1").nonce for _ in range(pages)]

        def send(n: int) -> None:
            browser.post(link, score=str(scores[n % len(scores)]), nonce=nonces[n], change="1")

        storm([lambda n=n: send(n) for n in range(pages)])

    def to_and_fro(pair: tuple[int, str]) -> None:
        number, link = pair
        first, *others = (9, 3, 9) if number % 2 else (3, 9, 3)
        browser.answer(link, first)
        for score in others:
            change_all(link, (score,), pages=6)
        run.step()

    at_once(to_and_fro, list(zip(numbers, links, strict=True)), threads=4)
    for link in loose_links:
        browser.answer(link, 9)
        change_all(link, tuple(random.Random(run.seed).sample(range(9), 9)), pages=18)
        run.step()
    _judge_changes(run, bench, numbers, loose)
    judge_no_failure(run, browser.seen)


REVISIONS = """
SELECT customer.email, answer.score, revision.old_score, revision.new_score
  FROM nps_responserevision revision
  JOIN nps_response answer ON answer.id = revision.response_id
  JOIN nps_customer customer ON customer.id = answer.customer_id
 ORDER BY revision.id
"""
HISTORY = """
SELECT customer.email, follow_up.score, entry.verb, entry.sentence
  FROM followups_historyentry entry
  JOIN followups_followup follow_up ON follow_up.id = entry.follow_up_id
  JOIN nps_customer customer ON customer.id = follow_up.customer_id
 ORDER BY entry.id
"""


def _judge_changes(run: Run, bench: Bench, numbers: range, loose: range) -> None:
    there = stored(bench, [*numbers, *loose])
    ones = sum(len(rows) == 1 and rows[0].follow_ups == 1 for rows in there.values())
    every = len(numbers) + len(loose)
    run.expect(f"{every} answers, one follow-up each", ones, ones == every)
    steps: dict[str, list[tuple[int, int]]] = {}
    last: dict[str, int] = {}
    for email, score, old, new in bench.rows(REVISIONS):
        steps.setdefault(email, []).append((old, new))
        last[email] = score
    said: dict[str, list[str]] = {}
    for email, score, verb, sentence in bench.rows(HISTORY):
        if verb in ("open", "score_changed"):
            said.setdefault(email, []).append(sentence)
        last_known = last.get(email)
        if last_known is not None and last_known != score:
            said.setdefault(email, []).append(f"stands at {score}, the answer at {last_known}")
    complete = 0
    for number in (*numbers, *loose):
        first = 3 if number in numbers and not number % 2 else 9
        complete += _is_complete(first, steps.get(address(number), []), said.get(address(number), []))
    fixed = sum(len(steps.get(address(number), [])) == 2 for number in numbers)
    run.expect(f"two changes each of {len(numbers)}", fixed, fixed == len(numbers))
    run.expect(f"{every} histories complete", complete, complete == every)


def _is_complete(first: int, steps: list[tuple[int, int]], said: list[str]) -> bool:
    """Each change begins where the one before ended, and the follow-up's history says each since it was opened."""
    at, expected = first, [f"Opened from a score of {first}."] if first <= 8 else []
    for old, new in steps:
        if old != at:
            return False
        if expected:
            expected.append(f"The customer changed the score from {old} to {new}.")
        elif new <= 8:
            expected.append(f"Opened from a score of {new}.")
        at = new
    return len(said) == len(expected) and all(s.startswith(e) for s, e in zip(said, expected, strict=True))


@proof("C5")
def c5(run: Run) -> None:
    """The same answer by the page and by REST, as phone and as program, at once: one answer."""
    with bench_for(run) as bench:
        browser, client = bench.browser(timeout=60), bench.client(timeout=60)
        numbers, links, tickets = asked(run, bench, run.size(500, least=12))
        nonces = at_once(lambda link: browser.get(link).nonce, links)
        accepted: Counter[int] = Counter()

        def by_page(number: int, link: str, nonce: str) -> None:
            status = browser.post(link, score="6", nonce=nonce).status
            accepted[number] += status == 303

        def by_rest(number: int, origin: str, key: str, value: int) -> None:
            body = {key: value, "score": 6, "origin": origin}
            status, _ = client.once("POST", "/api/v1/responses/", body)
            accepted[number] += status == 201

        resolutions = {row["ticket"]: row["id"] for row in everything(client, "/api/v1/resolutions/")}
        run.stage("the same answer by every door", len(links))
        for number, link, nonce in zip(numbers, links, nonces, strict=True):
            ticket = tickets.ids[number]
            storm(
                [
                    lambda n=number, link=link, nonce=nonce: by_page(n, link, nonce),
                    lambda n=number, link=link, nonce=nonce: by_page(n, link, nonce),
                    lambda n=number, ticket=ticket: by_rest(n, "phone", "ticket", ticket),
                    lambda n=number, ticket=ticket: by_rest(n, "api", "resolution", resolutions[ticket]),
                ]
            )
            run.step()
        there = stored(bench, numbers)
        right = sum(len(rows) == 1 and rows[0].score == 6 for rows in there.values())
        run.expect(f"{len(numbers)} answers", right, right == len(numbers) == len(there))
        run.expect_none("told “saved” by none 0", sum(not accepted[number] for number in numbers))
        missing, doubled = follow_ups(bench, numbers)
        run.expect_none("follow-ups missing or doubled 0", missing + doubled)
        judge_no_failure(run, [*browser.seen, *client.seen])


def everything(client: Any, path: str) -> list[dict[str, Any]]:
    """All rows of a REST list, page by page."""
    rows: list[dict[str, Any]] = []
    url = path + ("&" if "?" in path else "?") + "page_size=200"
    while url:
        page = client.must("GET", url)
        rows += page["results"]
        following = page.get("next") or ""
        url = following[following.index("/api/") :] if following else ""
    return rows
