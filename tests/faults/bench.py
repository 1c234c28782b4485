"""One run's own servers, product, mail server and client, and the faults that are spread over its work."""

import json
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.faults.client import Client, address, at_once
from tests.faults.product import ROOT, Product
from tests.faults.servers import Postgres, Redis
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
    is_embedded: bool = False
    database_proxy: Callable[[str], str] | None = None

    def __enter__(self) -> "Bench":
        self.sink = MoodySink(share=self.share_refused, dice=random.Random(self.seed))
        self.smtp = start(self.sink)
        extra = {"EMAIL_TIMEOUT": str(SMTP_TIMEOUT)}
        if self.is_embedded:
            self.product = Product("", "", self.sink.port, extra=extra)
        else:
            self.postgres = Postgres()
            self.redis = Redis()
            url = self.postgres.url
            database_url = self.database_proxy(url) if self.database_proxy else url
            self.product = Product(database_url, self.redis.url, self.sink.port, extra=extra)
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
        if not self.is_embedded:
            self.postgres.thaw()
        self.product.close()
        if not self.is_embedded:
            self.redis.close()
            self.postgres.close()
        self.smtp.stop()

    # ---- the work --------------------------------------------------------------------------------------------
    def resolve_all(self, tickets: int, *, thrice_share: float = 0.1) -> dict[str, int]:
        """Open and resolve `tickets`; a share of them is reopened and resolved twice more, each time after its mail
        came. The mails that must arrive, by address."""
        agents = self.world["agents"]

        def once(number: int) -> int:
            ticket = self.client.open_ticket(number, self.world["team"], agents[number % len(agents)])
            self.client.resolve(ticket, 1)
            return ticket

        made = dict(zip(range(tickets), at_once(once, range(tickets)), strict=True))
        expected = dict.fromkeys(map(address, made), 1)
        again = [n for n in made if n < tickets * thrice_share]
        for nth in (2, 3):
            self.wait_for({address(n): nth - 1 for n in again}, seconds=LEASE_SECONDS * 6)

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

    def wait_for(self, expected: dict[str, int], *, seconds: float) -> float:
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            arrived = self.arrived()
            if all(arrived[to] >= n for to, n in expected.items()):
                break
            time.sleep(0.2)
        return time.monotonic() - began

    def links(self, count: int, *, first: int = 0) -> list[str]:
        """The survey links of `count` fresh tickets, out of the mails that came."""
        agents = self.world["agents"]

        def once(number: int) -> None:
            ticket = self.client.open_ticket(number, self.world["team"], agents[number % len(agents)])
            self.client.resolve(ticket, 1)

        numbers = range(first, first + count)
        at_once(once, numbers)
        expected = {address(n): 1 for n in numbers}
        self.wait_for(expected, seconds=60 + count / 20)
        mails = {one.recipient: one.message for one in list(self.sink.accepted)}
        return [link_in(mails[address(n)]) for n in numbers]

    def missing(self, expected: dict[str, int]) -> int:
        arrived = self.arrived()
        return sum(max(0, n - arrived[to]) for to, n in expected.items())

    def too_many(self, expected: dict[str, int]) -> int:
        arrived = self.arrived()
        return sum(max(0, n - expected.get(to, 0)) for to, n in arrived.items())


def link_in(message: EmailMessage) -> str:
    """The path of the survey page in a mail's text part, such as /s/TOKEN/."""
    part = message.get_body(("plain",))
    found = re.search(r"https?://[^/]+(/s/[^/\s]+/)", part.get_content() if part else "")
    if not found:
        raise AssertionError("a survey mail without a link")
    return found[1]


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
