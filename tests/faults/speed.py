"""L1: customers without a pause between them, web server, database, worker and clients on the same processors."""

import json
import random

from tests.benchmarks.load import Round, fire, get, post
from tests.faults.bench import Bench, bench_for
from tests.faults.registry import proof
from tests.faults.running import Run

CONNECTIONS = 16
FIRST = 40  # visits that fill caches and open connections, and count only as answers
MOST_A_SECOND = 350  # more answers than these processors can take: the load must not run dry
SLOWEST = 1.0  # seconds, of 99 in 100 requests

#: answers of the customers of `ready`, and how many of them lack the follow-up they need
THERE = """
SELECT count(answer.id), count(DISTINCT answer.customer_id),
       coalesce(sum(CASE WHEN answer.score <= 8 AND follow_up.id IS NULL THEN 1 ELSE 0 END), 0)
  FROM nps_response answer
  JOIN nps_customer customer ON customer.id = answer.customer_id
  LEFT JOIN followups_followup follow_up ON follow_up.response_id = answer.id
 WHERE customer.email LIKE '%@bench.example'
"""


@proof("L1")
def l1(run: Run) -> None:
    """Answers for 60 seconds, each the page and the press of its button."""
    wanted = float(run.size(60, least=3))
    with bench_for(run) as bench:
        requests = _visits(run, bench, FIRST + round(wanted * MOST_A_SECOND))
        first = _fire(bench, requests[: 2 * FIRST])
        run.stage(f"answers for {wanted:g} s by {CONNECTIONS} connections")
        done = _fire(bench, requests[2 * FIRST :], wanted)
        said = ", ".join(f"{count:,} × {status}" for status, count in sorted(done.statuses.items()))
        told = done.statuses.get("303", 0)
        seen = f"{told / done.seconds:.0f} a second ({told:,} in {done.seconds:.0f} s)"
        run.expect(f"answers per second, for {wanted:g} s", seen, told > 0 and done.seconds >= wanted)
        run.expect("errors 0", said, set(done.statuses) == {"200", "303"})
        p99, limit = done.latency_ms["p99"] / 1000, run.within(SLOWEST)
        figure = f"p99 ≤ {SLOWEST:g} s (p50 {done.latency_ms['p50']:.0f} ms)"
        run.expect(figure, f"{p99:.2f} s{run.load_note(p99, SLOWEST)}", p99 <= limit)
        told += first.statuses.get("303", 0)
        count, people, missing = bench.rows(THERE)[0]
        run.expect(f"acknowledged and lost 0 of {told:,}, doubled 0", f"{told - people}, {count - people}",
                   count == people == told)  # fmt: skip
        run.expect_none("follow-ups missing 0", int(missing))


def _fire(bench: Bench, requests: list[str], seconds: float | None = None) -> Round:
    plan = bench.product.folder / "plan.json"
    return fire(requests, port=bench.product.web_port, connections=CONNECTIONS, plan=plan, seconds=seconds)


def _visits(run: Run, bench: Bench, count: int) -> list[str]:
    """Each customer opens the page with the number pressed in the mail, and sends it."""
    run.stage("invitations", count)
    file = bench.product.folder / "ready.json"
    bench.product.run("-m", "tests.faults.ready", str(count), str(file), seconds=900)
    dice = random.Random(run.seed)
    host = f"127.0.0.1:{bench.product.web_port}"
    visits = []
    for path, nonce in json.loads(file.read_text()):
        score = str(dice.randrange(11))
        visits.append(get(f"{path}?score={score}", host=host))
        visits.append(post(path, {"score": score, "nonce": nonce}, host=host))
    return visits
