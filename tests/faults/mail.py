"""F1, F2, F4, F5, F8: no resolution is forgotten, no mail is doubled, whatever dies."""

import json
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.client import Client, address, at_once
from tests.faults.product import ROOT, Product
from tests.faults.servers import Postgres, Redis
from tests.faults.table import Verdicts
from tests.smtp_sink import Sink, start

SMTP_TIMEOUT = 2
LEASE_SECONDS = 6 * SMTP_TIMEOUT


@dataclass
class MoodySink(Sink):
    """Refuses a share of all mails for now (4xx), drawn from a seed."""

    share: float = 0.0
    dice: random.Random = field(default_factory=random.Random)
    refused: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.dice.random() < self.share:
            self.refused += 1
            return "451 try again later"
        return await super().handle_DATA(server, session, envelope)


@dataclass
class Bench:
    """One run's servers, product, mail server and client, all its own."""

    seed: int
    share_refused: float = 0.0
    redis_is_up: bool = True
    has_beat: bool = True

    def __enter__(self) -> "Bench":
        self.sink = MoodySink(share=self.share_refused, dice=random.Random(self.seed))
        self.smtp = start(self.sink)
        self.postgres = Postgres()
        self.redis = Redis()
        extra = {"EMAIL_TIMEOUT": str(SMTP_TIMEOUT)}
        self.product = Product(self.postgres.url, self.redis.url, self.sink.port, extra=extra)
        self.product.prepare()
        made = subprocess.run(
            [sys.executable, "-m", "tests.faults.world"],
            cwd=ROOT,
            env=self.product.env,
            capture_output=True,
            text=True,
            check=True,
        )
        self.world = json.loads(made.stdout.splitlines()[-1])
        if not self.redis_is_up:
            self.redis.close()
        self.product.start(*(["web", "worker", "beat"] if self.has_beat else ["web", "worker"]))
        self.client = Client(self.product.web_port, self.world["key"])
        return self

    def __exit__(self, *_: object) -> None:
        self.postgres.thaw()
        self.product.close()
        self.redis.close()
        self.postgres.close()
        self.smtp.stop()

    # ---- the work --------------------------------------------------------------------------------------------
    def resolve_all(self, tickets: int, *, thrice_share: float = 0.1) -> dict[str, int]:
        """Open and resolve `tickets`; a share of them is reopened and resolved twice more, each time after its mail came.
        The mails that must arrive, by address."""
        agents = self.world["agents"]

        def once(number: int) -> int:
            ticket = self.client.open_ticket(number, self.world["team"], agents[number % len(agents)])
            self.client.resolve(ticket, 1)
            return ticket

        made = dict(zip(range(tickets), at_once(once, range(tickets)), strict=True))
        expected = dict.fromkeys(map(address, made), 1)
        again = [n for n in made if n < tickets * thrice_share]
        for nth in (2, 3):
            self._wait_for({address(n): nth - 1 for n in again}, seconds=LEASE_SECONDS * 6)

            def repeat(number: int, nth: int = nth) -> None:
                self.client.reopen(made[number])
                self.client.resolve(made[number], nth)

            at_once(repeat, again)
            expected.update({address(n): nth for n in again})
        return expected

    def arrived(self) -> Counter[str]:
        """Distinct mails by address, by the mail server's own ledger."""
        distinct = {(one.recipient, one.message_id) for one in list(self.sink.accepted)}
        return Counter(recipient for recipient, _ in distinct if recipient.endswith("@customers.example"))

    def doubled(self) -> int:
        """Accepted more often than once under one Message-ID."""
        counts = Counter((one.recipient, one.message_id) for one in list(self.sink.accepted))
        return sum(n - 1 for n in counts.values())

    def _wait_for(self, expected: dict[str, int], *, seconds: float) -> float:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            arrived = self.arrived()
            if all(arrived[to] >= n for to, n in expected.items()):
                break
            time.sleep(0.2)
        return time.monotonic() - began

    def missing(self, expected: dict[str, int]) -> int:
        arrived = self.arrived()
        return sum(max(0, n - arrived[to]) for to, n in expected.items())

    def too_many(self, expected: dict[str, int]) -> int:
        arrived = self.arrived()
        return sum(max(0, n - expected.get(to, 0)) for to, n in arrived.items())


class Trouble(threading.Thread):
    """Faults spread at random over the work; stops when all were made."""

    def __init__(self, acts: list[Callable[[], None]], *, seed: int, over: float) -> None:
        super().__init__(daemon=True)
        self._dice = random.Random(seed)
        self._dice.shuffle(acts)
        self._acts, self._over = acts, over
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            for act in self._acts:
                time.sleep(self._over / len(self._acts) * self._dice.uniform(0.6, 1.4))
                act()
        except BaseException as error:  # noqa: BLE001 - told to the run, which fails with it
            self.error = error


