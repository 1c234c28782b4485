"""F4, F5: no broker, a frozen broker, no beat, two beats. Nobody notices but the clock."""

import signal
import threading
import time
from collections.abc import Callable

from tests.faults.bench import Bench, bench_for
from tests.faults.client import address
from tests.faults.ledgers import judge_answers, judge_decisions, judge_mails, judge_no_failure, judge_requests
from tests.faults.registry import proof
from tests.faults.running import Run
from tests.faults.work import HURRY, Answers, Tickets

LONGEST_REQUEST = 3.0  # seconds
STAFF_PAGES = ("/dashboard/", "/follow-ups/", "/tickets/", "/login/", "/admin/")


class Day:
    """An ordinary day: tickets are resolved, customers and programs answer, a manager looks at the pages."""

    def __init__(self, run: Run, bench: Bench) -> None:
        self._run, self._bench = run, bench
        self.client = bench.client()
        self.browser = bench.browser(hurry=HURRY[run.is_full])
        self.manager = bench.browser(cookie=f"sessionid={bench.world['session']}")
        self.tickets = Tickets(run, bench, self.client)
        self.answers = Answers(run, bench, self.client, self.browser)

    def go_on(self, old: range, links: list[str], new: range, *, least: float = 0.0) -> None:
        """Answer for the `old` tickets and resolve `new` ones, for `least` seconds at least, while a manager reads."""
        ends = time.monotonic() + least
        is_over = threading.Event()
        manager = threading.Thread(target=self._look_around, args=(is_over,))
        manager.start()
        try:
            pace = least / len(new)
            threads = [threading.Thread(target=self._resolve, args=(new[n::4], pace * 4, ends)) for n in range(4)]
            for thread in threads:
                thread.start()
            self.answers.by_both(old, links, self.tickets.ids, threads=4)
            for thread in threads:
                thread.join()
        finally:
            is_over.set()
            manager.join()

    def _resolve(self, numbers: range, pace: float, ends: float) -> None:
        for number in numbers:
            began = time.monotonic()
            self.tickets.resolve_one(number)
            if time.monotonic() < ends:
                time.sleep(max(0.0, pace - (time.monotonic() - began)))

    def _look_around(self, is_over: threading.Event) -> None:
        while not is_over.wait(0.5):
            for page in STAFF_PAGES:
                self.manager.get(page)

    @property
    def seen(self) -> list:
        return [*self.client.seen, *self.browser.seen, *self.manager.seen]


@proof("F4")
def f4(run: Run) -> None:
    """Redis absent for the whole run, then frozen under load."""
    with bench_for(run) as bench:
        run.stage("Redis absent")
        bench.redis.close()
        # What docs/production.md says for a house without a broker.
        bench.product.start("sweep")
        try:
            _load_and_judge(run, bench, "Redis absent", least=0.0)
        finally:
            bench.product.kill("sweep", signal.SIGTERM)
            bench.redis.start()
        frozen = 60.0 if run.is_full else 6.0
        for part in ("worker", "beat"):  # as after a pause of their own; they would come back by themselves, later
            bench.product.kill(part)
            bench.product.start(part)

        def begin() -> Callable[[], None]:
            bench.redis.freeze()
            thaw = threading.Timer(frozen, bench.redis.thaw)
            thaw.start()
            return thaw.join

        _load_and_judge(run, bench, f"Redis frozen {frozen:.0f} s", least=frozen, begin=begin)


def _load_and_judge(
    run: Run, bench: Bench, what: str, *, least: float, begin: Callable[[], Callable[[], None]] | None = None
) -> None:
    run.about = what
    day = Day(run, bench)
    count = run.size(2_000, least=24)
    old, new = bench.take(count), bench.take(count)
    day.tickets.resolve(old)
    links = bench.links(old, seconds=120)
    day.client.seen.clear()
    run.stage("an ordinary day", 2 * count)
    end = begin() if begin else None
    day.go_on(old, links, new, least=least)
    seen = list(day.seen)
    if end:
        end()
    bench.wait_for(day.tickets.expected, seconds=60 + bench.lease)
    run.expect_none(f"mails missing 0 of {len(day.tickets.expected):,}", bench.missing(day.tickets.expected))
    slowest = max(seen, key=lambda one: one.seconds)
    note = run.load_note(slowest.seconds, LONGEST_REQUEST)
    figure = f"no request of {len(seen):,} > {LONGEST_REQUEST:g} s"
    run.expect(figure, f"{slowest}{note}", slowest.seconds <= run.within(LONGEST_REQUEST))
    judge_no_failure(run, seen)
    judge_answers(run, bench, day.answers.given, away=least)


@proof("F5")
def f5(run: Run) -> None:
    """Beat dead while hints are lost, then two beats at once."""
    dead = 600.0 if run.is_full else 4.0
    with bench_for(run) as bench:
        day = Day(run, bench)
        count = run.size(1_000, least=24)
        early, middle, late, last = (bench.take(count) for _ in range(4))
        day.tickets.resolve(early)
        links = bench.links(early, seconds=120)
        bench.product.kill("beat")
        run.stage(f"beat dead for {dead:.0f} s", 2 * count)
        day.go_on(early, links, middle, least=dead * 0.7)
        links = bench.links(middle, seconds=120)
        run.stage("hints are lost, too", 2 * count)
        _lose_hints(bench, lambda: day.go_on(middle, links, late))
        time.sleep(dead * 0.3)
        waiting = bench.missing({address(number): 1 for number in late})
        run.expect("mails that waited for a beat", f"{waiting} of {len(late):,}", waiting > 0)
        bench.product.start("beat1", "beat2")
        run.stage("two beats", 2 * count)
        day.go_on(late, bench.links(late, seconds=60 + bench.lease), last, least=20.0 if run.is_full else 4.0)
        bench.wait_for(day.tickets.expected, seconds=60 + bench.lease)
        time.sleep(bench.lease + 6 if run.is_full else 2)  # time for a copy to come
        judge_mails(run, bench, day.tickets.expected, most_doubled=0)
        judge_decisions(run, bench, day.tickets.expected)
        judge_answers(run, bench, day.answers.given, without_clock=middle)
        judge_requests(run, day.seen)
        for name in ("beat1", "beat2"):
            bench.product.kill(name)


def _lose_hints(bench: Bench, act: Callable[[], None]) -> None:
    """`act` while nobody listens to the broker, which is emptied again and again; then a worker is there again."""
    bench.product.kill("worker")
    is_over = threading.Event()

    def flush() -> None:
        while not is_over.wait(0.02):
            bench.redis.flushall()

    flusher = threading.Thread(target=flush, daemon=True)
    flusher.start()
    act()
    time.sleep(0.3)
    is_over.set()
    flusher.join()
    bench.product.start("worker")
    time.sleep(1 if bench.lease < 60 else 10)
