"""F3, F6, F7: what a customer was told is kept is kept, whatever dies in between."""

import contextlib
import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable

from tests.faults.bench import Bench, Trouble
from tests.faults.client import at_once
from tests.faults.customers import Browser
from tests.faults.races import everything
from tests.faults.servers import free_port
from tests.faults.table import Verdicts


def judge(verdicts: Verdicts, name: str, bench: Bench, given: list[tuple[int, bool]], browser: Browser) -> None:
    """The client's own ledger of (score, acknowledged) against what is there now."""
    answers = everything(bench, "/api/v1/responses/")
    acknowledged = Counter(score for score, is_acknowledged in given if is_acknowledged)
    stored = Counter(answer["score"] for answer in answers)
    lost = sum((acknowledged - stored).values())
    never = sum(not is_acknowledged for _, is_acknowledged in given)
    doubled = len(answers) - len({answer["invitation"] for answer in answers})
    said = f"{name}: {sum(acknowledged.values()):,} acknowledged"
    verdicts.expect(name, f"acknowledged and lost 0 ({said.split(': ')[1]})", lost, not lost)
    verdicts.expect(name, "answered in the end, all", f"{never} not", not never)
    verdicts.expect(name, "doubled 0", doubled, not doubled)
    low = {answer["id"] for answer in answers if answer["score"] <= 8}
    until = time.monotonic() + 60
    while True:
        rows = everything(bench, "/api/v1/follow-ups/")
        opened = Counter(row["response"] for row in rows)
        unassigned = sum(row["status"] == "open" for row in rows)
        if (set(opened) == low and not unassigned) or time.monotonic() > until:
            break
        time.sleep(1)
    missing, twice = len(low - set(opened)), sum(n - 1 for n in opened.values())
    verdicts.expect(name, "follow-ups missing 0, doubled 0", f"{missing}, {twice}", not missing + twice)
    verdicts.expect(name, "unassigned after 60 s: 0", unassigned, not unassigned)
    strange = sum(status >= 500 and status not in (502, 503) for status, _ in browser.seen)
    verdicts.expect(name, "no 5xx but 503", strange, not strange)


def give_all(browser: Browser, paths: list[str], seed: int, *, clients: int = 8) -> list[tuple[int, bool]]:
    dice = random.Random(seed)
    scores = [dice.randrange(11) for _ in paths]
    done = at_once(lambda pair: browser.answer(*pair), list(zip(paths, scores, strict=True)), threads=clients)
    return list(zip(scores, done, strict=True))


