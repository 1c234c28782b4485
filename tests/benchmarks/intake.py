"""Benchmarks: the intake of answers as in production (whole middleware, signed link, nonce, grammar, answer, follow-up,
history) beside a plain Django view of one SELECT and two INSERTs, under the same gunicorn, on the same database."""

from dataclasses import dataclass, field
from statistics import median

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from followups.models import FollowUp, HistoryEntry
from nps.survey.models import Response
from tests.benchmarks import world
from tests.benchmarks.answers import Answer, answers
from tests.benchmarks.load import Round, fire, post
from tests.benchmarks.servers import CannotMeasure, cpu_seconds
from tests.benchmarks.stack import HOST, PROXIED, WEB_THREADS, WEB_WORKERS, Stack, Web
from tests.benchmarks.table import Figure, rounded, spread

CONNECTIONS = 16
SCORE = "6"


@dataclass
class Side:
    """The rounds of one of the two; CPU per request in ms of the web server and of the database."""

    rounds: list[Round] = field(default_factory=list)
    cpu_ms: list[list[float]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return median(one.rate for one in self.rounds)

    def said(self) -> str:
        p99 = median(one.latency_ms["p99"] for one in self.rounds)
        places = ("in the web server", "in the database")
        cpu = zip((median(figures) for figures in zip(*self.cpu_ms, strict=True)), places, strict=False)
        used = ", ".join(f"{rounded(ms)} ms {place}" for ms, place in cpu)
        return f"{spread([one.rate for one in self.rounds])} req/s, p99 {rounded(p99)} ms; CPU per request {used}"


def measure(stack: Stack, org: world.World, web: Web) -> Figure:
    rounds, per_round = (2, 60) if stack.is_quick else (7, 800)
    whole = (rounds + 1) * per_round
    stack.say(f"intake: preparing {whole:,} invitations …")
    ready = answers(world.invitations(org, whole + 2), score=SCORE)
    _statements(ready.pop())  # reads the settings rows that are then remembered
    statements = _statements(ready.pop())
    plain, product = Side(), Side()
    with stack.plain_web(whole) as plain_web:
        for number in range(rounds + 1):
            first = number * per_round
            numbers = range(first + 1, first + per_round + 1)
            plain_posts = [post(f"/{n}/", {"score": SCORE}, host="localhost") for n in numbers]
            our_posts = [_post(one) for one in ready[first : first + per_round]]
            for posts, server, side in ((plain_posts, plain_web, plain), (our_posts, web, product)):
                done, cpu_ms = _fire(stack, posts, server)
                if number:  # the first round opens connections and fills caches
                    side.rounds.append(done)
                    side.cpu_ms.append(cpu_ms)
    _check_rows(whole + 2)
    return Figure(
        name="intake of answers",
        unit="req/s",
        baseline=plain.rate,
        ours=product.rate,
        least_ratio=0.6,
        notes=[
            f"gunicorn gthread {WEB_WORKERS} × {WEB_THREADS}, {CONNECTIONS} connections, {rounds} × {per_round} POSTs",
            "no worker runs meanwhile; hints are published",
            f"plain view (1 SELECT, 2 INSERTs, 1 transaction): {plain.said()}",
            f"product: {product.said()}",
            f"statements per answer of {SCORE}: {statements}",
        ],
    )


def _post(answer: Answer) -> str:
    return post(answer.path, answer.fields, host=HOST, headers=PROXIED)


def _fire(stack: Stack, requests: list[str], web: Web) -> tuple[Round, list[float]]:
    pids = [pid for pid in (web.pid, stack.database_pid) if pid is not None]
    before = [cpu_seconds(pid) or 0.0 for pid in pids]
    done = fire(requests, port=web.port, connections=CONNECTIONS, plan=stack.folder / "plan.json")
    after = [cpu_seconds(pid) or 0.0 for pid in pids]
    cpu_ms = [1000 * (used - earlier) / len(requests) for used, earlier in zip(after, before, strict=True)]
    refused = {status for status in done.statuses if status not in {"200", "302", "303"}}
    if refused:
        raise CannotMeasure(f"not every request was accepted: {done.statuses}")
    return done, cpu_ms


def _statements(answer: Answer) -> str:
    """What one such request asks of the database, counted by asking the same view in this thread."""
    client = Client(headers={"host": HOST})
    with override_settings(DATABASE_DEADLINE_SECONDS=0), CaptureQueriesContext(connection) as captured:
        response = client.post(answer.path, answer.fields, secure=True)
    if response.status_code not in (200, 302, 303):
        raise CannotMeasure(f"the answer was refused with status {response.status_code}")
    kinds = [query["sql"].split()[0].upper() for query in captured.captured_queries]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return f"{len(kinds)} in all ({counted})"


def _check_rows(number: int) -> None:
    counts = (
        Response.objects.filter(score=6).count(),
        FollowUp.objects.count(),
        HistoryEntry.objects.filter(verb="open"),
    )
    found = (counts[0], counts[1], counts[2].count())
    if min(found) < number:
        raise CannotMeasure(f"{number} answers were sent; rows of answers, follow-ups, history: {found}")
