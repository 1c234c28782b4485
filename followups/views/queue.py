"""The queue and the page of one follow-up: they show, and write nothing."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from followups import census, presence, queue
from followups.access import RELATED, follow_up_or_404
from followups.dossier import Dossier, colleagues_of, dossier_of, snooze_options
from followups.filters import QueueFilter
from followups.forms import AssignForm, AttemptForm, DeclineForm, NoteForm, ReasonForm, SnoozeForm
from followups.models import FollowUp
from followups.views.fragments import fragment, is_prefetch, on_own_page, wants_fragment
from nps import csv_out
from nps.desk.access import reader, staff_page
from nps.desk.forms import DoorForm

CSV_RELATED = ("customer", "account", "team", "assignee", "response")
CSV_COLUMNS = (
    ("id", "pk"),
    ("customer", "customer__name"),
    ("account", "account__name"),
    ("score", "score"),
    ("comment", "response__comment"),
    ("status", "status"),
    ("assignee", "assignee"),
    ("team", "team__name"),
    ("opened at", "opened_at"),
    ("due at", "due_at"),
    ("first contact due at", "first_contact_due_at"),
    ("reached at", "reached_at"),
    ("attempts", "attempts_made"),
)


@staff_page()
def queue_page(request: HttpRequest) -> HttpResponseBase:
    look = queue.Look(reader(request), timezone.now())
    state = queue.State.read(request.GET, look)
    refused = QueueFilter(request.GET, views=look.views() | {queue.ANY: ""}).refused
    if request.GET.get("format") == "csv":
        rows = queue.rows_of(look, state).select_related(*CSV_RELATED).in_queue_order()
        return csv_out.download_rows("follow-ups.csv", CSV_COLUMNS, rows, refused=refused.values())
    if wants_fragment(request):
        context = screen(request, look, state, has_list="list" in request.GET)
        return fragment(request, context, url=f"{reverse('queue')}?{state.query(place='')}")
    bulk = {"people": colleagues_of(look.user), "snoozes": snooze_options(look.at)} if look.user.may_write else None
    return render(request, "followups/queue.html", {**screen(request, look, state), "bulk": bulk, "refused": refused})


def screen(
    request: HttpRequest,
    look: queue.Look,
    state: queue.State,
    *,
    has_list: bool = True,
    is_fresh: bool = False,
    forms: Mapping[str, DoorForm] | None = None,
) -> dict[str, Any]:
    """All that the queue shows for `state`; without the list, all that another follow-up in it changes."""
    asked = _asked(look, state)
    listing = queue.listing_of(look, state, holding=asked) if has_list or not state.task else None
    chosen = asked or _first(state, listing)
    taken = census.current(look, is_fresh=is_fresh)
    counts = census.counts_of(look, taken, state, listing)
    context = {
        "look": look,
        "state": state,
        "census": taken,
        "title": look.title(state.view),
        "tabs": [
            {"key": key, "label": label, "count": counts.tabs[key], "query": state.query(tab=key, task="", after="")}
            for key, label in queue.TABS.items()
        ],
        "has_more": bool(state.q) and look.found(state).is_more,
        "counts_here": counts.views,
        "total": counts.tabs[state.tab],
        "listing": listing,
        "groups": queue.groups_of(look, listing, counts.tabs) if listing else [],
        "is_chosen": bool(state.task),
        "is_end": state.task == "end",
        **(detail_of(request, chosen, look, state, listing=listing) if chosen else {}),
        **(forms or {}),
    }
    if chosen is None:
        context["quiet"] = queue.quiet_of(look)
        context["nobody"] = counts.views["nobody"]
        context["others"] = presence.others(look.user)
    return context


def _asked(look: queue.Look, state: queue.State) -> FollowUp | None:
    """The one in the URL."""
    if state.task in ("", "end"):
        return None
    found = FollowUp.objects.visible_to(look.user).select_related(*RELATED).filter(pk=int(state.task)).first()
    if found is None:
        raise Http404("There is no such follow-up.")
    return found


def _first(state: queue.State, listing: queue.Listing | None) -> FollowUp | None:
    if state.task == "end" or listing is None or not listing.rows:
        return None
    return FollowUp.objects.select_related(*RELATED).get(pk=listing.rows[0].pk)


@staff_page()
def follow_up_page(request: HttpRequest, pk: int) -> HttpResponse:
    return show(request, follow_up_or_404(request, pk))


def show(
    request: HttpRequest,
    follow_up: FollowUp,
    *,
    status: int = 200,
    problem: str = "",
    is_fresh: bool = False,
    forms: Mapping[str, DoorForm] | None = None,
) -> HttpResponse:
    """The follow-up on a page of its own, or in its place in the queue where that is what asked. `forms` are those that
    were refused, with what was typed in them; `is_fresh` counts anew, after an act."""
    look = queue.Look(reader(request), timezone.now())
    state = queue.State.read(request.GET, look) if "view" in request.GET else None
    said = {"problem": problem, **(forms or {})}
    if wants_fragment(request) and not on_own_page(request):
        task = replace(state or queue.State(view=look.default_view), task=str(follow_up.pk), place="")
        return fragment(request, {**screen(request, look, task, is_fresh=True), **said}, status=status)
    context = {**detail_of(request, follow_up, look, state), **said, "is_page": True, "h": "h2", "look": look}
    if wants_fragment(request):
        context["census"] = census.current(look, is_fresh=is_fresh)
        return fragment(request, context, status=status, url=page_address(follow_up, state))
    return render(request, "followups/followup.html", context, status=status)


def page_address(follow_up: FollowUp, state: queue.State | None) -> str:
    here = f"?{state.here}" if state else ""
    return f"{reverse('followup', args=[follow_up.pk])}{here}"


def detail_of(
    request: HttpRequest,
    follow_up: FollowUp,
    look: queue.Look,
    state: queue.State | None,
    *,
    listing: queue.Listing | None = None,
) -> dict[str, Any]:
    """What the detail fragment shows, in the queue and on its own page alike. Whoever looks is seen there."""
    if not is_prefetch(request):
        presence.note(look.user, follow_up.pk)
    dossier = dossier_of(follow_up, look.user, look.at)
    version = {"version": follow_up.version}
    others = presence.others(look.user)
    taken = presence.taken(others)
    return {
        "state": state,
        "here": f"?{state.here}" if state else "",
        "place": queue.place_of(look, state, follow_up, listing=listing, skipping=taken) if state else None,
        "others": others,
        "here_too": others.get(follow_up.pk, []),
        "dossier": dossier,
        "h": "h3",
        "follow_up": follow_up,
        "attempt_form": AttemptForm(initial=version, prefix="attempt"),
        "snooze_form": SnoozeForm(initial=version, prefix="snooze"),
        "assign_form": assign_form(dossier),
        "note_form": NoteForm(prefix="note"),
        "reason_form": ReasonForm(prefix="reason"),
        "decline_form": DeclineForm(prefix="decline"),
    }


def assign_form(dossier: Dossier) -> AssignForm:
    return AssignForm(initial={"version": dossier.follow_up.version}, people=dossier.people, prefix="assign")
