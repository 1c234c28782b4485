"""One test's own servers, product, mail server and clients. At full size each test has a bench for itself; scaled down,
those that need nothing special share one, since starting it takes longer than they do."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from tests.faults.client import Client, address
from tests.faults.customers import Browser
from tests.faults.prepared import Prepared
from tests.faults.product import Product
from tests.faults.running import Run
from tests.faults.servers import Postgres, Redis, free_port
from tests.faults.sink import Ledger, listen

PATIENT = 20.0  # seconds
SEARCHING = 0.05  # seconds between two looks at a ledger
PARTS = ("web", "worker", "beat")

_prepared: list[Prepared] = []
_standing: dict[bool, "Bench"] = {}
_open: list["Bench"] = []  # every one whose servers run, shared or not


class Bench:
    """`smtp_timeout` in seconds decides the lease. `through` may put something between product and PostgreSQL: it gets
    the real port and gives the one to use. `deadline`: the product's own for an answer in seconds; 0 is its default."""

    def __init__(
        self,
        seed: int,
        *,
        smtp_timeout: int,
        is_embedded: bool = False,
        through: Callable[[int], int] | None = None,
        deadline: float = 0.0,
    ) -> None:
        if not _prepared:
            _prepared.append(Prepared())
        self.is_embedded = is_embedded
        self.lease = 6.0 * smtp_timeout
        self._next_number = 0
        self.sink = Ledger(dice=random.Random(seed))
        self.smtp_port = free_port()
        self.smtp = listen(self.sink, self.smtp_port)
        folder, self._database, self.world = _prepared[0].copy(is_embedded=is_embedded)
        urls = ("", "")
        if not is_embedded:
            self.redis = Redis()
            port = through(self.postgres.port) if through else 0
            urls = (self.postgres.url(self._database, port=port), self.redis.url)
        extra = {"EMAIL_TIMEOUT": str(smtp_timeout)}
        if deadline:
            extra["DATABASE_DEADLINE_SECONDS"] = str(deadline)
        self.product = Product(folder, *urls, self.smtp_port, extra=extra)
        self._sqlite = folder / "var" / "nines.sqlite3"
        _open.append(self)
        self.product.start(*PARTS)

    @property
    def postgres(self) -> Postgres:
        return _prepared[0].postgres

    # ---- its life ------------------------------------------------------------------------------------------------
    def mend(self) -> None:
        """All parts run again and nothing misbehaves, whatever the test before did."""
        self.sink.share_refused = 0.0
        for name in PARTS:
            if not self.product.is_running(name):
                self.product.start(name)

    def close(self) -> None:
        if self not in _open:
            return
        _open.remove(self)
        if not self.is_embedded:
            self.postgres.thaw()
        self.product.close()
        if not self.is_embedded:
            self.redis.close()
        self.smtp.stop()

    # ---- who talks to it -----------------------------------------------------------------------------------------
    def client(self, **options: Any) -> Client:
        return Client(self.product.web_port, self.world["key"], **options)

    def browser(self, **options: Any) -> Browser:
        return Browser(self.product.web_port, **options)

    def take(self, count: int) -> range:
        """So many numbers for tickets and customers that no other test of this bench uses."""
        first, self._next_number = self._next_number, self._next_number + count
        return range(first, self._next_number)

    # ---- what is there -------------------------------------------------------------------------------------------
    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Read straight from the database, past the product."""
        if self.is_embedded:
            with closing(sqlite3.connect(self._sqlite, timeout=20)) as wire:
                return wire.execute(sql).fetchall()
        with psycopg.connect(self.postgres.url(self._database)) as session:
            return session.execute(sql.encode()).fetchall()

    def missing(self, expected: dict[str, int]) -> int:
        """Mails that must be there by the client's ledger and are not, by the mail server's."""
        return sum(max(0, n - self.sink.distinct(to)) for to, n in expected.items())

    def wait_for(self, expected: dict[str, int], *, seconds: float) -> None:
        """Until all of them came, or `seconds` are over."""
        until = time.monotonic() + seconds
        while self.missing(expected) and time.monotonic() < until:
            time.sleep(SEARCHING)

    def links(self, numbers: Sequence[int], *, seconds: float) -> list[str]:
        """The survey pages of tickets that were resolved, out of the mails that came."""
        self.wait_for({address(n): 1 for n in numbers}, seconds=seconds)
        return [self.sink.mails[address(n)][0].link for n in numbers]


@contextmanager
def bench_for(
    run: Run,
    *,
    is_embedded: bool = False,
    through: Callable[[int], int] | None = None,
    is_deadline_tested: bool = False,
) -> Iterator[Bench]:
    """The bench of one test; see above for when it is shared."""
    run.stage("starting servers")
    is_shared = not run.is_full and through is None and not is_deadline_tested
    bench = _standing.get(is_embedded) if is_shared else None
    if bench is None:
        # At full size the product's own timeouts; small, a killed sender's lease shall not be most of the time.
        # Beside other runs on a busy machine three seconds pass without any fault; who tests them has them.
        bench = Bench(
            run.seed,
            smtp_timeout=10 if run.is_full else 2,
            is_embedded=is_embedded,
            through=through,
            deadline=0.0 if run.is_full or is_deadline_tested else PATIENT,
        )
    if is_shared:
        _standing[is_embedded] = bench
        bench.mend()
    try:
        yield bench
    finally:
        if not is_embedded:
            bench.postgres.thaw()
        if not is_shared:
            bench.close()


def at_rest() -> Product:
    """A product on a database of its own of which no part runs: for what is asked inside its own environment, as in the
    suite, under savepoints that are taken back."""
    if not _prepared:
        _prepared.append(Prepared())
    folder, database, _ = _prepared[0].copy(is_embedded=False)
    extra = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    return Product(folder, _prepared[0].postgres.url(database), "", smtp_port=1, extra=extra)


def close_all() -> None:
    """At the end of all tests, or in the middle of one."""
    for bench in list(_open):
        bench.close()
    _standing.clear()
    for prepared in _prepared:
        prepared.close()
    _prepared.clear()
