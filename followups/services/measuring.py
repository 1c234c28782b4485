"""Measure, day after day, what happened since each lesson was put in place. What it means is said in effects.py."""

import logging
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import BooleanField, Case, Count, Min, Q, QuerySet, Value, When

from followups import effects
from followups.effects import Cases, Figures, Windows, nps_words
from followups.models import FollowUp, Lesson, Measurement, Outcome, RootCause
from followups.models.followups import UNCLOSED
from followups.services.noting import note_step
from nps import organisation
from nps.desk.hours import instant
from nps.desk.models import Resolution
from nps.statements import insert_once
from nps.survey.models import Response, SurveyDecision
from nps.survey.scoring import Counts

Key = tuple[bool, bool]  # is it since, is it in the scope

logger = logging.getLogger("nines.followups")

#: found not to be about anything a change could have helped
NOT_COUNTED = (Outcome.NOT_GIVEN, Outcome.DUPLICATE)


def measure_due(*, at: datetime, limit: int = 500) -> int:
    """Measure each lesson in place that has no row of today yet; how many were measured. One whose windows are over and
    that was measured since is left alone. One that cannot be measured is logged, and the others are measured."""
    today = organisation.day_of(at)
    done = Measurement.objects.filter(measured_on=today).values("lesson", "in_place_on")
    have = {(row["lesson"], row["in_place_on"]) for row in done}
    measured = 0
    for lesson in Lesson.objects.filter(status=Lesson.Status.IN_PLACE).select_related("team", "product").order_by("pk"):
        if measured >= limit:
            break
        if lesson.in_place_on is None or (lesson.pk, lesson.in_place_on) in have:
            continue
        try:
            measured += measure(lesson=lesson, at=at) is not None
        except (OperationalError, InterfaceError):
            raise  # the database is away, which is no fault of this row; the next sweep comes
        except Exception:
            logger.exception("the effect of lesson %s could not be measured", lesson.pk)
    return measured


def measure(*, lesson: Lesson, at: datetime) -> Measurement | None:
    """Today's measurement of a lesson in place, and its verdict with the lesson. None, and nothing written, where there
    is one of today, where the figures stand for good, or where it is not in place any more."""
    if lesson.status != Lesson.Status.IN_PLACE or lesson.in_place_on is None:
        return None
    today = organisation.day_of(at)
    earlier = Measurement.objects.filter(lesson=lesson)
    days = effects.windows(
        in_place_on=lesson.in_place_on,
        today=today,
        first_in_place_on=_first_placed(lesson, lesson.in_place_on),
    )
    is_done = {"in_place_on": lesson.in_place_on, "figures__is_over": True}
    if days.is_over and earlier.filter(**is_done).exists():
        return None
    figures = figures_of(lesson, days)
    made = _row(lesson, days, figures, at, today)
    with transaction.atomic():
        same = Lesson.objects.filter(pk=lesson.pk, status=lesson.status, in_place_on=lesson.in_place_on)
        if not same.update(effect=made.verdict) or not insert_once(made):
            transaction.set_rollback(True)
            return None
        if made.verdict != lesson.effect:  # each day has its row; the lesson's history has what became of it
            was, detail = lesson.get_effect_display(), {"verdict": made.verdict, "measured_on": today.isoformat()}
            sentence = f"Measured effect: {was.lower()} → {made.label.lower()}. {made.sentence}"
            note_step(lesson, "measure", at=at, sentence=sentence, detail=detail)
    return made


def _first_placed(lesson: Lesson, in_place_on: date) -> date | None:
    """The first day in the weeks before on which it was put in place already."""
    since = in_place_on - timedelta(days=effects.BEFORE_DAYS)
    rows = Measurement.objects.filter(lesson=lesson, in_place_on__gte=since, in_place_on__lt=in_place_on)
    found: date | None = rows.aggregate(first=Min("in_place_on"))["first"]
    return found


def _row(lesson: Lesson, days: Windows, figures: Figures, at: datetime, today: date) -> Measurement:
    effect = effects.judge(figures, days)
    return Measurement(
        lesson=lesson,
        measured_on=today,
        at=at,
        in_place_on=days.in_place_on,
        scope=scope_words(lesson),
        verdict=effect.verdict,
        sentence=effect.sentence,
        is_controlled=effect.is_controlled,
        before_carried=figures.before.carried,
        before_resolved=figures.before.resolved,
        after_carried=figures.after.carried,
        after_resolved=figures.after.resolved,
        difference=effect.difference.delta,
        low=effect.difference.low,
        high=effect.difference.high,
        figures=_detail(days, figures),
    )


