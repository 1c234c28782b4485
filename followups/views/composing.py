"""The page that writes to the customer: it begins with a template, and what is sent can be taken back for a moment."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from followups.access import May
from followups.forms import ComposeForm
from followups.letters import Draft, draft_for, from_template, letters_of, why_not
from followups.models import Attempt
from followups.services import reaching_out
from followups.services.moving import ChangedMeanwhile
from followups.services.writing import UNDO_WINDOW, Written
from followups.views.act import Act, act_page
from followups.views.fragments import sheet, wants_fragment
from nps.errors import Conflict, InvalidInput

EMAILED = {"via": Attempt.Via.EMAIL, "result": Attempt.Result.EMAILED}


@act_page("GET", "HEAD", "POST")
def compose(request: HttpRequest, pk: int) -> HttpResponse:
    act = Act(request, pk)
    if request.method == "POST":
        return _posted(act)
    if not act.follow_up.is_unclosed:
        if wants_fragment(request):
            raise Conflict(f"This follow-up is {act.follow_up.get_status_display().lower()} already.")
        return redirect("followup", pk=pk)
    if not May.of(act.by, act.follow_up).work:
        raise PermissionDenied("Somebody else has to write here.")
    if reason := why_not(act.follow_up):
        raise Conflict(f"No e-mail can be sent: {reason}")
    draft = from_template(act.follow_up, act.by) if "fresh" in request.GET else draft_for(act.follow_up, act.by)
    start = {"version": act.follow_up.version, "subject": draft.subject, "body": draft.body}
    return _page(act, ComposeForm(initial=start), draft)


def _posted(act: Act) -> HttpResponse:
    form = ComposeForm(act.request.POST)
    draft = from_template(act.follow_up, act.by)
    if not form.is_valid():
        return _again(act, form, draft, 422)
    given = form.cleaned_data
    mail = Written(given["subject"], given["body"], draft.language)
    try:
        logged = reaching_out.log_attempt(
            follow_up=act.follow_up, by=act.by, at=act.at, mail=mail, expected_version=given["version"], **EMAILED
        )
    except InvalidInput as error:
        form.refuse(error)
        return _again(act, form, draft, 422)
    except Conflict as error:
        if isinstance(error, ChangedMeanwhile) and _was_sent_by_me(act, mail):
            return act.advance("Sent once.")
        act = Act(act.request, act.follow_up.pk)
        form.resend("version", act.follow_up.version)
        return _again(act, form, draft, 409, error.sentence)
    words = f"E-mail to {act.follow_up.customer.name} leaves in {UNDO_WINDOW.seconds} seconds."
    return act.advance(f"{words} Next try {act.due_words()}.", act.address("followup-undo", logged.pk))


def _was_sent_by_me(act: Act, mail: Written) -> bool:
    """Whether the change that came in between is this very e-mail: the button was pressed twice."""
    act.follow_up.refresh_from_db()
    last = letters_of(act.follow_up).order_by("-pk").first()
    return (
        last is not None
        and act.was_done_by_me("log_attempt", **EMAILED, subject=last.subject)
        and last.subject == mail.subject.strip()
        and last.body.split() == mail.body.split()
    )


def _again(act: Act, form: ComposeForm, draft: Draft, status: int, problem: str = "") -> HttpResponse:
    form.focus_first_error()
    return _page(act, form, draft, status=status, problem=problem)


def _page(act: Act, form: ComposeForm, draft: Draft, *, status: int = 200, problem: str = "") -> HttpResponse:
    if not form.is_bound:
        for name in ("subject", "body"):
            form.fields[name].widget.attrs["data-prefilled"] = True
    if not form.errors:
        form.fields["body"].widget.attrs["autofocus"] = True
    context = {
        "follow_up": act.follow_up,
        "form": form,
        "problem": problem,
        "draft": draft,
        "is_foreign": draft.language.split("-")[0] != act.follow_up.language.split("-")[0],
        "address": act.address("followup-email"),
        "fresh": f"{act.address('followup-email')}{'&' if act.state else '?'}fresh=1",
        "state": act.state,
        "number": letters_of(act.follow_up).count(),
        "seconds": UNDO_WINDOW.seconds,
    }
    if wants_fragment(act.request):
        return sheet(act.request, "followups/_compose.html", context, status=status)
    return render(act.request, "followups/compose.html", context, status=status)
