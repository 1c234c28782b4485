"""One act on one follow-up: who does it, when, and where it leads afterwards, with and without a script."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from followups import presence, queue
from followups.access import RELATED, TakenMeanwhile, follow_up_to_act_on, sees
from followups.models import FollowUp
from followups.views.fragments import fragment, on_own_page, unkept, wants_fragment
from followups.views.queue import screen, show
from nps import times
from nps.desk.access import View, reader, staff_page
from nps.desk.forms import DoorForm
from nps.desk.models import User
from nps.errors import Conflict


class Act:
    """Reads the follow-up under the rules of who may act on it; TakenMeanwhile, Http404."""

    def __init__(self, request: HttpRequest, pk: int) -> None:
        self.request = request
        self.by: User = reader(request)
        self.at = timezone.now()
        self.follow_up = follow_up_to_act_on(request, pk)
        self.look = queue.Look(self.by, self.at)
        self.state = queue.State.read(request.GET, self.look) if "view" in request.GET else None
        # Reaching somebody moves the deadline: then the URL says where in the view the person was before.
        self._key = queue.read_cursor(self.state.place if self.state else "") or queue.key_of(self.follow_up)

    # ---- where it leads --------------------------------------------------------------------------------------
    def stay(self, words: str, undo: str = "") -> HttpResponse:
        """The same follow-up again, where the person still sees it."""
        messages.success(self.request, words, extra_tags=undo)
        if not sees(self.by, self.follow_up):
            return self._go("")
        if self.state is None and not wants_fragment(self.request):
            return redirect("followup", pk=self.follow_up.pk)
        return self._go(self.follow_up.pk)

    def advance(self, words: str, undo: str = "") -> HttpResponse:
        """The next of the view that the person works through; from its own page, the same one again."""
        if self.state is None or self.by.stays_on_task:
            return self.stay(words, undo)
        messages.success(self.request, words, extra_tags=undo)
        return self._go(next_of(self.look, self.state, self._key) or "end")

    def _go(self, task: int | str) -> HttpResponse:
        state = replace(self.state or queue.State(view=self.look.default_view), task=str(task), place="")
        if wants_fragment(self.request):
            return turn(self.request, self.look, state)
        return redirect(f"{reverse('queue')}?{state.query()}")

    # ---- where it does not -----------------------------------------------------------------------------------
    def refused(self, **forms: DoorForm) -> HttpResponse:
        for form in forms.values():
            form.focus_first_error()
        return show(self.request, self.follow_up, status=422, forms=forms)

    def stopped(self, error: Conflict, **forms: DoorForm) -> HttpResponse:
        """The change is shown first; what was typed stays, with the new version under it."""
        now = follow_up_to_act_on(self.request, self.follow_up.pk)
        for form in forms.values():
            form.resend("version", now.version)
        return show(self.request, now, status=409, problem=error.sentence, forms=forms)

    def was_done_by_me(self, verb: str, **detail: Any) -> bool:
        """Whether the change that came in between is this very act: the button was pressed twice."""
        last = self.follow_up.history.exclude(verb="claim").order_by("-at", "-pk").first()
        return (
            last is not None
            and last.verb == verb
            and last.actor_id == self.by.pk
            and all(last.detail.get(name) == value for name, value in detail.items())
            and (self.at - last.at).total_seconds() < 60
        )

    # ---- addresses -------------------------------------------------------------------------------------------
    def address(self, name: str, *args: int, keeps_place: bool = False) -> str:
        """Of another act on the same follow-up; `keeps_place` for one that ends the turn that this one began."""
        place = queue.as_cursor(self._key) if keeps_place else ""
        here = f"?{self.state.query(task='', place=place)}" if self.state else ""
        return f"{reverse(name, args=[self.follow_up.pk, *args])}{here}"

    def due_words(self) -> str:
        return times.short(timezone.localtime(self.follow_up.due_at), timezone.localtime(self.at))


def next_of(look: queue.Look, state: queue.State, key: queue.Key) -> int | None:
    """The next of the view that nobody else has open."""
    taken = presence.taken(presence.others(look.user))
    return queue.next_after(look, state, key, skipping=taken)


def turn(request: HttpRequest, look: queue.Look, state: queue.State, *, status: int = 200) -> HttpResponse:
    """To htmx: the follow-up (or the end) that `state` is at, in the queue or on a page of its own."""
    in_queue = f"{reverse('queue')}?{state.query()}"
    if not on_own_page(request):
        return fragment(request, screen(request, look, state, is_fresh=True), status=status, url=in_queue)
    if state.task in ("", "end"):
        response = unkept(HttpResponse())
        response["HX-Redirect"] = in_queue
        return response
    return show(
        request, FollowUp.objects.select_related(*RELATED).get(pk=int(state.task)), status=status, is_fresh=True
    )


def act_page(*methods: str) -> Callable[[View], View]:
    """A staff page that acts on one follow-up. Where somebody else took it meanwhile, a browser with scripts is led on
    to the next one and told; others get the page that says so."""

    def wrap(view: View) -> View:
        @staff_page(*(methods or ("POST",)))
        @wraps(view)
        def guarded(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                return view(request, pk, *args, **kwargs)
            except TakenMeanwhile as error:
                if not wants_fragment(request) or on_own_page(request) or "view" not in request.GET:
                    raise
                messages.error(request, error.sentence)
                look = queue.Look(reader(request), timezone.now())
                state = queue.State.read(request.GET, look)
                after = next_of(look, state, queue.key_of(error.follow_up)) or "end"
                return turn(request, look, replace(state, task=str(after), place=""), status=409)

        return guarded

    return wrap
