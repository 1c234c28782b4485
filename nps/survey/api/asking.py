"""The survey's REST door: what figures are asked for, read exactly as on the page."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.db.models import Model
from django.utils import timezone
from django.utils.dateparse import parse_date
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from nps import periods
from nps.desk.access import may_see_figures, people_with_figures
from nps.desk.api.acting import figures_reader
from nps.desk.api.fields import BIGGEST_ID
from nps.desk.api.filters import InstantField, WholeNumberField, refuse_unknown, wrong_parameters
from nps.desk.models import Account, Channel, Product, Tag, Team, User
from nps.errors import NotAllowed
from nps.survey.figures.scope import MOST, Scope
from nps.survey.models import Survey

USUAL_PERIOD = timedelta(days=90)


class MomentField(InstantField):
    """A moment, or a day: its first moment in the organisation's zone, or (`is_end`) the first of the day after."""

    def __init__(self, *, is_end: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.is_end = is_end

    def to_python(self, value: Any) -> datetime | None:
        try:
            day = parse_date(value) if value and len(value) == 10 else None
            if day is None:
                return super().to_python(value)
            day += timedelta(days=1) if self.is_end else timedelta()
            return timezone.make_aware(datetime.combine(day, time()), timezone.get_default_timezone()).astimezone(UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError("There is no such day.") from None


class RowField(forms.CharField):
    """The id, or the slug where there is one, of an existing row."""

    def __init__(self, model: type[Model], **kwargs: Any) -> None:
        super().__init__(max_length=120, required=False, **kwargs)
        self.model = model

    def clean(self, value: Any) -> Model | None:
        text = super().clean(value)
        if not text:
            return None
        rows = self.model._default_manager.all()
        if text.isascii() and text.isdigit():
            found = rows.filter(pk=int(text)).first() if int(text) <= BIGGEST_ID else None
        else:
            found = rows.filter(slug=text).first() if hasattr(self.model, "slug") else None
        if found is None:
            raise forms.ValidationError(f"There is no {self.model._meta.verbose_name} {text}.")
        return found


class FiguresQuery(forms.Form):
    since = MomentField(required=False)
    until = MomentField(required=False, is_end=True)
    team = RowField(Team)
    product = RowField(Product)
    agent = RowField(User)
    channel = forms.ChoiceField(choices=[("", ""), *Channel.choices], required=False)
    shift = forms.CharField(max_length=40, required=False)
    account = RowField(Account)
    survey = RowField(Survey)
    tag = RowField(Tag)
    contacts = WholeNumberField(least=0, most=MOST, required=False)
    handovers = WholeNumberField(least=0, most=MOST, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        until = given.get("until") or timezone.now()
        since = given.get("since") or until - USUAL_PERIOD
        if not self.errors and since >= until:
            raise forms.ValidationError({"until": "The end must come after the beginning."})
        for name, moment in (("since", since), ("until", until)):
            if not self.errors and not periods.EARLIEST <= moment.date() <= periods.LATEST:
                raise forms.ValidationError({name: "Days from 1980 to 2199 have figures."})
        texts = {name: given.get(name) or "" for name in ("channel", "shift")}
        return {**given, "since": since, "until": until, **texts}


def _parameter(name: str, text: str, kind: type = str, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, kind, description=text, **more)


#: what every report can be narrowed by
PARAMETERS = [
    _parameter("since", "A moment with its offset, or a day; 90 days before `until` unless given."),
    _parameter("until", "A moment with its offset (before it), or a day (with it); now unless given."),
    _parameter("team", "Id or slug, as it was at the resolution."),
    _parameter("product", "Id or slug."),
    _parameter(
        "agent", "Id: one's own, or that of somebody one leads; for a key, one whose figures its owner may see.", int
    ),
    _parameter("channel", "How the customer came.", enum=Channel.values),
    _parameter("shift", "Its name at the resolution."),
    _parameter("account", "Id.", int),
    _parameter("survey", "Id or slug."),
    _parameter("tag", "Id.", int),
    _parameter("contacts", "Conversations until the resolution; 4 stands for 4 or more.", int),
    _parameter("handovers", "Hand-overs until the resolution; 4 stands for 4 or more.", int),
]


def scope_of(request: Request, *, beside: frozenset[str] = frozenset()) -> Scope:
    """What the address asks for; ValidationError for a parameter that is none (but those of `beside`), NotAllowed for
    the figures of somebody whom one does not lead; a key has the rights of its owner in this."""
    refuse_unknown(request, set(FiguresQuery.base_fields) | beside)
    query = FiguresQuery(request.query_params)
    if not query.is_valid():
        raise wrong_parameters(query)
    scope = Scope(**query.cleaned_data)
    agent: Any = scope.agent
    if agent is None:
        return scope
    user = figures_reader(request)
    if user is not None and may_see_figures(user, agent):
        return scope
    raise NotAllowed("An agent's own figures are theirs, their lead's and their manager's.", field="agent")


def people_shown(request: Request) -> frozenset[int] | None:
    """The ids of those whose own figures may be shown to whoever asks; None for everybody's."""
    user = figures_reader(request)
    return frozenset() if user is None else people_with_figures(user)
