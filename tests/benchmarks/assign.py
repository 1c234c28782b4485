"""Benchmarks: from the moment a customer presses Send on a low score until the follow-up has an assignee, from one
answer a second to ten a second. Seen from outside: the client's clock, and a look at the rows every 20 ms."""

import http.client
import math
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from followups.models import FollowUp
from tests.benchmarks import world
from tests.benchmarks.answers import Answer, answers
from tests.benchmarks.servers import CannotMeasure
from tests.benchmarks.signs import seconds_to_a_sign_of_life
from tests.benchmarks.stack import HOST, Stack
from tests.benchmarks.table import Figure, percentile, rounded

FIRST_RATE, LAST_RATE = 1.0, 10.0  # answers per second
LOOK_EVERY = 0.02
LONGEST = 60.0
WARM_UP = 16  # answers before it counts: each web thread imports and connects at its first


@dataclass
class Watch:
    """When each answer was sent, and when its follow-up was first seen with somebody, by invitation id."""

    sent: dict[int, float] = field(default_factory=dict)
    seen: dict[int, float] = field(default_factory=dict)

    def seconds(self) -> list[float]:
        return [self.seen[pk] - sent for pk, sent in self.sent.items()]


def measure(stack: Stack, org: world.World, port: int) -> Figure:
    samples, first_rate = (12, 4.0) if stack.is_quick else (300, FIRST_RATE)
    sending = answers(world.invitations(org, samples + WARM_UP), score="6")
    with ThreadPoolExecutor(max_workers=WARM_UP) as pool:
        list(pool.map(lambda answer: _send(answer, port, Watch()), [sending.pop() for _ in range(WARM_UP)]))
    floor = _wait_for_warmth()
    watch, hops, is_over = Watch(), [], threading.Event()
    asker = threading.Thread(target=_ask_for_signs, args=(hops, is_over), daemon=True)
    with ThreadPoolExecutor(max_workers=8) as pool:
        asker.start()
        posts = _send_all(pool, sending, _moments(samples, first_rate), port, watch, floor)
        _look_until(watch, floor, time.perf_counter() + LONGEST, lambda: len(watch.seen) >= samples)
        is_over.set()
        for post in posts:
            post.result()
    asker.join(timeout=20)
    if len(watch.seen) < samples:
        raise CannotMeasure(f"of {samples} low scores {samples - len(watch.seen)} had no assignee after {LONGEST:g} s")
    seconds = watch.seconds()
    return Figure(
        name="low score → assigned, p99",
        unit="ms",
        baseline=1000 * percentile(hops, 0.99),
        ours=1000 * percentile(seconds, 0.99),
        most=1000,
        notes=[
            f"{samples} answers, from {first_rate:g} to {LAST_RATE:g} a second",
            f"median {rounded(1000 * percentile(seconds, 0.5))} ms, slowest {rounded(1000 * max(seconds))} ms",
            f"baseline: the same worker, meanwhile, begins a task that only writes a sign of life (p99 of {len(hops)})",
        ],
    )


def _wait_for_warmth() -> int:
    """Once the first answers have somebody: the last follow-up's id."""
    deadline = time.monotonic() + LONGEST
    while FollowUp.objects.waiting().exists():
        if time.monotonic() > deadline:
            raise CannotMeasure(f"the first answers had no assignee after {LONGEST:g} s")
        time.sleep(0.1)
    return FollowUp.objects.order_by("-pk").values_list("pk", flat=True)[0]


def _moments(samples: int, first_rate: float) -> Iterator[float]:
    """Seconds from the start at which each answer is sent, while the rate climbs steadily."""
    whole = 2 * samples / (first_rate + LAST_RATE)
    climb = (LAST_RATE - first_rate) / whole
    for number in range(samples):
        yield (math.sqrt(first_rate**2 + 2 * climb * number) - first_rate) / climb


def _send_all(
    pool: ThreadPoolExecutor, sending: list[Answer], moments: Iterator[float], port: int, watch: Watch, floor: int
) -> list[Future[None]]:
    began = time.perf_counter()
    posts = []
    for answer, moment in zip(sending, moments, strict=True):
        due = began + moment
        _look_until(watch, floor, due, lambda: False)
        posts.append(pool.submit(_send, answer, port, watch))
    return posts


def _send(answer: Answer, port: int, watch: Watch) -> None:
    watch.sent[answer.invitation_id] = time.perf_counter()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", answer.path, body=answer.body, headers=headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status not in (200, 302, 303):
        raise CannotMeasure(f"an answer was refused with status {response.status}")


def _look_until(watch: Watch, floor: int, moment: float, is_enough) -> None:
    """Look at the rows every 20 ms while some answer has nobody yet; return at `moment` or when it is enough."""
    while (left := moment - time.perf_counter()) > 0 and not is_enough():
        if len(watch.seen) < len(watch.sent):
            taken = FollowUp.objects.filter(pk__gt=floor, assigned_at__isnull=False)
            for invitation_id in taken.values_list("response__invitation_id", flat=True):
                watch.seen.setdefault(invitation_id, time.perf_counter())
        time.sleep(max(0.0, min(LOOK_EVERY, left)))


def _ask_for_signs(hops: list[float], is_over: threading.Event) -> None:
    from django.db import connection

    try:
        while not is_over.wait(1.0):
            hops.append(seconds_to_a_sign_of_life())
    finally:
        connection.close()
