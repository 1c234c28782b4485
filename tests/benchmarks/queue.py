"""Benchmarks: the queue with few and with very many open follow-ups beside a million closed ones, over HTTP; and in a
real browser the time from a key to the next follow-up's heading. PostgreSQL only."""

import contextlib
import http.client
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from followups import census, queue
from followups.models import FollowUp
from nps.desk.models import User
from nps.desk.roles import Role
from tests import factories
from tests.benchmarks import servers, world
from tests.benchmarks.crowd import Crowd
from tests.benchmarks.servers import CannotMeasure, log_of, process
from tests.benchmarks.stack import Stack
from tests.benchmarks.table import Figure, percentile, rounded
from tests.faults.chromium import chromium
from tests.faults.servers import Missing

VIEW = "view=team"


@dataclass
class Sizes:
    """How many rows; a quick run takes a hundredth."""

    closed: int = 1_000_000
    few: int = 1_000
    day: int = 10_000
    many: int = 100_000
    samples: int = 30
    keys: int = 40

    @classmethod
    def of(cls, *, is_quick: bool) -> "Sizes":
        return cls(2_000, 100, 200, 400, 3, 3) if is_quick else cls()


@dataclass
class Seen:
    """Milliseconds of each request, by what was asked; and of a count that nobody had taken yet."""

    ms: dict[str, list[float]] = field(default_factory=dict)
    fresh: float = 0.0


def measure(stack: Stack, org: world.World) -> dict[str, Figure]:
    sizes = Sizes.of(is_quick=stack.is_quick)
    manager = factories.agent("bench-manager", org.team, role=Role.MANAGER, starts=None)
    agent = User.objects.filter(username__startswith="agent").order_by("pk")[2]
    agent.groups.add(Group.objects.get(name=Role.AGENT))
    stack.say(f"queue: {sizes.closed:,} closed follow-ups …")
    crowd = Crowd(org)
    crowd.close(sizes.closed)
    with web(stack) as port:
        crowd.open_up_to(sizes.few)
        stack.say(f"queue: pages with {sizes.few:,} open …")
        few = _pages(manager, port, sizes)
        crowd.open_up_to(sizes.day)
        stack.say(f"queue: {sizes.keys} keys with {sizes.day:,} open …")
        key = _keys(agent, port, sizes)
        crowd.open_up_to(sizes.many)
        stack.say(f"queue: pages with {sizes.many:,} open …")
        many = _pages(manager, port, sizes)
    beside = (
        f"{sizes.few:,} and {sizes.many:,} open beside {sizes.closed:,} closed; {sizes.samples} requests, one by one"
    )
    figures = {
        f"queue-{name}": Figure(
            name=f"queue, {name}",
            unit="ms",
            baseline=median(few.ms[name]),
            ours=median(many.ms[name]),
            most_ratio=1.5,
            notes=[beside, f"slowest {rounded(max(few.ms[name]))} and {rounded(max(many.ms[name]))} ms"],
        )
        for name in few.ms
    }
    shared = f"shared for {settings.QUEUE_COUNTS_SECONDS:g} s"
    figures["queue-counts"].notes.append(f"{shared}; counted anew {rounded(few.fresh)} and {rounded(many.fresh)} ms")
    return {**figures, **({"queue-key": key} if key else {})}


@contextlib.contextmanager
def web(stack: Stack) -> Iterator[int]:
    """The product as on a laptop: a browser brings its cookies over http to 127.0.0.1 alone."""
    from nps.management import preparing
    from nps.management.commands.supervise import children

    preparing.collect_static(lambda line: None)
    port = servers.free_port()
    child = children(port, {**os.environ, "PUBLIC_URL": f"http://127.0.0.1:{port}"})["web"]
    with process("queue-web", child.command, folder=stack.folder, env=child.env, grace=child.grace) as running:
        servers.wait_for_port(port, running, log_of(stack.folder, "queue-web"))
        yield port


def cookie(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def asking(user: User, port: int) -> tuple[http.client.HTTPConnection, Callable[[str], float]]:
    """A connection of this person's, and what gets a page through it and gives the milliseconds that took."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie(user)}"}

    def one(path: str) -> float:
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise CannotMeasure(f"{path} was answered with status {answer.status}")
        return 1000 * (time.perf_counter() - began)

    return connection, one


def _pages(user: User, port: int, sizes: Sizes) -> Seen:
    look = queue.Look(user, timezone.now())
    rows = FollowUp.objects.unclosed().in_queue_order()
    deep = queue.as_cursor(rows.values_list("due_at", "score", "pk")[int(0.6 * rows.count())])
    asked = {
        "first page": f"{reverse('queue')}?{VIEW}",
        "deep page": f"{reverse('queue')}?{VIEW}&after={deep.replace('+', '%2B')}",
        "counts": f"{reverse('followup-pulse')}?{VIEW}&counts=1",
    }
    connection, one = asking(user, port)

    seen = Seen()
    for name, path in asked.items():
        for _ in range(4):  # both processes and all their threads have read what they remember
            one(path)
        seen.ms[name] = [one(path) for _ in range(sizes.samples)]
    seen.fresh = median(_timed(lambda: census.take(look)) for _ in range(5))
    connection.close()
    return seen


def _timed(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - began)


def _keys(user: User, port: int, sizes: Sizes) -> Figure | None:
    site = f"http://127.0.0.1:{port}"
    signed_in = {"name": settings.SESSION_COOKIE_NAME, "value": cookie(user), "url": site}
    with contextlib.ExitStack() as stack:
        try:
            browser = stack.enter_context(chromium())
        except Missing:
            return None
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([signed_in])
        page = context.new_page()
        page.goto(f"{site}{reverse('queue')}?view=mine")
        page.wait_for_selector("body.has-keys .pane")
        base = [page.evaluate(FETCH) for _ in range(sizes.keys)]
        taken = [_one_key(page) for _ in range(sizes.keys)]
    return Figure(
        name="key → next heading, median",
        unit="ms",
        baseline=median(base),
        ours=median(taken),
        most=400,
        notes=[
            f"{sizes.day:,} open; {sizes.keys} attempts logged one after another in a real browser",
            f"p95 {rounded(percentile(taken, 0.95))} ms, slowest {rounded(max(taken))} ms",
            "baseline: the same page fetches /healthz",
        ],
    )


FETCH = """async () => { const began = performance.now(); await fetch('/healthz', {cache: 'no-store'});
    return performance.now() - began; }"""
HEADING = "() => document.querySelector('.pane:not([hidden]) .t').innerText"
MOVED = "before => document.querySelector('.pane:not([hidden]) .t')?.innerText !== before"
SETTLED = "() => document.querySelectorAll('.pane').length === 1 && !document.querySelector('.pane[aria-busy]')"


def _one_key(page: Any) -> float:
    before = page.evaluate(HEADING)
    began = time.perf_counter()
    page.keyboard.press("2")
    page.wait_for_function(MOVED, arg=before, polling="raf")
    taken = 1000 * (time.perf_counter() - began)
    page.wait_for_function(SETTLED)
    return taken
