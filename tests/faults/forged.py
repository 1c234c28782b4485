"""S2: whatever a door does not offer is sent to it all the same, and changes nothing.

Run as `python -m tests.faults.forged SHARE SEED` in the product's environment it does so and prints what came of each
act as a line of JSON; the tables themselves are compared, before and after."""

import json
import random
import sys

from tests.faults.bench import at_rest
from tests.faults.registry import proof
from tests.faults.running import Run


@proof("S2")
def s2(run: Run) -> None:
    """Every field that a door does not offer, at every way to write: none changes a thing."""
    run.stage("starting servers")
    product = at_rest()
    share = 1.0 if run.is_full else max(run.scale, 0.01)
    doors = fields = tries = 0
    undone: list[str] = []
    failed: list[str] = []
    changed: list[str] = []
    run.stage("rows to write to")
    for line in product.lines("-m", "tests.faults.forged", str(share), str(run.seed)):
        told = json.loads(line)
        if "ways" in told:
            run.stage("ways to write", told["ways"])
            continue
        run.step()
        if not told:  # nobody may
            continue
        doors, fields = doors + 1, max(fields, told["fields"])
        tries += told["refused"] + told["ignored"]
        undone += [] if told["is_done"] else [told["name"]]
        failed += told["failed"]
        changed += told["changed"]
    figure = f"{doors} ways to write, up to {fields} fields they do not offer, {tries:,} tries: changed 0"
    run.expect_none(figure, len(changed), note=changed[0] if changed else "")
    figure = "without them each is accepted"
    run.expect(figure, f"{doors - len(undone)} of {doors} {', '.join(undone)}".strip(), not undone and doors > 0)
    run.expect_none("5xx 0", len(failed), note=failed[0] if failed else "")


def main(share: float, seed: int) -> None:
    import django

    django.setup()

    import time_machine
    from django.conf import settings
    from django.db import transaction
    from django.test.utils import setup_test_environment

    setup_test_environment()
    settings.ALLOWED_HOSTS = ["testserver"]

    from tests.house.read_only import Forger
    from tests.house.scenery import NOW, Scenery

    with time_machine.travel(NOW, tick=False), transaction.atomic():
        forger = Forger(Scenery())
        dice = random.Random(seed)
        ways = forger.ways()
        if share < 1:  # the suite sends everything at once to each of them
            ways = dice.sample(ways, max(round(share * len(ways)), 24))
        print(json.dumps({"ways": len(ways)}), flush=True)
        for way in ways:
            act = way()
            told = forger.forge(act, each=share, dice=dice).__dict__ if act else {}
            print(json.dumps(told), flush=True)
        transaction.set_rollback(True)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
