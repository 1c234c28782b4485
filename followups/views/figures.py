"""One person's own figures: with and without answers that were about something else. Theirs and their lead's only."""

from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from followups.access import sees
from followups.filters import PersonFilter
from followups.models import FollowUp
from nps import organisation, periods
from nps.desk.access import may_see_figures, reader, staff_page
from nps.desk.models import User
from nps.survey import reports
from nps.survey.models import Response
from nps.survey.scoring import SMALL_N

SHOWN, MOST = 30, 100


@staff_page()
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Eight statements beside those of every page."""
    user = reader(request)
    person = get_object_or_404(User, pk=pk)
    if not may_see_figures(user, person):
        raise Http404("There are no such figures.")
    form = PersonFilter(request.GET)
    form.is_valid()
    key = form.cleaned_data.get("period") or periods.DEFAULT
    period = periods.period(key, at=timezone.now(), zone=organisation.zone())
    scope = reports.Scope(since=period.since, until=period.until, agent=person)
    report, apart = reports.report_of(scope), reports.apart_of(scope)
    elsewhere = scope.responses().filter(about__in=reports.ELSEWHERE)
    context = {
        "refused": form.refused,
        "person": person,
        "is_me": person.pk == user.pk,
        "period": period,
        "periods": periods.LABELS.items(),
        "report": report,
        "apart": apart,
        "rows": [
            (Response.About(name).label, count, name not in reports.ELSEWHERE)
            for name, count in apart.about.items()
            if count
        ],
        "others": _others(user, person),
        "set_apart": _with_follow_ups(user, list(elsewhere.order_by("-answered_at", "-pk")[:SHOWN])),
        "small_n": SMALL_N,
    }
    return render(request, "followups/person.html", context)


def _others(user: User, person: User) -> list[User]:
    """Whose figures this person may see beside these, by name."""
    people = User.objects.filter(is_active=True, memberships__isnull=False).exclude(pk=person.pk)
    if not user.sees_everything:
        people = people.filter(Q(memberships__team_id__in=user.led_team_ids) | Q(pk=user.pk))
    return list(people.distinct().order_by("first_name", "last_name", "pk")[:MOST])


def _with_follow_ups(user: User, responses: list[Response]) -> list[tuple[Response, FollowUp | None]]:
    """Each answer with its follow-up, where this person may open that."""
    rows = FollowUp.objects.filter(response__in=responses).select_related("about_by", "root_cause")
    found = {row.response_id: row for row in rows}
    return [
        (response, row if (row := found.get(response.pk)) is not None and sees(user, row) else None)
        for response in responses
    ]
