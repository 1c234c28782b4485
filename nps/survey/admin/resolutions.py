"""What the survey knows of resolutions, added to the desk's list: where each stands on the way to an answer, and at
first contact. The figures link to these."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from nps.desk.admin.tickets import ResolutionAdmin
from nps.desk.models import Resolution
from nps.survey.figures import first_contact, funnel
from nps.survey.figures.asked import followed

admin.site.unregister(Resolution)

#: what the figures narrow by and this list offers no choice of
FIGURES_LOOKUPS = frozenset(
    {
        "decision__survey__id__exact",
        "decision__survey__isnull",
        "ticket__tags__id__exact",
        "ticket__tags__isnull",
    }
)


class AskedFilter(admin.SimpleListFilter):
    """A step of the funnel and beyond, or one of its losses."""

    title = "on the way to an answer"
    parameter_name = "asked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        rows = []
        for key, name, losses in funnel.STEPS:
            rows += [(place, f"– {words}") for place, words in losses.items()]
            rows.append((key, name))
        return [*rows, *((key, name) for key, (name, _) in funnel.GROUPS.items())]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in {key for key, _ in self.lookup_choices}:
            return queryset
        places = funnel.places_of(str(value))
        return funnel.placed(followed(queryset), timezone.now()).filter(place__in=places)


class FirstContactFilter(admin.SimpleListFilter):
    title = "first contact resolution"
    parameter_name = "fcr"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        states = [(state, f"– {words}") for state, words in first_contact.STATES.items()]
        disagreements = [(name, f"Disagree: {words}") for name, words in first_contact.DISAGREEMENTS.items()]
        whole = [("assisted", "All assisted"), ("resolved", "Resolved at first contact")]
        unknown = (first_contact.UNKNOWN, "Imported without their contacts")
        return [*whole, *states, ("excepted", "Exception recorded"), *disagreements, unknown]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value in first_contact.DISAGREEMENTS:
            return first_contact.disagreeing(queryset).filter(disagreement=value)
        if value == first_contact.UNKNOWN:
            return first_contact.assisted(queryset).filter(state=value)
        rows = first_contact.assisted(queryset).exclude(state=first_contact.UNKNOWN)
        match value:
            case "assisted":
                return rows
            case "resolved":
                return rows.filter(state__in=first_contact.HELD)
            case "excepted":
                return rows.exclude(first_contact_exception="")
        return rows.filter(state=value) if value in first_contact.STATES else queryset


@admin.register(Resolution)
class AskedResolutionAdmin(ResolutionAdmin):
    list_filter: ClassVar[Any] = (AskedFilter, FirstContactFilter, *ResolutionAdmin.list_filter)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        ours = lookup in FIGURES_LOOKUPS
        return ours or super().lookup_allowed(lookup, value, request)
