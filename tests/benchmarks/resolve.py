"""Benchmarks: from `resolve` to the mail server, while nothing else goes on. Beside it: how long the same broker and
worker take to begin a task that has nothing to do with it."""

import random
import time
from datetime import UTC, datetime
from statistics import median

from django.utils import timezone

from nps.desk.services import resolving
from tests.benchmarks import world
from tests.benchmarks.servers import CannotMeasure
from tests.benchmarks.signs import seconds_to_a_sign_of_life
from tests.benchmarks.stack import Stack
from tests.benchmarks.table import Figure, percentile, rounded

LONGEST = 15.0  # three sweeps: by then the mail is not slow but missing


def measure(stack: Stack, org: world.World) -> Figure:
    samples = 5 if stack.is_quick else 100
    seed = 20
    pauses = random.Random(seed)
    hops, trips = [], []
    for ticket in world.open_tickets(org, samples):
        time.sleep(pauses.uniform(0.02, 0.2))  # so that the sweeps of beat are met at any moment of their five seconds
        hops.append(seconds_to_a_sign_of_life())
        time.sleep(pauses.uniform(0.02, 0.2))
        began = time.time()
        resolving.resolve(ticket=ticket, by=org.rated, at=timezone.now())
        arrival = stack.ledger.wait_for(ticket.customer.email, seconds=LONGEST)
        if arrival is None:
            raise CannotMeasure(f"the mail about ticket {ticket.pk}, resolved {_clock(began)}, did not come")
        trips.append(arrival.at - began)
    return Figure(
        name="resolve → mail server, median",
        unit="ms",
        baseline=1000 * median(hops),
        ours=1000 * median(trips),
        most=1000,
        notes=[
            f"{samples} samples, idle, pauses from seed {seed}",
            f"p95 {rounded(1000 * percentile(trips, 0.95))} ms, slowest {rounded(1000 * max(trips))} ms",
            "baseline: the same worker begins a task that only writes a sign of life",
        ],
    )


def _clock(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%H:%M:%S} UTC"
