"""The queue and the page of one follow-up: they show, and write nothing."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from followups import queue
from followups.access import RELATED, follow_up_or_404
from followups.dossier import Dossier, dossier_of
from followups.forms import AssignForm, AttemptForm, NoteForm, ReasonForm, SnoozeForm
from followups.models import FollowUp
from nps.desk.access import reader, staff_page
from nps.desk.forms import DoorForm


@staff_page()
def queue_page(request: HttpRequest) -> HttpResponse:
    look = queue.Look(reader(request), timezone.now())
    state = queue.State.read(request.GET.dict(), look)
    tabs = queue.tab_counts(look, state)
    listing = queue.listing_of(look, state, tabs)
    chosen = _chosen(look, state, listing)
    context = {
        "look": look,
        "state": state,
        "title": look.views()[state.view],
        "tabs": [{"key": key, "label": label, "count": tabs[key]} for key, label in queue.TABS.items()],
        "total": tabs[state.tab],
        "listing": listing,
        "is_chosen": bool(state.task),
        "is_end": state.task == "end",
        **(detail_of(request, chosen, look, state) if chosen else {}),
    }
    if chosen is None:
        context["quiet"] = queue.quiet_of(look)
        context["nobody"] = queue.counts_of(look)["nobody"]
    return render(request, "followups/queue.html", context)


def _chosen(look: queue.Look, state: queue.State, listing: queue.Listing) -> FollowUp | None:
    """The one in the URL, else the first of the list."""
    if state.task == "end" or not (state.task or listing.rows):
        return None
    pk = int(state.task) if state.task else listing.rows[0].pk
    found = FollowUp.objects.visible_to(look.user).select_related(*RELATED).filter(pk=pk).first()
    if found is None:
        raise Http404("There is no such follow-up.")
    return found


@staff_page()
def follow_up_page(request: HttpRequest, pk: int) -> HttpResponse:
    return show(request, follow_up_or_404(request, pk))


def show(
    request: HttpRequest,
    follow_up: FollowUp,
    *,
    status: int = 200,
    problem: str = "",
    forms: Mapping[str, DoorForm] | None = None,
) -> HttpResponse:
    """The follow-up on a page of its own. `forms` are those that were refused, with what was typed in them."""
    look = queue.Look(reader(request), timezone.now())
    state = queue.State.read(request.GET.dict(), look) if "view" in request.GET else None
    context = {
        **detail_of(request, follow_up, look, state),
        "problem": problem,
        "is_page": True,
        "h": "h2",
        **(forms or {}),
    }
    return render(request, "followups/followup.html", context, status=status)


def detail_of(request: HttpRequest, follow_up: FollowUp, look: queue.Look, state: queue.State | None) -> dict[str, Any]:
    """What the detail fragment shows, in the queue and on its own page alike."""
    dossier = dossier_of(follow_up, look.user, look.at)
    version = {"version": follow_up.version}
    return {
        "state": state,
        "here": f"?{state.here}" if state else "",
        "place": queue.place_of(look, state, follow_up) if state else None,
        "dossier": dossier,
        "h": "h3",
        "follow_up": follow_up,
        "attempt_form": AttemptForm(initial=version, prefix="attempt"),
        "snooze_form": SnoozeForm(initial=version, prefix="snooze"),
        "assign_form": assign_form(dossier),
        "note_form": NoteForm(prefix="note"),
        "reason_form": ReasonForm(prefix="reason"),
    }


def assign_form(dossier: Dossier) -> AssignForm:
    return AssignForm(initial={"version": dossier.follow_up.version}, people=dossier.people, prefix="assign")
