"""“You told us, we changed”: write it, look at who gets which mail, send it. The second look is a page of its own."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from followups.access import sees
from followups.forms import ReportBackForm
from followups.models import Lesson, ReportBack
from followups.report_back_mails import Sheet, sheet_of
from followups.report_backs import Audience, Listener, audience_of, may_tell
from followups.services import reporting_back
from nps.desk.access import reader, staff_page
from nps.desk.models import User
from nps.errors import Conflict, InvalidInput
from nps.survey.wording import LANGUAGES, words_in

SHOWN = 100  # of those who get it, and of those who do not

Whom = ReportBack.Whom


@dataclass(frozen=True)
class Line:
    """One customer in a list; by name where the reader may see them."""

    listener: Listener
    is_seen: bool


@staff_page("GET", "HEAD", "POST")
def tell(request: HttpRequest, pk: int) -> HttpResponse:
    """POST with `step`: preview shows what would be sent to whom, send does it, edit goes back to the text."""
    lesson = get_object_or_404(Lesson.objects.select_related("root_cause", "team", "product", "owner"), pk=pk)
    user = reader(request)
    if not may_tell(user, lesson):
        raise PermissionDenied("Its owner, a lead of its team or a manager tells customers what came of a lesson.")
    everybody = {whom: audience_of(lesson, whom, timezone.now()) for whom in Whom.values}
    spoken = everybody[Whom.CAUSE].languages
    posted = request.POST if request.method == "POST" else None
    languages = {code: LANGUAGES[code].own_name for code in LANGUAGES if code in spoken or (posted and code in posted)}
    form = ReportBackForm(posted, languages=languages, initial={"whom": Whom.LINKED})
    if posted is None:
        if lesson.status != Lesson.Status.IN_PLACE:
            raise Conflict("Customers are told once the change is in place.")
        return _writing(request, lesson, form, everybody)
    try:
        if not form.is_valid():
            return _writing(request, lesson, form, everybody, status=422)
        texts = reporting_back.check(lesson=lesson, texts=form.texts)
    except InvalidInput as error:
        form.refuse(error)
        return _writing(request, lesson, form, everybody, status=422)
    if posted.get("step") == "edit":
        return _writing(request, lesson, form, everybody)
    whom = form.cleaned_data["whom"]
    problem, status = "", 200
    if posted.get("step") == "send":
        try:
            made = reporting_back.report_back(
                lesson=lesson, texts=texts, by=user, at=timezone.now(), whom=whom, shown=form.cleaned_data["shown"]
            )
        except Conflict as error:
            if _was_done_by(user, lesson, texts):
                messages.success(request, "They are told once.")
                return redirect("lesson", pk=pk)
            problem, status = error.sentence, 409
        else:
            number = made.mails.count()
            messages.success(request, f"{number} customer{'s are' if number != 1 else ' is'} told what was changed.")
            return redirect("lesson", pk=pk)
    audience = audience_of(lesson, whom, timezone.now()) if problem else everybody[whom]
    return _looking(request, lesson, form, audience.in_languages(texts), texts, problem=problem, status=status)


def _was_done_by(user: User, lesson: Lesson, texts: dict[str, str]) -> bool:
    """Whether what is asked for has just been done: the button was pressed twice."""
    last = ReportBack.objects.filter(lesson=lesson).order_by("-pk").first()
    return last is not None and (last.by_id, last.texts) == (user.pk, texts)


def _writing(
    request: HttpRequest, lesson: Lesson, form: ReportBackForm, everybody: dict[str, Audience], *, status: int = 200
) -> HttpResponse:
    form.focus_first_error()
    context = {
        "lesson": lesson,
        "form": form,
        "choices": [{"value": whom.value, "label": whom.label, "count": len(everybody[whom].told)} for whom in Whom],
        "chosen": form["whom"].value(),
        "is_anybody": bool(everybody[Whom.CAUSE].told),
        "not_told": _lines(everybody[Whom.CAUSE].not_told, reader(request)),
        "not_told_count": len(everybody[Whom.CAUSE].not_told),
    }
    return render(request, "followups/tell.html", context, status=status)


def _looking(
    request: HttpRequest,
    lesson: Lesson,
    form: ReportBackForm,
    audience: Audience,
    texts: dict[str, str],
    *,
    problem: str,
    status: int,
) -> HttpResponse:
    user = reader(request)
    context: dict[str, Any] = {
        "lesson": lesson,
        "form": form,
        "problem": problem,
        "texts": texts,
        "mark": audience.mark,
        "sheets": [_example(audience, code, texts[code], user) for code in audience.languages],
        "told": _lines(audience.told, user),
        "told_count": len(audience.told),
        "not_told": _lines(audience.not_told, user),
        "not_told_count": len(audience.not_told),
    }
    return render(request, "followups/tell_preview.html", context, status=status)


def _lines(listeners: list[Listener], user: User) -> list[Line]:
    return [Line(one, sees(user, one.follow_up)) for one in listeners[:SHOWN]]


def _example(audience: Audience, code: str, text: str, user: User) -> Sheet:
    """The mail as one customer of that language gets it, one whom the reader may see if there is any."""
    whose: Iterable[Listener] = [one for one in audience.told if one.language == code]
    example = min(whose, key=lambda one: not sees(user, one.follow_up))
    sheet = sheet_of(example.follow_up, text, code)
    if sees(user, example.follow_up):
        return sheet
    return replace(sheet, hello=words_in(code).hello_nobody)
