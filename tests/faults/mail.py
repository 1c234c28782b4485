"""F1, F2, F3, F8: no resolution is forgotten, no mail is doubled, no answer is lost, whatever dies."""

import signal
import threading
import time

from tests.faults.bench import Bench, bench_for
from tests.faults.client import address
from tests.faults.ledgers import judge_answers, judge_decisions, judge_mails, judge_requests
from tests.faults.registry import proof
from tests.faults.running import Run
from tests.faults.sink import listen
from tests.faults.trouble import Trouble
from tests.faults.work import HURRY, Answers, Tickets, as_mails_come, database_crashed, workers_killed

DRAINED_WITHIN = 60.0  # seconds after the last fault, and a lease


@proof("F1")
def f1(run: Run) -> None:
    """Resolutions under killed workers, emptied brokers, crashed databases and a mail server that says 4xx."""
    with bench_for(run) as bench:
        _under_fire(run, bench, signal.SIGKILL, kills=20 if run.is_full else 3)


@proof("F2")
def f2(run: Run) -> None:
    """As F1 with SIGTERM: whoever is asked to stop finishes the mail in hand."""
    with bench_for(run) as bench:
        _under_fire(run, bench, signal.SIGTERM, kills=10 if run.is_full else 2)


@proof("F3")
def f3(run: Run) -> None:
    """As F1, and meanwhile answers by every door."""
    with bench_for(run) as bench:
        browser = bench.browser(hurry=HURRY[run.is_full])
        answers = Answers(run, bench, bench.client(), browser)
        _under_fire(run, bench, signal.SIGKILL, kills=20 if run.is_full else 2, answers=answers)
        judge_answers(run, bench, answers.given)
        judge_requests(run, browser.seen, figure="pages: 5xx but a 503 that keeps what was typed, or no answer: 0")


