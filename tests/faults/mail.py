"""F1, F2, F4, F5, F8: no resolution is forgotten, no mail is doubled, whatever dies."""

import signal
import subprocess
import sys
import threading
import time
from collections import Counter

from tests.faults.bench import LEASE_SECONDS, Bench, Trouble
from tests.faults.client import address, at_once
from tests.faults.product import ROOT
from tests.faults.table import Verdicts
from tests.smtp_sink import start


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
        drained = bench.wait_for(expected, seconds=60 + LEASE_SECONDS)
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
            bench.wait_for(expected, seconds=120)
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
        bench.wait_for(expected, seconds=120)
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
        bench.wait_for(expected, seconds=60)
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
        bench.wait_for(expected, seconds=120 + away)
        missing = bench.missing(expected)
        verdicts.expect("F8", f"refused {away:.0f} s: lost 0 of {each}", missing, not missing)

        bench.sink.drop_next = each
        agents = bench.world["agents"]

        def resolve(number: int) -> None:
            ticket = bench.client.open_ticket(number, bench.world["team"], agents[0])
            bench.client.resolve(ticket, 1)

        dropped = {address(n): 1 for n in range(10_000, 10_000 + each)}
        at_once(resolve, range(10_000, 10_000 + each))
        bench.wait_for(dropped, seconds=120)
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
