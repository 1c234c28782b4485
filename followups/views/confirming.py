"""What waits for a second person: the list, and the buttons that say yes, say no, or take the question back."""

from datetime import timedelta

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from followups.access import follow_up_or_404
from followups.forms import DeclineForm
from followups.models import Confirmation, FollowUp
from followups.services import confirming
from followups.views.queue import show
from nps.desk.access import reader, staff_page
from nps.errors import Conflict, InvalidInput

SHOWN = 100
TWICE = timedelta(minutes=1)
RELATED = (
    "follow_up__customer",
    "follow_up__account",
    "follow_up__team",
    "follow_up__response",
    "asked_by",
    "root_cause",
)


@staff_page()
def confirmation_list(request: HttpRequest) -> HttpResponse:
    """Those this person can decide, and those they asked themselves; longest waiting first."""
    user = reader(request)
    rows = Confirmation.objects.select_related(*RELATED).order_by("asked_at", "pk")
    context = {
        "mine": list(rows.decidable_by(user)[:SHOWN]),
        "asked": list(rows.pending().filter(asked_by=user)[:SHOWN]),
        "form": DeclineForm(prefix="decline"),
        "may_decide": user.may_write and (user.is_manager or bool(user.led_team_ids)),
    }
    return render(request, "followups/confirmations.html", context)


@staff_page("POST")
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    follow_up, asked = _asked(request, pk)
    try:
        confirming.confirm(confirmation=asked, by=reader(request), at=timezone.now())
    except Conflict as error:
        return _refused(request, follow_up, asked, error)
    messages.success(request, f"Confirmed and closed: {follow_up.customer.name} did not give this answer.")
    return _back(request, follow_up)


@staff_page("POST")
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    follow_up, asked = _asked(request, pk)
    form = DeclineForm(request.POST, prefix="decline")
    if form.is_valid():
        try:
            answer = form.cleaned_data["answer"]
            confirming.decline(confirmation=asked, by=reader(request), at=timezone.now(), answer=answer)
        except InvalidInput as error:
            form.refuse(error)
        except Conflict as error:
            return _refused(request, follow_up, asked, error)
        else:
            messages.success(request, f"Declined. {asked.asked_by} is told why.")
            return _back(request, follow_up)
    form.focus_first_error()
    return show(request, follow_up, status=422, forms={"decline_form": form})


@staff_page("POST")
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    follow_up, asked = _asked(request, pk)
    try:
        confirming.withdraw(confirmation=asked, by=reader(request), at=timezone.now())
    except Conflict as error:
        return _refused(request, follow_up, asked, error)
    messages.success(request, "Taken back. Close it another way, or ask again.")
    return redirect("followup", pk=follow_up.pk)


def _asked(request: HttpRequest, pk: int) -> tuple[FollowUp, Confirmation]:
    """The follow-up and the latest question about it; 404 where there is none, or for whom it does not exist."""
    follow_up = follow_up_or_404(request, pk)
    rows = follow_up.confirmations.select_related("asked_by", "root_cause", "lesson")
    asked = rows.order_by("-pk").first()
    if asked is None:
        raise Http404("Nobody was asked about this follow-up.")
    asked.follow_up = follow_up
    return follow_up, asked


def _refused(request: HttpRequest, follow_up: FollowUp, asked: Confirmation, error: Conflict) -> HttpResponse:
    """Decided already. By this person, a moment ago: then the button was pressed twice, which is no mistake."""
    now = Confirmation.objects.get(pk=asked.pk)
    is_mine = now.decided_by_id == reader(request).pk
    if is_mine and now.decided_at is not None and timezone.now() - now.decided_at < TWICE:
        return _back(request, follow_up)
    return show(request, follow_up_or_404(request, follow_up.pk), status=409, problem=error.sentence)


def _back(request: HttpRequest, follow_up: FollowUp) -> HttpResponse:
    """To the list, if the button stood there."""
    return redirect("confirmations") if "list" in request.POST else redirect("followup", pk=follow_up.pk)