def f1(verdicts: Verdicts, *, scale: float, seed: int, number: int = signal.SIGKILL, name: str = "F1") -> None:
    """Resolutions under killed workers, emptied brokers, crashed databases and a mail server that says 4xx."""
    tickets = max(60, round(10_000 * scale))
    kills = (20 if number == signal.SIGKILL else 10) if scale >= 1 else 3
    flushes, crashes = (5, 3) if scale >= 1 else (1, 1)
    with Bench(seed, share_refused=0.01) as bench:

        def kill_worker() -> None:
            bench.product.kill("worker", number)
            bench.product.start("worker")

        def crash() -> None:
            bench.postgres.crash()
            time.sleep(0.5)
            bench.postgres.start()

        acts = [kill_worker] * kills + [bench.redis.flushall] * flushes
        acts += [crash] * crashes if number == signal.SIGKILL else []
        trouble = Trouble(acts, seed=seed, over=max(8.0, tickets * 0.016))
        trouble.start()
        expected = bench.resolve_all(tickets)
        trouble.join(timeout=600)
        if trouble.error:
            raise trouble.error
        drained = bench._wait_for(expected, seconds=60 + LEASE_SECONDS)
        senders = kills * 2 if number == signal.SIGKILL else 0
        verdicts.expect(
            name, f"missing 0 of {sum(expected.values()):,}", bench.missing(expected), not bench.missing(expected)
        )
        verdicts.expect(name, f"doubled ≤ {senders} (killed senders)", bench.doubled(), bench.doubled() <= senders)
        verdicts.expect(name, "mails nobody asked for 0", bench.too_many(expected), not bench.too_many(expected))
        limit = 60 + LEASE_SECONDS
        verdicts.expect(name, f"drained ≤ {limit} s after the last fault", f"{drained:.0f} s", drained <= limit)
        unannounced = len(bench.client.unannounced)
        verdicts.expect(name, "5xx that were no announced 503: 0", unannounced, not unannounced)


def f2(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """As F1 with SIGTERM: whoever is asked to stop finishes the mail in hand."""
    f1(verdicts, scale=scale, seed=seed, number=signal.SIGTERM, name="F2")


def f4(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """Redis absent for the whole run, then frozen under load: nobody notices but the clock."""
    tickets = max(40, round(2_000 * scale))
    with Bench(seed, redis_is_up=False) as bench:
        looper = subprocess.Popen(
            [sys.executable, "manage.py", "deliver", "--loop"], cwd=ROOT, env=bench.product.env, start_new_session=True
        )
        try:
            expected = bench.resolve_all(tickets, thrice_share=0)
            bench._wait_for(expected, seconds=120)
        finally:
            looper.terminate()
            looper.wait(timeout=60)
        _judge_f4(verdicts, bench, expected, "Redis absent")
    with Bench(seed) as bench:
        frozen = 60 if scale >= 1 else 10
        thaw = threading.Timer(frozen, bench.redis.thaw)
        bench.redis.freeze()
        thaw.start()
        expected = bench.resolve_all(tickets, thrice_share=0)
        thaw.join()
        bench._wait_for(expected, seconds=120)
        _judge_f4(verdicts, bench, expected, f"Redis frozen {frozen} s")


def _judge_f4(verdicts: Verdicts, bench: Bench, expected: dict[str, int], what: str) -> None:
    missing, slowest = bench.missing(expected), bench.client.slowest
    bad = len(bench.client.unannounced) + bench.client.retries
    verdicts.expect("F4", f"{what}: missing 0 of {len(expected):,}", missing, not missing)
    verdicts.expect("F4", f"{what}: no request > 3 s", f"{slowest:.2f} s", slowest <= 3)
    verdicts.expect("F4", f"{what}: no 5xx", bad, not bad)


def f5(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """Beat dead while tickets are resolved and hints are lost; then two beats at once."""
    tickets = max(40, round(1_000 * scale))
    with Bench(seed, has_beat=False) as bench:
        flushing = threading.Event()

        def flush_for_ever() -> None:
            while not flushing.wait(0.02):
                bench.redis.flushall()

        flusher = threading.Thread(target=flush_for_ever, daemon=True)
        flusher.start()
        expected = bench.resolve_all(tickets, thrice_share=0)
        time.sleep(600 * scale)
        flushing.set()
        flusher.join()
        bench.product.start("beat1", "beat2")
        bench._wait_for(expected, seconds=60)
        time.sleep(10)
        missing, doubled = bench.missing(expected), bench.doubled() + bench.too_many(expected)
        verdicts.expect("F5", f"missing 0 of {len(expected):,}", missing, not missing)
        verdicts.expect("F5", "doubled 0", doubled, not doubled)


def f8(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """The mail server is away, drops connections before its 250, and knows some people no longer."""
    each = max(5, round(100 * scale))
    away = 600 * scale
    with Bench(seed) as bench:
        bench.smtp.stop()
        expected = bench.resolve_all(each, thrice_share=0)
        time.sleep(away)
        bench.smtp = start(bench.sink, bench.sink.port)
        bench._wait_for(expected, seconds=120 + away)
        missing = bench.missing(expected)
        verdicts.expect("F8", f"refused {away:.0f} s: lost 0 of {each}", missing, not missing)

        bench.sink.drop_next = each
        agents = bench.world["agents"]

        def resolve(number: int) -> None:
            ticket = bench.client.open_ticket(number, bench.world["team"], agents[0])
            bench.client.resolve(ticket, 1)

        dropped = {address(n): 1 for n in range(10_000, 10_000 + each)}
        at_once(resolve, range(10_000, 10_000 + each))
        bench._wait_for(dropped, seconds=120)
        lost, sends = bench.missing(dropped), Counter(bench.sink.dropped)
        resent = [m for m in sends if sum(a.message_id == m for a in bench.sink.accepted) == 1]
        verdicts.expect("F8", f"dropped before the 250 ({each} ×): lost 0", lost, not lost)
        verdicts.expect("F8", f"one resend each of {len(sends)}", len(resent), len(resent) == len(sends))

        gone = range(20_000, 20_000 + each)
        bench.sink.refuse.update({address(n): "550 no such user" for n in gone})
        at_once(resolve, gone)
        time.sleep(15)
        path = "/api/v1/invitations/?page_size=200&is_bounced=true"
        bounced = len(bench.client.must("GET", path)[1]["results"])
        verdicts.expect("F8", f"5xx ({each} ×): bounced, no retry", f"{bounced} bounced", bounced == min(each, 200))
