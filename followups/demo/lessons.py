"""What the demonstration learns: lessons that are known, new ones, and their way until they are in place."""

from datetime import datetime, timedelta
from typing import Any

from followups.demo.clockwork import Life
from followups.demo.world import World
from followups.models import FollowUp, Lesson, ReportBack, RootCause
from followups.report_backs import audience_of
from followups.services import learning, reporting_back
from nps.desk.models import Product, Team, User

Kind, Status = FollowUp.LessonKind, Lesson.Status
#: not to “no effect”: these weeks are too few to measure that, and nobody may say it before
WAYS: dict[str, tuple[str, ...]] = {
    "new": (),
    "accepted": (Status.ACCEPTED,),
    "in_progress": (Status.ACCEPTED, Status.IN_PROGRESS),
    "in_place": (Status.ACCEPTED, Status.IN_PROGRESS, Status.IN_PLACE),
    "rejected": (Status.REJECTED,),
}


def know(world: World, at: datetime) -> None:
    """The lessons that are known before the first day."""
    for row in world.library.office["lesson"]:
        if row.get("is_old"):
            learning.learn(text=row["text"], root_cause=world.causes[row["cause"]], by=world.staff.manager, at=at)
            nurse(world, at, row["text"])
            if row.get("works"):
                world.library.plagued.add(row["cause"])


def choose(world: World, cause: RootCause) -> tuple[str, str, Lesson | None]:
    """(kind, text of a new one, known one): known ones are recognised, a cause without one gets its first."""
    known = learning.known_lessons(cause)
    if known:
        return (Kind.NOTHING_NEW, "", None) if world.chance(0.25) else (Kind.KNOWN, "", known[0])
    texts = [
        row["text"] for row in world.library.office["lesson"] if row["cause"] == cause.name and not row.get("is_old")
    ]
    written = set(Lesson.objects.filter(root_cause=cause).values_list("text", flat=True))
    fresh = [text for text in texts if text not in written]
    return (Kind.NEW, fresh[0], None) if fresh else (Kind.NOTHING_NEW, "", None)


def nurse(world: World, at: datetime, text: str) -> None:
    """Give a lesson that was just written its owner and its way."""
    # Where the closing waits for a second person its lesson is not written yet, and stays a new one.
    if text and Lesson.objects.filter(text=text).exists():
        row = next(row for row in world.library.office["lesson"] if row["text"] == text)
        world.start_life(at + world.within(600, 5000), grow, row)


def grow(world: World, at: datetime, row: dict[str, Any]) -> Life:
    """The manager reads it, gives it to somebody, and it moves along, a week or so for each step."""
    lesson = Lesson.objects.get(text=row["text"])
    for status in WAYS[row["goes_to"]]:
        lesson.refresh_from_db()
        if status not in learning.NEXT[lesson.status]:
            return  # two closings taught the same at once, and it is on its way already
        facts = _given(row) if status != Status.REJECTED and "owner" in row else {}
        learning.put(lesson=lesson, status=status, by=world.staff.manager, at=at, facts=facts)
        if status == Status.IN_PLACE and row.get("works"):
            world.library.mend(row["cause"])
        at = yield at + timedelta(days=world.rng.randint(*row.get("days_a_step", (4, 9))))
    if "told" in row and lesson.status == Status.IN_PLACE:
        tell(world, at, lesson, row["told"])


def tell(world: World, at: datetime, lesson: Lesson, texts: dict[str, str]) -> None:
    """The first lesson in place that anybody can be told about is told to its customers, in all their languages."""
    if ReportBack.objects.exists():
        return
    if audience_of(lesson, ReportBack.Whom.CAUSE, at).in_languages(texts).told:
        by = lesson.owner or world.staff.manager
        reporting_back.report_back(lesson=lesson, texts=texts, by=by, at=at, whom=ReportBack.Whom.CAUSE)
        world.post(at)


def _given(row: dict[str, Any]) -> dict[str, Any]:
    """As on the lesson's page: the change to make, who makes it, and where it holds."""
    return {
        "change": row["change"],
        "owner": User.objects.get(username=row["owner"]),
        "team": Team.objects.get(slug=row["team"]) if "team" in row else None,
        "product": Product.objects.get(name=row["product"]) if "product" in row else None,
    }
