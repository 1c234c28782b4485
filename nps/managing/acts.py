"""Acts in Django admin: each calls one verb per chosen row, and a refusal becomes a message."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme as is_ours

from nps.errors import DomainError
from nps.managing.addresses import address_of
from nps.remembered import Remembered

MOST_AT_ONCE = 500
Row = Any


@dataclass(frozen=True)
class Act:
    """What an admin action asks of a verb. `verb(request, row, at, **answers)` returns False where nothing was left to
    do; `form` asks for what the verb needs; `fits` says on one row's page whether the act makes sense."""

    verb: Callable[..., Any]
    label: str
    done: str
    form: type[forms.Form] | None = None
    fits: Callable[[Row], bool] = lambda row: True
    is_grave: bool = False


def act(
    label: str,
    *,
    done: str,
    form: type[forms.Form] | None = None,
    fits: Callable[[Row], bool] = lambda row: True,
    is_grave: bool = False,
) -> Callable[[Callable[..., Any]], Any]:
    """Make a method `(self, request, row, at, **answers)` an admin action that calls its verb once per chosen row."""

    def decorate(method: Callable[..., Any]) -> Any:
        @admin.action(description=label, permissions=["act"])
        @wraps(method)
        def action(self: "ActingAdmin", request: HttpRequest, queryset: models.QuerySet[Any]) -> Any:
            return self.perform(request, queryset, method.__name__, Act(method, label, done, form, fits, is_grave))

        action.act = Act(method, label, done, form, fits, is_grave)  # type: ignore[attr-defined]
        return action

    return decorate


class ActingAdmin(admin.ModelAdmin):
    """`refusals` are what verbs raise when they cannot do as asked; `act_related` is loaded with the chosen rows."""

    refusals: ClassVar[tuple[type[Exception], ...]] = (DomainError,)
    act_related: ClassVar[tuple[str, ...]] = ()
    logs_acts: ClassVar[bool] = True

    def has_act_permission(self, request: HttpRequest) -> bool:
        opts = self.opts
        return request.user.has_perm(f"{opts.app_label}.change_{opts.model_name}")  # type: ignore[union-attr]

    def perform(self, request: HttpRequest, queryset: models.QuerySet[Any], name: str, wanted: Act) -> Any:
        """Call the verb for each row, each in a transaction of its own; what it refuses becomes a message."""
        rows = list(queryset.select_related(*self.act_related)[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.message_user(request, f"{MOST_AT_ONCE} rows at once are the most.", messages.ERROR)
            return None
        answers: dict[str, Any] = {}
        if wanted.form is not None:
            form = wanted.form(request.POST if "apply" in request.POST else None)
            if not form.is_valid():
                return self._ask(request, rows, name, wanted, form)
            answers = form.cleaned_data
        self._call_all(request, rows, wanted, answers)
        back = request.POST.get("back", "")
        if back == "row" and len(rows) == 1:
            return HttpResponseRedirect(address_of(rows[0]) or ".")
        # Another page of this site, which offered the act.
        return HttpResponseRedirect(back) if back.startswith("/") and is_ours(back, allowed_hosts=None) else None

    def _call_all(self, request: HttpRequest, rows: list[Row], wanted: Act, answers: dict[str, Any]) -> None:
        at, done, refused = timezone.now(), 0, []
        for row in rows:
            try:
                if wanted.verb(self, request, row, at, **answers) is False:
                    refused.append(f"{row}: nothing to do, it is in another state already.")
                    continue
            except self.refusals as error:
                refused.append(f"{row}: {error}")
                continue
            done += 1
            if self.logs_acts:
                self.log_change(request, row, f"{wanted.label}.")
        if done:
            noun = self.opts.verbose_name if done == 1 else self.opts.verbose_name_plural
            self.message_user(request, f"{done} {noun} {wanted.done}.", messages.SUCCESS)
        for sentence in refused[:5]:
            self.message_user(request, sentence, messages.ERROR)
        if len(refused) > 5:
            self.message_user(request, f"{len(refused) - 5} more were refused.", messages.ERROR)
        Remembered.forget_all()

    def _ask(self, request: HttpRequest, rows: list[Row], name: str, wanted: Act, form: forms.Form) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": wanted.label,
            "opts": self.opts,
            "rows": rows,
            "form": form,
            "act": wanted,
            "action": name,
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "select_across": request.POST.get("select_across", "0"),
            "back": request.POST.get("back", ""),
            "media": self.media + form.media,
        }
        return TemplateResponse(request, "admin/act.html", context)

    def acts_for(self, request: HttpRequest, row: Row) -> list[tuple[str, Act]]:
        """The acts that fit this row, for the buttons on its page."""
        actions: Any = self.get_actions(request)
        offered = ((name, getattr(action, "act", None)) for name, (action, *_) in actions.items())
        return [(name, offer) for name, offer in offered if offer is not None and offer.fits(row)]
