"""F6, F7: the database or the web's own workers go away while customers answer. What they were told is kept is kept."""

import os
import random
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.faults.bench import Bench, bench_for
from tests.faults.client import Client, Seen
from tests.faults.customers import Browser
from tests.faults.ledgers import judge_answers, judge_requests
from tests.faults.proxy import CuttingProxy
from tests.faults.registry import proof
from tests.faults.running import Run
from tests.faults.trouble import Trouble
from tests.faults.work import HURRY, Answers, Tickets

PAGES, PROGRAMS = 8, 2  # clients at once


@dataclass
class Crowd:
    """Tickets whose mails have come, and clients who answer them while things break."""

    run: Run
    bench: Bench
    count: int
    numbers: range = field(init=False)
    answers: Answers = field(init=False)

    def __post_init__(self) -> None:
        self.client: Client = self.bench.client()
        self.browser: Browser = self.bench.browser(hurry=HURRY[self.run.is_full])
        self.answers = Answers(self.run, self.bench, self.client, self.browser)
        self.numbers = self.bench.take(self.count)
        tickets = Tickets(self.run, self.bench, self.client)
        self.run.stage("tickets to answer", self.count)
        tickets.resolve(self.numbers)
        self._links = self.bench.links(self.numbers, seconds=120 + self.count / 20)
        self._ids = tickets.ids
        self.client.seen.clear()

    def progress(self) -> float:
        return len(self.answers.given) / self.count

    def answer(self, what: str, faults: Sequence[Callable[[], None]]) -> Trouble:
        self.run.stage(what, self.count)
        with Trouble(list(faults), seed=self.run.seed, progress=self.progress) as trouble:
            self.answers.by_both(self.numbers, self._links, self._ids, threads=PAGES + PROGRAMS)
        return trouble

    @property
    def seen(self) -> list[Seen]:
        return [*self.client.seen, *self.browser.seen]


@proof("F6")
def f6(run: Run) -> None:
    """The database is down, then frozen; then a proxy cuts the wire right after COMMIT."""
    with bench_for(run, is_deadline_tested=True) as bench:
        _down_and_frozen(run, bench)
    run.about = "cut after COMMIT"
    proxies: list[CuttingProxy] = []

    def through(port: int) -> int:
        proxies.append(CuttingProxy(port))
        return proxies[0].port

    with bench_for(run, through=through) as bench:
        _cut_after_commit(run, bench, proxies[0])
    proxies[0].close()


def _down_and_frozen(run: Run, bench: Bench) -> None:
    down, frozen, freezes = (60.0, 10.0, 3) if run.is_full else (4.0, 5.0, 1)
    spans: list[tuple[float, float]] = []

    def go_down() -> None:
        bench.postgres.stop()
        time.sleep(down)
        bench.postgres.start()

    def freeze() -> None:
        began = time.monotonic()
        bench.postgres.freeze()
        time.sleep(frozen)
        bench.postgres.thaw()
        spans.append((began, time.monotonic()))

    crowd = Crowd(run, bench, run.size(4_000, least=80))
    crowd.answer(f"database down {down:.0f} s, frozen {freezes} × {frozen:.0f} s", [go_down] + [freeze] * freezes)

    def is_frozen(one: Seen) -> bool:
        return any(began <= one.at + one.seconds and one.at <= ended for began, ended in spans)

    # 409: the answer of an earlier try, of which its program did not hear, was kept.
    refused = [one for one in crowd.seen if one.status not in (200, 201, 303, 409)]
    _judge_refusals(run, "down", 1.0, [one for one in refused if not is_frozen(one)])
    _judge_refusals(run, "frozen", 4.0, [one for one in refused if is_frozen(one)])
    judge_answers(run, bench, crowd.answers.given, away=down)


def _judge_refusals(run: Run, kind: str, limit: float, refused: list[Seen]) -> None:
    """Each is a 503, in time, that keeps what was typed (REST: that says when to try again)."""
    slowest = max((one.seconds for one in refused), default=0.0)
    others = [one for one in refused if one.status != 503]
    unfit = sum(one.status == 503 and not one.is_fit for one in refused)
    seen = f"{len(refused):,} × 503, slowest {slowest:.2f} s"
    seen += f", {len(others)} other ({others[0]})" if others else ""
    seen += f", {unfit} that kept nothing" if unfit else ""
    seen += run.load_note(slowest, limit)
    is_met = bool(refused) and slowest <= run.within(limit) and not others and not unfit
    run.expect(f"{kind}: every other answer a 503 within {limit:g} s that keeps what was typed", seen, is_met)


def _cut_after_commit(run: Run, bench: Bench, proxy: CuttingProxy) -> None:
    cuts = 20 if run.is_full else 4
    crowd = Crowd(run, bench, run.size(400, least=40))
    proxy.cuts_wanted = cuts
    crowd.answer("the wire is cut after COMMIT", [])
    run.expect(f"{cuts} ×", proxy.cuts_made, proxy.cuts_made == cuts)
    judge_answers(run, bench, crowd.answers.given)
    judge_requests(run, crowd.seen)


@proof("F7")
def f7(run: Run) -> None:
    """Web workers are killed under the posts; gunicorn brings them back, the client tries again."""
    kills = 20 if run.is_full else 3
    with bench_for(run) as bench:
        dice = random.Random(run.seed)
        killed: list[int] = []

        def kill_one() -> None:
            pid = dice.choice(bench.product.children("web"))
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)

        crowd = Crowd(run, bench, run.size(10_000, least=100))
        crowd.answer("web workers are killed", [kill_one] * kills)
        run.expect("web workers killed", f"{len(killed)} of {kills}", len(killed) == kills)
        judge_answers(run, bench, crowd.answers.given)
        # A connection that breaks without an answer is what a killed worker leaves.
        judge_requests(run, [one for one in crowd.seen if one.status], figure="5xx but an announced 503: 0")
