"""Django admin under the product's name and look: one site, its areas, and the state of the day on its first page."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from config.heartbeats import BEAT, BEAT_FRESH_SECONDS, WORKER, WORKER_FRESH_SECONDS
from nps import organisation, times

logger = logging.getLogger("nines.admin")

#: how the lists are grouped on the first page, most used first
AREAS: dict[str, tuple[str, ...]] = {
    "Closed loop": (
        "followups.followup",
        "followups.lesson",
        "followups.lessonentry",
        "followups.promise",
        "followups.attempt",
        "followups.letter",
        "followups.confirmation",
        "followups.measurement",
        "followups.reportback",
        "followups.reportbackmail",
        "followups.historyentry",
    ),
    "What customers said": (
        "nps.response",
        "nps.responserevision",
        "nps.invitation",
        "nps.click",
        "nps.surveydecision",
    ),
    "Rules": (
        "followups.policy",
        "followups.rootcause",
        "followups.callguide",
        "followups.lettertemplate",
        "nps.survey",
        "nps.surveywording",
        "nps.topic",
        "nps.suppression",
        "nps.benchmark",
    ),
    "Desk": (
        "nps.ticket",
        "nps.resolution",
        "nps.message",
        "nps.customer",
        "nps.account",
        "nps.product",
        "nps.tag",
    ),
    "People and hours": (
        "nps.user",
        "nps.team",
        "nps.membership",
        "nps.shift",
        "nps.absence",
        "nps.workinghours",
        "nps.holiday",
    ),
    "Machinery": (
        "nps.delivery",
        "followups.briefing",
        "followups.digest",
        "followups.heldnotice",
        "followups.noticechoice",
        "nps.heartbeat",
        "nps.receiverfailure",
        "nps.columnmap",
        "nps.apikey",
        "auth.group",
    ),
}


#: what the rail offers beside the first page
IN_RAIL = (
    "followups.followup",
    "followups.lesson",
    "followups.promise",
    "nps.response",
    "nps.ticket",
    "nps.user",
    "nps.shift",
    "followups.policy",
    "nps.survey",
)


@dataclass(frozen=True)
class Card:
    """One figure of the day. `tone` is bad where somebody has to act, else good or nothing."""

    words: str
    figure: str
    href: str
    tone: str
    note: str = ""


class PortalAdmin(AdminSite):
    site_header = "Nines"
    site_title = "Admin"
    index_title = "Manage"
    enable_nav_sidebar = False
    login_template = "registration/login.html"
    logout_template = "admin/logged_out.html"

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated and not self.has_permission(request):
            raise PermissionDenied("Admin is for managers, leads and auditors.")
        return super().login(request, extra_context)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        found = {f"{app['app_label']}.{model['object_name'].lower()}": model for app in apps for model in app["models"]}
        areas = {name: [found.pop(label) for label in labels if label in found] for name, labels in AREAS.items()}
        areas["Other"] = list(found.values())
        return [
            {"name": name, "app_label": name, "app_url": "", "has_module_perms": True, "models": models}
            for name, models in areas.items()
            if models
        ]

    def get_urls(self) -> list[Any]:
        from config import operations

        own = [
            path("operations/", self.admin_view(operations.operations), name="operations"),
            path("operations/send-again/", self.admin_view(operations.send_all_again), name="operations_send_again"),
        ]
        return own + super().get_urls()

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        from config.operations import may_operate

        context = super().each_context(request)
        context["may_operate"] = context["has_permission"] and may_operate(request.user)
        models = {
            model["model"]._meta.label_lower: model for app in context["available_apps"] for model in app["models"]
        }
        context["rail_lists"] = [models[label] for label in IN_RAIL if label in models]
        return context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        return super().index(request, {"cards": day_of(request, timezone.now()), **(extra_context or {})})


def day_of(request: HttpRequest, at: datetime) -> list[Card]:
    """What needs somebody today, each with the way to its list, as far as this person may see it."""
    cards: list[Card] = []
    for source, permission in ((_loop_cards, "followups.view_followup"), (_machine_cards, "nps.view_delivery")):
        if not request.user.has_perm(permission):  # type: ignore[union-attr]
            continue
        try:
            cards += source(request, at)
        except Exception:
            # The lists below have to be reachable while their figures are not.
            logger.exception("the state of the day could not be read")
    return cards


def _loop_cards(request: HttpRequest, at: datetime) -> list[Card]:
    from followups import reports
    from followups.models import FollowUp, Lesson, Promise
    from nps.managing import list_of
    from nps.survey.models import Response

    user: Any = request.user
    day = reports.day(at, organisation.zone(), None if user.sees_everything else user.led_team_ids)
    nobody = f"{day.nobody_eligible} with nobody eligible" if day.nobody_eligible else ""
    counted = [
        ("Overdue follow-ups", day.overdue, list_of(FollowUp, state="overdue"), f"{day.due_today} more due today"),
        ("Nobody’s yet", day.unassigned, list_of(FollowUp, status__exact="open"), nobody),
        ("Scores of 8 or below without a follow-up", day.missing, list_of(Response, follow_up="missing"), ""),
        ("Promises past their day", day.late_promises, list_of(Promise, state="late"), ""),
    ]
    cards = [Card(words, str(count), href, "bad" if count else "good", note) for words, count, href, note in counted]
    return [*cards, Card("New lessons to decide on", str(day.new_lessons), list_of(Lesson, status__exact="new"), "")]


def _machine_cards(request: HttpRequest, at: datetime) -> list[Card]:
    from nps.managing import list_of
    from nps.outbox import reports
    from nps.outbox.models import Delivery, Heartbeat

    dead = reports.dead_count()
    cards = [Card("Mails not sent", str(dead), list_of(Delivery, status__exact="dead"), "bad" if dead else "good")]
    seen = dict(Heartbeat.objects.filter(name__in=(WORKER, BEAT)).values_list("name", "at"))
    for name, fresh in ((WORKER, WORKER_FRESH_SECONDS), (BEAT, BEAT_FRESH_SECONDS)):
        age = (at - seen[name]).total_seconds() if name in seen else None
        figure = "never" if age is None else times.brief(max(0.0, age))
        is_alive = age is not None and age <= fresh
        note = "alive" if is_alive else "no sign of life: nothing is sent or assigned by itself"
        href = reverse("admin:nps_heartbeat_changelist")
        cards.append(Card(f"Heartbeat of the {name}", figure, href, "good" if is_alive else "bad", note))
    return cards


class PortalAdminConfig(AdminConfig):
    default_site = "config.admin.PortalAdmin"

    def ready(self) -> None:
        super().ready()
        # config is no app; its checks register here.
        from config import checks  # noqa: F401