def _detail(days: Windows, figures: Figures) -> dict[str, Any]:
    outside = (figures.outside_after, figures.outside_before)
    return {
        "is_over": days.is_over,
        "before": [days.before_first.isoformat(), days.before_until.isoformat()],
        "after": [days.after_first.isoformat(), days.after_until.isoformat()],
        "inside_before": _plain(figures.before),
        "inside_after": _plain(figures.after),
        "outside_before": _plain(figures.outside_before),
        "outside_after": _plain(figures.outside_after),
        "nps": nps_words(figures.after.counts, figures.before.counts),
        "nps_outside": nps_words(outside[0].counts, outside[1].counts) if outside[0] and outside[1] else "",
    }


def _plain(cases: Cases | None) -> dict[str, Any] | None:
    if cases is None:
        return None
    return {
        "resolved": cases.resolved,
        "carried": cases.carried,
        "open": cases.open,
        "answers": cases.counts.n,
        "scores": list(cases.counts.by_score),
    }


def scope_words(lesson: Lesson) -> str:
    """“Billing, Ledger”, “all teams, Ledger”."""
    return f"{lesson.team or 'all teams'}, {lesson.product or 'all products'}"


def figures_of(lesson: Lesson, days: Windows) -> Figures:
    """Counted in the rows, four statements. Resolutions and answers that were imported are in none of it: nobody was
    called about them."""
    inside = _inside(lesson)
    own = Resolution.objects.exclude(decision__reason=SurveyDecision.Reason.HISTORY)
    resolved = {_key(row): row["n"] for row in _grouped(own, "", inside, days, n=Count("pk"))}
    scores: dict[Key, dict[int, int]] = {}
    for row in _grouped(Response.objects.live(), "resolution__", inside, days, "score", n=Count("pk")):
        scores.setdefault(_key(row), {})[row["score"]] = row["n"]
    causes = RootCause.objects.filter(Q(pk=lesson.root_cause_id) | Q(parent=lesson.root_cause_id))
    mine = Q(status=FollowUp.Status.CLOSED, root_cause__in=list(causes)) & ~Q(outcome__in=NOT_COUNTED)
    unclosed = Q(status__in=UNCLOSED)
    found = FollowUp.objects.filter(mine | unclosed, response__is_history=False)
    counted = {"carried": Count("pk", filter=mine), "open": Count("pk", filter=unclosed)}
    cases = {_key(row): row for row in _grouped(found, "response__resolution__", inside, days, **counted)}

    def of(key: Key) -> Cases:
        tickets, row = resolved.get(key, 0), cases.get(key, {"carried": 0, "open": 0})
        return Cases(tickets, min(row["carried"], tickets), row["open"], Counts.tallied(scores.get(key, {})))

    here = (of((False, True)), of((True, True)))
    return Figures(*here, of((False, False)), of((True, False))) if inside else Figures(*here)


def _grouped(
    rows: QuerySet[Any], path: str, inside: dict[str, int], days: Windows, *by: str, **counts: Any
) -> list[dict[str, Any]]:
    """`counts` of the rows whose resolution, found along `path`, is in either window: by which, by whether it is in the
    scope, and by `by`. One statement."""
    name, zone = f"{path}resolved_at", organisation.zone()
    first, until, placed, last = (
        instant(day, time(), zone) for day in (days.before_first, days.before_until, days.after_first, days.after_until)
    )
    after = Q(**{f"{name}__gte": placed, f"{name}__lt": last})
    marked = rows.filter(Q(**{f"{name}__gte": first, f"{name}__lt": until}) | after).annotate(
        is_after=_whether(after),
        is_inside=_whether(Q(**{path + column: value for column, value in inside.items()})) if inside else Value(True),
    )
    return list(marked.order_by().values("is_after", "is_inside", *by).annotate(**counts))


def _whether(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _key(row: dict[str, Any]) -> Key:
    return row["is_after"], row["is_inside"]


def _inside(lesson: Lesson) -> dict[str, int]:
    """The scope as conditions on a resolution's snapshot; empty for everything."""
    wanted = {"team_id": lesson.team_id, "product_id": lesson.product_id}
    return {name: value for name, value in wanted.items() if value is not None}
