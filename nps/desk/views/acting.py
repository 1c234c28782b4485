"""What staff do with a ticket: each is one POST, one verb, one sentence of what happened."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from nps.desk.access import reader, staff_page, ticket_or_404
from nps.desk.forms import DoorForm, ReopenForm, ReplyForm, ResolveForm
from nps.desk.models import Message, Resolution, Ticket
from nps.desk.services import accepting, concluding, handing_over, reopening, replying, resolving
from nps.desk.views.tickets import pass_form, show
from nps.errors import Conflict, InvalidInput

SAID = {
    Message.Kind.ANSWER: "Answer saved.",
    Message.Kind.INFORMATION_REQUEST: "Saved. The ticket waits for {customer}.",
    Message.Kind.NOTE: "Note saved. Only colleagues see it.",
    Message.Kind.TRIAGE: "Triage saved.",
    Message.Kind.VOICEMAIL: "Voicemail noted.",
}


@staff_page("POST")
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    ticket = ticket_or_404(request, pk)
    form = ReplyForm(request.POST, prefix="reply")
    exception = ResolveForm(request.POST, prefix="resolve")
    also_resolves = "resolve" in request.POST
    if not form.is_valid() or (also_resolves and not exception.is_valid()):
        return _refused(request, ticket, reply_form=form, resolve_form=exception)
    given = form.cleaned_data
    facts = {"ticket": ticket, "by": reader(request), "kind": given["kind"], "body": given["body"]}
    facts |= {"external_id": f"form-{given['nonce']}", "at": timezone.now()}
    try:
        if also_resolves:
            resolution = concluding.answer_and_resolve(**facts, exception=exception.cleaned_data["exception"])
            messages.success(request, f"Answered and resolved. {what_the_survey_does(resolution)}")
        else:
            replying.reply(**facts)
            messages.success(request, SAID[given["kind"]].format(customer=ticket.customer.first_name))
    except InvalidInput as error:
        form.refuse(error)
        return _refused(request, ticket, reply_form=form)
    except Conflict as error:
        # The nonce again: the first press of the button did it.
        if error.field != "external_id":
            return show(request, ticket, status=409, problem=error.sentence, reply_form=form)
    return redirect("ticket", pk=pk)


@staff_page("POST")
def resolve(request: HttpRequest, pk: int) -> HttpResponse:
    ticket = ticket_or_404(request, pk)
    form = ResolveForm(request.POST, prefix="resolve")
    if not form.is_valid():
        return _refused(request, ticket, resolve_form=form)
    try:
        resolution = resolving.resolve(
            ticket=ticket, by=reader(request), at=timezone.now(), exception=form.cleaned_data["exception"]
        )
    except Conflict as error:
        return show(request, ticket, status=409, problem=error.sentence, resolve_form=form)
    messages.success(request, f"Resolved. {what_the_survey_does(resolution)}")
    return redirect("ticket", pk=pk)


@staff_page("POST")
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    ticket = ticket_or_404(request, pk)
    try:
        accepting.accept(ticket=ticket, at=timezone.now())
    except Conflict as error:
        return show(request, ticket, status=409, problem=error.sentence)
    messages.success(request, f"Closed: {ticket.customer.first_name} accepted the solution.")
    return redirect("ticket", pk=pk)


@staff_page("POST")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    ticket = ticket_or_404(request, pk)
    form = ReopenForm(request.POST, prefix="reopen")
    if not form.is_valid():
        return _refused(request, ticket, reopen_form=form)
    try:
        reopening.reopen(ticket=ticket, at=timezone.now(), reason=form.cleaned_data["reason"], by=reader(request))
    except Conflict as error:
        return show(request, ticket, status=409, problem=error.sentence, reopen_form=form)
    messages.success(request, "Open again. When it is resolved, the customer may be asked again.")
    return redirect("ticket", pk=pk)


@staff_page("POST")
def pass_on(request: HttpRequest, pk: int) -> HttpResponse:
    ticket = ticket_or_404(request, pk)
    form = pass_form(ticket, request.POST)
    if not form.is_valid():
        return _refused(request, ticket, pass_form=form)
    to, team = form.cleaned_data["to"], form.cleaned_data["team"]
    try:
        handing_over.hand_over(ticket=ticket, to=to, team=team, by=reader(request), at=timezone.now())
    except Conflict as error:
        return show(request, ticket, status=409, problem=error.sentence, pass_form=form)
    messages.success(request, f"Passed to {to} in {team}." if to else f"Passed to {team}.")
    user = reader(request)
    still_seen = user.sees_everything or team.pk in user.team_ids or to == user
    return redirect("ticket", pk=pk) if still_seen else redirect("tickets")


def _refused(request: HttpRequest, ticket: Ticket, **forms: Any) -> HttpResponse:
    for form in forms.values():
        if isinstance(form, DoorForm) and form.errors:
            form.focus_first_error()
    return show(request, ticket, status=422, **forms)


def what_the_survey_does(resolution: Resolution) -> str:
    """One sentence about the decision that the survey made in the same transaction, if it has made it."""
    name = resolution.customer.first_name
    decision = getattr(resolution, "decision", None)
    if decision is None:
        return "Whether a survey goes out is decided within a minute."
    if decision.outcome != "invited":
        return f"No survey for {name}: {decision.get_reason_display().lower()}."
    minutes = decision.survey.delay_minutes
    return f"{name} gets the survey by e-mail {f'in {minutes} minutes' if minutes else 'now'}."