def _under_fire(run: Run, bench: Bench, number: int, *, kills: int, answers: Answers | None = None) -> None:
    """Resolve tickets, a tenth of them three times, while workers end by signal `number`. With `answers`: as many by
    page and by REST beside them."""
    each = run.size(10_000, least=60)
    repeated = bench.take(each // 10)
    by_page, by_program = (bench.take(each), bench.take(each)) if answers else (bench.take(each - len(repeated)), ())
    mails = len(repeated) * 3 + len(by_page) + len(by_program)
    arrived_before = len(bench.sink.mails)
    cut_before, bench.sink.share_refused = bench.sink.cut_sessions, 0.01

    def progress() -> float:
        if answers:
            return len(answers.given) / (len(by_page) + len(by_program))
        return (len(bench.sink.mails) - arrived_before) / each

    faults = [workers_killed(bench, number)] * kills
    faults += [bench.redis.flushall] * (5 if run.is_full else 1) + [database_crashed(bench)] * (3 if run.is_full else 1)
    client = bench.client()
    tickets = Tickets(run, bench, client)
    run.stage("under fire", mails + (len(by_page) + len(by_program) if answers else 0))
    with Trouble(faults, seed=run.seed, progress=progress) as trouble:
        resolving = _Resolving(tickets, repeated, [*by_page, *by_program])
        resolving.start()
        if answers:
            _answer_meanwhile(bench, answers, tickets, by_page, by_program, resolving)
        resolving.end()
    run.stage("draining")
    wanted = {address(number) for number in (*repeated, *by_page)}  # whoever answers by REST first gets no mail
    mailed = {to: count for to, count in tickets.expected.items() if to in wanted}
    last = max(trouble.last_at, tickets.last_at)
    bench.wait_for(mailed, seconds=DRAINED_WITHIN + bench.lease + 30)
    drained = max((m.at for to in mailed for m in bench.sink.mails.get(to, ())), default=last) - last
    if number == signal.SIGKILL:  # a copy would come when the last lease ran out
        time.sleep(max(0.0, trouble.last_at + bench.lease + 6 - time.monotonic()))
    killed = bench.sink.cut_sessions - cut_before
    judge_mails(run, bench, mailed, most_doubled=killed if number == signal.SIGKILL else 0)
    judge_decisions(run, bench, tickets.expected)
    limit = DRAINED_WITHIN + bench.lease
    run.expect(f"drained ≤ {limit:.0f} s after the last fault", f"{max(0.0, drained):.0f} s", drained <= limit)
    struck = f"{trouble.made} of {len(faults)}"
    run.expect("faults that struck", f"{struck}, {killed} senders in a session", trouble.made == len(faults))
    judge_requests(run, client.seen, figure="REST: 5xx but an announced 503, or no answer: 0")


class _Resolving(threading.Thread):
    """Resolves in the background; `end` waits for it and raises what it raised."""

    def __init__(self, tickets: Tickets, repeated: range, once: list[int]) -> None:
        super().__init__(daemon=True)
        self._tickets, self._repeated, self._once = tickets, repeated, once
        self._error: BaseException | None = None

    def run(self) -> None:
        try:
            self._tickets.resolve([*self._repeated, *self._once])
            self._tickets.repeat(self._repeated, times=2)
        except BaseException as error:  # noqa: BLE001 - raised by end()
            self._error = error

    def end(self) -> None:
        self.join()
        if self._error:
            raise self._error


def _answer_meanwhile(
    bench: Bench, answers: Answers, tickets: Tickets, by_page: range, by_program: range, resolving: threading.Thread
) -> None:
    """Customers answer as their mails come, programs as soon as the ticket is resolved; eight threads each way."""
    is_late: list[float] = []

    def is_over() -> bool:
        if resolving.is_alive():
            return False
        is_late.append(time.monotonic())
        return time.monotonic() - is_late[0] > DRAINED_WITHIN + bench.lease + 30

    def programs(some: range) -> None:
        for number in some:
            while number not in tickets.ids and resolving.is_alive():
                time.sleep(0.05)
            if number in tickets.ids:
                answers.by_program(number, tickets.ids[number])

    def customers(some: range) -> None:
        as_mails_come(bench, some, answers.by_page, is_over=is_over)

    people = [threading.Thread(target=customers, args=(by_page[n::8],)) for n in range(8)]
    people += [threading.Thread(target=programs, args=(by_program[n::4],)) for n in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()


@proof("F8")
def f8(run: Run) -> None:
    """The mail server is away, drops connections before its 250, and knows some people no longer."""
    with bench_for(run) as bench:
        _refused(run, bench)
        dropped = _drop(run, bench)
        _gone(run, bench)
        _judge_dropped(run, bench, dropped)  # by now a third send would have come


def _refused(run: Run, bench: Bench) -> None:
    away = 600.0 if run.is_full else 4.0
    numbers = bench.take(run.size(100, least=5))
    tickets = Tickets(run, bench, bench.client())
    run.stage(f"mail server refuses for {away:.0f} s")
    bench.smtp.stop()
    tickets.resolve(numbers)
    time.sleep(away)
    bench.smtp = listen(bench.sink, bench.smtp_port)
    # The longest pause is as long as what came before it, ± 20 %.
    bench.wait_for(tickets.expected, seconds=away * 1.5 + 60)
    run.expect_none(f"refused {away:.0f} s: lost 0 of {len(numbers)}", bench.missing(tickets.expected))
    copies = sum(len(bench.sink.mails.get(to, ())) for to in tickets.expected) - len(numbers)
    run.expect_none(f"refused {away:.0f} s: doubled 0", copies)


def _drop(run: Run, bench: Bench) -> dict[str, int]:
    """The mails that must arrive although each one's first connection is cut before the 250."""
    numbers = bench.take(run.size(100, least=5))
    tickets = Tickets(run, bench, bench.client())
    run.stage("connections drop before the 250")
    bench.sink.drop_first |= {address(n) for n in numbers}
    tickets.resolve(numbers)
    bench.wait_for(tickets.expected, seconds=120)
    return tickets.expected


def _judge_dropped(run: Run, bench: Bench, expected: dict[str, int]) -> None:
    sink, count = bench.sink, len(expected)
    run.expect_none(f"dropped before the 250, {count} ×: lost 0", bench.missing(expected))
    right = sum([m.message_id for m in sink.mails.get(to, ())] == [sink.dropped.get(to)] for to in expected)
    run.expect("one resend each, same Message-ID", f"{right} of {count}", right == count)


def _gone(run: Run, bench: Bench) -> None:
    numbers = bench.take(run.size(100, least=5))
    tickets = Tickets(run, bench, bench.client())
    run.stage("the mail server knows them no longer")
    gone = {address(n) for n in numbers}
    bench.sink.gone |= gone
    tickets.resolve(numbers)
    until = time.monotonic() + 60
    while len(gone & set(bench.sink.tries)) < len(gone) and time.monotonic() < until:
        time.sleep(0.2)
    time.sleep(60 if run.is_full else 12)  # the first retry of what may be retried comes after 8 to 12 s
    tries = sum(bench.sink.tries[to] for to in gone)
    run.expect(f"5xx, {len(gone)} ×: no retry", f"{tries} tries", tries == len(gone))
    sql = "SELECT recipient FROM nps_delivery WHERE status = 'bounced'"
    bounced = len(gone & {to for (to,) in bench.rows(sql)})
    run.expect(f"5xx, {len(gone)} ×: bounced", bounced, bounced == len(gone))
