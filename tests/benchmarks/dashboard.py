"""Benchmarks: the manager's dashboard over HTTP, with a hundred thousand answers of two years beside a million: ten
times the past, and ten times the traffic. Ninety days of them, in every breakdown, and all of them; each page asked
again, and after the changes of a minute of such traffic, and once with nothing kept of any day. PostgreSQL only."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from statistics import median

from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import reverse
from django.utils import timezone

from nps.desk.models import User
from nps.desk.roles import Role
from nps.survey.reports import DIMENSIONS
from tests import factories
from tests.benchmarks import queue, world
from tests.benchmarks.servers import CannotMeasure
from tests.benchmarks.stack import Stack
from tests.benchmarks.table import Figure, rounded
from tests.benchmarks.years import DAYS, Years

FEW, MANY = 100_000, 1_000_000


@dataclass
class Seen:
    answers: int
    days: int
    ms: dict[str, float] = field(default_factory=dict)  # medians, by breakdown
    changed: dict[str, float] = field(default_factory=dict)  # the same, each page after the changes of a minute
    statements: dict[str, int] = field(default_factory=dict)
    ever: float = 0.0  # ms of all there is
    cold: float = 0.0  # ms of the first page, when nothing is kept of any day


def measure(stack: Stack, org: world.World) -> dict[str, Figure]:
    few, many = (400, 1_200) if stack.is_quick else (FEW, MANY)
    manager = factories.agent("bench-director", org.team, role=Role.MANAGER, starts=None)
    years, samples = Years(org), 2 if stack.is_quick else 3

    def pages(answers: int, days: int) -> Seen:
        stack.say(f"dashboard: {answers:,} answers of {days:,} days …")
        years.fill(answers, days=days)
        with queue.web(stack) as port:
            return _pages(manager, port, years, days, samples=samples)

    base = pages(few, DAYS)
    past, traffic = pages(many, DAYS * many // few), pages(many, DAYS)
    return {
        "dashboard-past": _figure("ten times the past", base, past),
        "dashboard-traffic": _figure("ten times the traffic", base, traffic),
        "dashboard-changes": _figure(
            "the same after a minute's changes", replace(base, ms=base.changed), replace(traffic, ms=traffic.changed)
        ),
    }


def _figure(what: str, base: Seen, other: Seen) -> Figure:
    ratios = {name: other.ms[name] / base.ms[name] for name in base.ms}
    slowest = max(ratios, key=lambda name: ratios[name])
    return Figure(
        name=f"dashboard, 90 days, {what}",
        unit="ms",
        baseline=base.ms[slowest],
        ours=other.ms[slowest],
        most_ratio=3.0,
        notes=[
            f"{base.answers:,} answers of {base.days:,} days, {other.answers:,} of {other.days:,} with what led there",
            f"the whole page: the last 90 days, and as many before them to compare with; by {slowest}, the slowest",
            f"the first page, nothing kept of any day: {rounded(base.cold)} and {rounded(other.cold)} ms",
            "each: " + ", ".join(f"{name} {rounded(ratio)}" for name, ratio in ratios.items()),
            f"statements of the page: {_told(base.statements.values())} and {_told(other.statements.values())}",
            f"all {base.days:,} days: {rounded(base.ever)} ms; all {other.days:,} days: {rounded(other.ever)} ms",
        ],
    )


def _told(numbers: Iterable[int]) -> str:
    low, high = min(numbers := list(numbers)), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _address(days: int, by: str) -> str:
    last = timezone.localdate()
    return f"{reverse('dashboard')}?first={last - timedelta(days=days - 1)}&last={last}&by={by}"


def _pages(user: User, port: int, years: Years, days: int, *, samples: int) -> Seen:
    connection, one = queue.asking(user, port)

    def after_a_minute(path: str) -> float:
        years.minute(days)
        return one(path)

    one("/healthz")
    seen = Seen(years.answers, days, cold=one(_address(90, "team")))
    for by in DIMENSIONS:
        one(_address(90, by))
        seen.ms[by] = median(one(_address(90, by)) for _ in range(samples))
        seen.changed[by] = median(after_a_minute(_address(90, by)) for _ in range(samples))
        seen.statements[by] = _statements(user, _address(90, by))
        connection.close()  # the server has closed an idle one meanwhile; the next request opens another
    seen.ever = median(one(_address(days, "team")) for _ in range(2))
    connection.close()
    return seen


def _statements(user: User, path: str) -> int:
    from django.db import connection

    here = {"ALLOWED_HOSTS": ["127.0.0.1"], "SECURE_SSL_REDIRECT": False, "STAFF_DEADLINE_SECONDS": 0}
    with override_settings(**here):
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(user)
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            answer = client.get(path)
    if answer.status_code != 200:
        raise CannotMeasure(f"{path} was answered with status {answer.status_code}")
    return len(captured)
