"""The work during which faults strike: tickets that are resolved, and customers and programs that answer."""

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence

from tests.faults.bench import Bench
from tests.faults.client import Client, address, at_once
from tests.faults.customers import Browser
from tests.faults.ledgers import Given
from tests.faults.running import Run

HURRY = {True: 1.0, False: 20.0}  # how many times sooner a page tries again, at full size and scaled down
COMMENTED = 0.25  # share of the answers that come with a reason


class Tickets:
    """Opens and resolves tickets. `expected` is the ledger: mails that must arrive, by address."""

    def __init__(self, run: Run, bench: Bench, client: Client) -> None:
        self._run, self._bench, self._client = run, bench, client
        self.expected: dict[str, int] = {}
        self.ids: dict[int, int] = {}
        self.last_at = time.monotonic()

    def resolve_one(self, number: int) -> int:
        agents = self._bench.world["agents"]
        ticket = self._client.open_ticket(number, self._bench.world["team"], agents[number % len(agents)])
        self._client.resolve(ticket)
        self.ids[number] = ticket
        self._resolved(number)
        return ticket

    def resolve(self, numbers: Iterable[int], *, threads: int = 8) -> None:
        at_once(self.resolve_one, numbers, threads=threads)

    def repeat(self, numbers: Sequence[int], *, times: int) -> None:
        """Reopen and resolve again, so often, each time after the mail came: what is reopened before is not asked."""

        def again(number: int) -> None:
            for nth in range(2, times + 2):
                self._bench.wait_for({address(number): nth - 1}, seconds=10 * self._bench.lease)
                self._client.reopen(self.ids[number])
                self._client.resolve(self.ids[number], nth)
                self._resolved(number)

        at_once(again, numbers, threads=32)

    def _resolved(self, number: int) -> None:
        self.expected[address(number)] = self.expected.get(address(number), 0) + 1
        self.last_at = time.monotonic()
        self._run.step()


class Answers:
    """Answers by the customer's page and by REST. `given` is the ledger."""

    def __init__(self, run: Run, bench: Bench, client: Client, browser: Browser) -> None:
        self._run, self._bench, self._client, self._browser = run, bench, client, browser
        self._dice = random.Random(run.seed)
        self._lock = threading.Lock()
        self.given: list[Given] = []

    def _begin(self, number: int, door: str) -> Given:
        with self._lock:
            score = self._dice.randrange(11)
            comment = f"Reason of customer {number}." if self._dice.random() < COMMENTED else ""
            one = Given(number, door, score, comment)
            self.given.append(one)
        return one

    def by_page(self, number: int, link: str) -> None:
        """As a customer: the score first, then, some of them, why."""
        one = self._begin(number, "page")
        one.is_acknowledged = self._browser.answer(link, one.score)
        if one.comment and one.is_acknowledged:
            one.is_comment_acknowledged = self._browser.give_reason(link, one.comment)
        self._run.step()

    def by_program(self, number: int, ticket: int) -> None:
        """As a telephone system or another program."""
        one = self._begin(number, "REST")
        origin = "phone" if number % 4 < 2 else "api"
        body = {"ticket": ticket, "score": one.score, "comment": one.comment, "origin": origin}
        one.is_acknowledged = self._client.respond(body)
        one.is_comment_acknowledged = bool(one.comment) and one.is_acknowledged
        self._run.step()

    def by_both(self, numbers: Sequence[int], links: Sequence[str], ids: dict[int, int], *, threads: int = 8) -> None:
        """Even numbers by page, odd ones by REST."""

        def give(pair: tuple[int, str]) -> None:
            number, link = pair
            if number % 2:
                self.by_program(number, ids[number])
            else:
                self.by_page(number, link)

        at_once(give, list(zip(numbers, links, strict=True)), threads=threads)


def as_mails_come(
    bench: Bench, numbers: Iterable[int], act: Callable[[int, str], None], *, is_over: Callable[[], bool]
) -> None:
    """`act(number, link)` by this thread for each of `numbers` once its mail came, until all were or `is_over`."""
    waiting = list(numbers)
    while waiting:
        came = [number for number in waiting if address(number) in bench.sink.mails]
        for number in came:
            act(number, bench.sink.mails[address(number)][0].link)
        if came:
            waiting = [number for number in waiting if number not in set(came)]
        elif is_over():
            return
        else:
            time.sleep(0.05)


def workers_killed(bench: Bench, number: int) -> Callable[[], None]:
    """A fault: the worker and its children end by signal `number`, and a new one starts."""

    def strike() -> None:
        bench.product.kill("worker", number)
        bench.product.start("worker")

    return strike


def database_crashed(bench: Bench) -> Callable[[], None]:
    """A fault: PostgreSQL is killed in mid-flight, and recovers."""

    def strike() -> None:
        bench.postgres.crash()
        time.sleep(0.5)
        bench.postgres.start()

    return strike
