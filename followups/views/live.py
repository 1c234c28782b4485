"""What an open queue asks for while nobody presses anything: who else is where, whether the open one has changed, and
now and then the counts. It says in passing that this person is still there; no row is written."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from followups import census, presence, queue
from followups.access import TakenMeanwhile, in_reach_of
from followups.models import FollowUp
from followups.services.moving import what_happened
from nps.desk.access import reader, staff_page


@staff_page()
def pulse(request: HttpRequest) -> HttpResponse:
    """`task` and the `version` of it that is shown, `writing` and `counts` as flags, and the state of the queue."""
    look = queue.Look(reader(request), timezone.now())
    state = queue.State.read(request.GET, look)
    task = int(state.task) if state.task.isdigit() else 0
    others = presence.others(look.user)
    asked = {*others, task} - {0}
    visible = FollowUp.objects.visible_to(look.user).filter(pk__in=asked) if asked else FollowUp.objects.none()
    versions = dict(visible.values_list("pk", "version"))
    if task in versions:
        presence.note(look.user, task, is_writing=request.GET.get("writing") == "1")
    told: dict[str, Any] = {
        "here": {
            pk: [{"words": one.words, "initials": one.initials} for one in people]
            for pk, people in others.items()
            if pk in versions
        },
        "change": _change(look, task, versions, request.GET.get("version", "")),
    }
    if request.GET.get("counts") == "1":
        counts = census.counts_of(look, census.current(look), replace(state, q=""))
        told["counts"] = {"open": counts.views[look.default_view], "views": counts.views}
        if not state.q:
            told["counts"]["tabs"] = {tab: counts.tabs[tab] for tab in queue.TABS}
    response = JsonResponse(told)
    response["Cache-Control"] = "no-store"
    return response


def _change(look: queue.Look, task: int, versions: dict[int, int], shown: str) -> str:
    """What happened to the open one since it was shown; "" if nothing did. Who sees it no more hears who has it."""
    if not task or not (shown.isascii() and shown.isdigit()):
        return ""
    if task in versions:
        if versions[task] == int(shown[:9]):
            return ""
        return what_happened(FollowUp.objects.get(pk=task), since_version=int(shown[:9]))
    taken = in_reach_of(look.user, [task]).first()
    return TakenMeanwhile(taken, look.at).sentence if taken is not None else ""