def f3(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """Answers while workers are killed, the broker is emptied and the database crashes."""
    count = max(40, round(10_000 * scale))
    with Bench(seed) as bench:
        browser = Browser(bench.product.web_port)
        paths = bench.links(count)

        def kill_worker() -> None:
            bench.product.kill("worker")
            bench.product.start("worker")

        def crash() -> None:
            bench.postgres.crash()
            time.sleep(0.5)
            bench.postgres.start()

        full = scale >= 1
        acts: list[Callable[[], None]] = [kill_worker] * (20 if full else 2)
        acts += [bench.redis.flushall] * (5 if full else 1) + [crash] * (3 if full else 1)
        trouble = Trouble(acts, seed=seed, over=max(6.0, count * 0.008))
        trouble.start()
        given = give_all(browser, paths, seed)
        trouble.join(timeout=600)
        if trouble.error:
            raise trouble.error
        judge(verdicts, "F3", bench, given, browser)


def f7(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """Web workers are killed under the posts; gunicorn brings them back, the client tries again."""
    count, kills = max(40, round(10_000 * scale)), 20 if scale >= 1 else 3
    with Bench(seed) as bench:
        browser = Browser(bench.product.web_port)
        paths = bench.links(count)

        def kill_web() -> None:
            bench.product.kill_children("web")

        trouble = Trouble([kill_web] * kills, seed=seed, over=max(5.0, count * 0.006))
        trouble.start()
        given = give_all(browser, paths, seed)
        trouble.join(timeout=600)
        if trouble.error:
            raise trouble.error
        judge(verdicts, "F7", bench, given, browser)


class CuttingProxy:
    """Between the product and PostgreSQL: forwards bytes, and at will drops the next answer to a COMMIT."""

    def __init__(self, target_port: int) -> None:
        self.port, self._target = free_port(), target_port
        self.cuts_wanted, self.cuts_made = 0, 0
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                inner, _ = self._listener.accept()
                outer = socket.create_connection(("127.0.0.1", self._target), timeout=5)
            except OSError:
                if self._listener.fileno() < 0:
                    return
                with contextlib.suppress(OSError, UnboundLocalError):
                    inner.close()
                continue
            outer.settimeout(None)
            is_committing = threading.Event()
            threading.Thread(target=self._pump, args=(inner, outer, is_committing, True), daemon=True).start()
            threading.Thread(target=self._pump, args=(outer, inner, is_committing, False), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, is_committing: threading.Event, is_up: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if is_up and b"COMMIT" in data:
                    is_committing.set()
                if not is_up and is_committing.is_set():
                    is_committing.clear()
                    with self._lock:
                        if self.cuts_made < self.cuts_wanted:
                            self.cuts_made += 1
                            break  # committed, and nobody hears of it
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
                end.close()

    def close(self) -> None:
        self._listener.close()


def f6(verdicts: Verdicts, *, scale: float, seed: int) -> None:
    """The database is down, then frozen; then a proxy cuts the wire right after COMMIT."""
    count = max(60, round(3_000 * scale))
    down, frozen, freezes, cuts = (60, 10, 3, 20) if scale >= 1 else (8, 6, 1, 3)
    proxies: list[CuttingProxy] = []

    def through_proxy(url: str) -> str:
        port = int(url.rpartition(":")[2].split("/")[0])
        proxies.append(CuttingProxy(port))
        return url.replace(f":{port}/", f":{proxies[0].port}/")

    with Bench(seed, database_proxy=through_proxy) as bench:
        paths = bench.links(count)
        thirds = [paths[n::3] for n in range(3)]
        refused: dict[str, list[tuple[int, float]]] = {}
        given: list[tuple[int, bool]] = []
        everybody = Browser(bench.product.web_port)

        def outage(kind: str, begin: Callable[[], None], end: Callable[[], None], seconds: float) -> None:
            time.sleep(1)
            begin()
            time.sleep(seconds)
            end()

        def give(kind: str, some: list[str], acts: list[Callable[[], None]]) -> None:
            browser = Browser(bench.product.web_port)
            troubles = threading.Thread(target=lambda: [act() for act in acts], daemon=True)
            troubles.start()
            given.extend(give_all(browser, some, seed))
            troubles.join()
            refused[kind] = [one for one in browser.seen if one[0] not in (200, 303)]
            everybody.seen.extend(browser.seen)

        crash = [lambda: outage("down", bench.postgres.stop, bench.postgres.start, down)]
        freeze = [lambda: outage("frozen", bench.postgres.freeze, bench.postgres.thaw, frozen)] * freezes
        give("down", thirds[0], crash)
        give("frozen", thirds[1], freeze)
        proxies[0].cuts_made, proxies[0].cuts_wanted = 0, cuts
        give("cut", thirds[2], [])
        for kind, limit in (("down", 1.0), ("frozen", 4.0)):
            slowest = max((seconds for status, seconds in refused[kind]), default=0.0)
            others = sum(status != 503 for status, _ in refused[kind])
            seen = f"{len(refused[kind])} × 503, slowest {slowest:.1f} s, {others} other"
            is_met = bool(refused[kind]) and slowest <= limit and not others
            verdicts.expect("F6", f"{kind}: only 503, each within {limit:g} s", seen, is_met)
        verdicts.expect("F6", f"cut after COMMIT {cuts} ×", proxies[0].cuts_made, proxies[0].cuts_made == cuts)
        judge(verdicts, "F6", bench, given, everybody)
        proxies[0].close()
