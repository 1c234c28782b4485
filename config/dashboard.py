"""The one page that shows both apps: how sure the score is, where it is low, and whether the loop is closed."""

from itertools import chain
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from config import figures
from config.choosing import Chosen, FiguresForm
from config.figure_links import Rows, may_open
from config.figures import LoopFigures, SurveyFigures
from config.figures_csv import COLUMNS, lines
from followups.pace import SPANS
from followups.rules import THRESHOLD
from nps import csv_out, organisation, periods
from nps.desk.access import may_see_figures, people_with_figures, reader, staff_page
from nps.survey import charts, trends
from nps.survey.figures.first_contact import DEFINITION, DISAGREEMENTS, REPEAT_DAYS, STATES, UNKNOWN
from nps.survey.models import Response
from nps.survey.reports import BANDS, DIMENSIONS, HISTORY, SEVERAL
from nps.survey.scoring import SMALL_N, reading

Context = dict[str, Any]


@staff_page()
def dashboard(request: HttpRequest) -> HttpResponse:
    at = timezone.now()
    form, chosen = _asked(request)
    found = figures.survey_figures(chosen, at, people_with_figures(reader(request)))
    context: Context = {
        "form": form,
        "chosen": chosen,
        "report": found.report,
        "at": at,
        "small_n": SMALL_N,
        "found": found,
    }
    if not found.report.counts.n and not Response.objects.exists():
        return render(request, "dashboard/first.html", context)
    loop = figures.loop_figures_or_none(chosen, at)
    rows = Rows(chosen, may_open(request, chosen))
    context |= _score(chosen, found, loop, rows) | _segments(chosen, found, rows) | _asking(found, rows)
    context |= _first_contact(found, rows) | _loop(loop, rows)
    context["is_empty"] = not (
        found.report.counts.n or found.report.resolved or found.first_contact.assisted or (loop and loop.loop.created)
    )
    return render(request, "dashboard.html", context | {"zone": organisation.zone(), "figures": loop})


@staff_page()
def dashboard_csv(request: HttpRequest) -> Any:
    """Every figure of the page under the same filters, a line each."""
    at = timezone.now()
    form, chosen = _asked(request)
    refused = [("about", name, "filter not understood", said, *[None] * 4) for name, said in form.refused.items()]
    found = figures.survey_figures(chosen, at, people_with_figures(reader(request)))
    name = f"figures-{chosen.period.first}-{chosen.period.last}.csv"
    told = lines(chosen, found, figures.loop_figures_or_none(chosen, at), at)
    return csv_out.download(name, COLUMNS, chain(refused, told))


def _asked(request: HttpRequest) -> tuple[FiguresForm, Chosen]:
    """What the address chose. Whose own figures one may not see do not exist: Http404."""
    asked = request.GET.copy()
    asked.setdefault("period", periods.DEFAULT)
    form = FiguresForm(asked)
    chosen = Chosen.read(form, request.GET, timezone.now())
    person: Any = chosen.scope.agent
    if "agent" in form.errors or (person is not None and not may_see_figures(reader(request), person)):
        raise Http404("There are no such figures.")
    return form, chosen


def _score(chosen: Chosen, found: SurveyFigures, loop: LoopFigures | None, rows: Rows) -> Context:
    counts, events = found.report.counts, loop.events if loop else ()
    worst = found.lowest
    return {
        "change": chosen.change_in_words(found.report.counts, found.before),
        "reading": reading(found.report.nps),
        "range_bar": charts.range_bar(found.report.nps),
        "scores": [(score, n, rows.answers(score__exact=score)) for score, n in enumerate(counts.by_score)],
        "bands": [(name, getattr(counts, f"{name}s"), rows.answers(band=name)) for name in reversed(BANDS)],
        "distribution": charts.distribution(counts),
        "weeks": found.weeks,
        "span": trends.span_words(found.weeks),
        "trends": [trends.trend(found.weeks, events, width=w, height=h) for w, h in ((720, 236), (330, 210))],
        "events": events,
        "is_numbered": len(events) > trends.IN_WORDS,
        "more_events": len(loop.changes) - len(events) if loop else 0,
        "answers_href": rows.answers(),
        "low": (sum(counts.by_score[: THRESHOLD + 1]), rows.answers(score__lte=THRESHOLD), THRESHOLD),
        "worst": worst and (*worst, chosen.address(team=worst[0].key)),
        "nps_beside": [one for one in found.beside if one.figure == "nps"],
    }


def _segments(chosen: Chosen, found: SurveyFigures, rows: Rows) -> Context:
    """Each row with the address that filters by it, the list of its answers, and its interval drawn."""
    whole = found.report.nps.point if found.report.nps.is_scored else None
    lines = [
        (
            segment,
            _filtered(chosen, chosen.by, segment.key),
            "" if segment.is_rest else rows.answers_of(chosen.by, segment.key),
            charts.interval(segment.nps, whole),
            {} if segment.is_rest else rows.responded_of(chosen.by, segment.key),
        )
        for segment in found.segments
    ]
    tabs = [(label, chosen.address(by=name), name == chosen.by) for name, label in DIMENSIONS.items()]
    return {
        "segments": lines,
        "tabs": tabs,
        "by": DIMENSIONS[chosen.by],
        "may_overlap": chosen.by in SEVERAL,
        "is_agents": chosen.by == "agent",
    }


