"""How follow-ups will end: what must be seen once comes first, then what is usual."""

from dataclasses import dataclass
from datetime import timedelta

from followups.demo.world import World
from followups.models import FollowUp, Outcome
from nps.survey.models import Response

#: The last days are not wound up: what came in since is still being worked on.
STILL_OPEN = timedelta(days=6)
#: In this order, one for each of the first follow-ups; every outcome is among them.
SEEN_FIRST = (
    Outcome.PROMISED, Outcome.NOT_GIVEN, Outcome.NOT_REACHED, Outcome.EXPLAINED, Outcome.PROMISED, Outcome.BETTER,
    Outcome.WRONG_CONTACT, Outcome.ESCALATED, Outcome.DUPLICATE, Outcome.PROMISED, Outcome.NO_CONTACT,
    Outcome.NOT_GIVEN, Outcome.SOLVED, Outcome.NOT_REACHED, Outcome.NOT_GIVEN, Outcome.NOT_GIVEN,
)  # fmt: skip
USUAL = {
    Outcome.SOLVED: 38, Outcome.BETTER: 14, Outcome.EXPLAINED: 16, Outcome.PROMISED: 13, Outcome.ESCALATED: 5,
    Outcome.NOT_REACHED: 7, Outcome.WRONG_CONTACT: 3, Outcome.DUPLICATE: 2, Outcome.NOT_GIVEN: 2,
}  # fmt: skip
#: Promises made in the last days, whose day has not come yet.
FRESH_PROMISES = 3
#: Lately asked of a second person, who has not answered yet.
FRESH_QUESTIONS = 2
LATELY = timedelta(hours=40)
#: Every third follow-up has one of these, in turn.
SPECIALS = ("note", "reopen", "undo", "snooze", "lead moves", "release", "cancel", "snooze, reply", "note", "reopen")


@dataclass(frozen=True)
class Ending:
    outcome: Outcome
    cause: str  # name of the root cause
    tries: int  # that reach nobody, before the one that does
    special: str = ""
    is_late: bool = False
    is_prompt: bool = False  # closed in the first call, however recent


def draw(world: World, row: FollowUp, response: Response, cause: str) -> Ending:
    """What will come of this one."""
    world.seen["endings"] += 1
    special = ""
    if world.seen["endings"] % 3 == 0:
        special = SPECIALS[world.seen["specials"] % len(SPECIALS)]
        world.seen["specials"] += 1
    if response.contact_choice == Response.ContactChoice.NO:
        return Ending(Outcome.NO_CONTACT, cause, tries=0)
    if world.seen["shown"] < len(SEEN_FIRST) and special not in ("cancel", "reopen"):
        outcome = SEEN_FIRST[world.seen["shown"]]
        world.seen["shown"] += 1
    else:
        outcome = world.rng.choices(list(USUAL), list(USUAL.values()))[0]
    is_recent = row.opened_at > world.now - STILL_OPEN
    if is_recent and world.seen["fresh promises"] < FRESH_PROMISES:
        world.seen["fresh promises"] += 1
        return Ending(Outcome.PROMISED, cause, tries=0, is_prompt=True)
    if row.opened_at > world.now - LATELY and world.seen["fresh questions"] < FRESH_QUESTIONS:
        world.seen["fresh questions"] += 1
        return Ending(Outcome.NOT_GIVEN, cause, tries=0, is_prompt=True)
    # Of what came in lately one half cannot be reached yet; the others were, and wait for what was agreed, or are done.
    tries = (
        (99, 0, 1)[world.draw("tries lately", (14, 5, 1))]
        if is_recent
        else world.rng.choices((0, 1, 3), (78, 18, 4))[0]
    )
    if outcome in (Outcome.NO_CONTACT, Outcome.DUPLICATE, Outcome.WRONG_CONTACT):
        tries = 0
    return Ending(outcome, cause, tries, special, is_late=world.chance(0.07))