def _filtered(chosen: Chosen, by: str, key: Any) -> str:
    """The page narrowed to one row of a breakdown; nothing for a row that is no one thing."""
    return chosen.address(**{by: key}) if key is not None else ""


def _asking(found: SurveyFigures, rows: Rows) -> Context:
    cells = [
        (old, [(new, found.movement.table[old, new], rows.answers(moved=f"{old}-{new}")) for new in BANDS])
        for old in BANDS
    ]
    return {
        "steps": [
            (
                step,
                rows.resolutions(asked=step.key),
                [(loss, rows.resolutions(asked=loss.place)) for loss in step.losses if loss.count],
            )
            for step in found.funnel.steps
        ],
        "funnel_bars": _both([(step.name, step.count) for step in found.funnel.steps], "pas", "pro"),
        "moves": cells,
        "moved_hrefs": {name: rows.answers(moved=name) for name in ("first", "again", "up", "down")},
        "asked_hrefs": {
            name: rows.resolutions(asked=name)
            for name in ("resolved", "heard", "delivered", "answered", "silent", HISTORY)
        },
        "bands_named": BANDS,
        "topics": [(topic, rows.answers(topics__id__exact=topic.pk)) for topic in found.topics],
    }


def _first_contact(found: SurveyFigures, rows: Rows) -> Context:
    first, by = found.first_contact, found.first_contact_by
    return {
        "fcr": first,
        "fcr_definition": DEFINITION,
        "fcr_days": REPEAT_DAYS,
        "fcr_hrefs": {name: rows.resolutions(fcr=name) for name in ("assisted", "resolved", "excepted", UNKNOWN)},
        "fcr_states": [(words, first.states[key], rows.resolutions(fcr=key)) for key, words in STATES.items()],
        "fcr_bars": _both([(key.replace("_", " ").capitalize(), first.states[key]) for key in STATES], "pro"),
        "fcr_rows": [
            (segment, _filtered(rows.chosen, by, segment.key), rows.first_contacts_of(by, segment.key))
            for segment in found.first_contact_segments
        ],
        "fcr_by": DIMENSIONS[by],
        "fcr_disagree": [
            (words, first.disagreements[key], rows.resolutions(fcr=key)) for key, words in DISAGREEMENTS.items()
        ],
        "fcr_exceptions": [
            (reason, count, rows.resolutions(fcr="excepted", first_contact_exception__exact=reason))
            for reason, count in found.exceptions
        ],
        "fcr_beside": [one for one in found.beside if one.figure != "nps"],
    }


def _loop(loop: LoopFigures | None, rows: Rows) -> Context:
    if loop is None:
        return {"links": {}}
    whole, again = loop.paces.whole, loop.recovery
    steps = [
        ("Opened", whole.loop.created),
        ("Somebody in time", whole.assigned_in_time),
        ("Reached in time", whole.loop.reached_in_time),
        ("Closed with lesson or “nothing new”", whole.loop.closed),
        ("Answered again", again.answered_again.numerator),
        ("In a higher band", again.recovered.numerator),
    ]
    spans = [(words, count) for _, words, count in whole.spans]
    return {
        "links": rows.steps() | {name: rows.follow_ups(pace=name) for name in ("again", "higher_band", "higher")},
        "overdue_href": rows.at_any_time(state="overdue"),
        "loop_bars": _both(steps, "pas", "pro"),
        "spans": [(words, count, rows.follow_ups(pace=key)) for key, words, count in whole.spans],
        "span_bars": [charts.stack(spans, late_from=len(SPANS) - 1, is_wide=is_wide) for is_wide in (True, False)]
        if whole.loop.reached
        else [],
        "policies": [(band, rows.steps(policy__slug=band.slug)) for band in loop.paces.bands],
        "cause_bars": _both([(bar.cause.name, bar.cause.count) for bar in loop.bars[:8]], "det"),
        "attributable": [
            (part, rows.follow_ups(root_cause__attributable_to__exact=part.key)) for part in loop.attributable
        ],
        "caused_href": rows.follow_ups(root_cause__isnull="False"),
        "causes": [(bar, rows.follow_ups(cause=bar.cause.pk)) for bar in loop.bars],
    }


def _both(lines: list[tuple[str, int]], *tones: str) -> list[Any]:
    """Bars for a wide and for a narrow screen; none of nothing."""
    if not any(count for _, count in lines):
        return []
    return [charts.bars(lines, tones=tones, is_wide=is_wide) for is_wide in (True, False)]
