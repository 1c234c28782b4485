"""What the figures are asked for: the filters of the page, all in its address, and what each of them narrows."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import timezone

from followups.reports import Selection
from nps import organisation, periods
from nps.desk.models import Account, Channel, Product, Shift, Tag, Team, User
from nps.filtering import FilterForm
from nps.survey import changes
from nps.survey.figures.breakdowns import how_many
from nps.survey.figures.scope import MOST, NUMBERS, PATHS
from nps.survey.models import Survey
from nps.survey.reports import DIMENSIONS, Scope
from nps.survey.scoring import Counts

FEW = [("", ""), *((str(number), str(number)) for number in range(MOST + 1))]


class DayField(forms.DateField):
    def __init__(self, label: str) -> None:
        day = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(label=label, widget=day, input_formats=["%Y-%m-%d"], required=False)
        self.error_messages["invalid"] = "Right would be a day such as 2026-03-31."


class FiguresForm(FilterForm):
    """The filters of the page. Those of HIDDEN come from a name in a table and are taken away by their chip."""

    period = forms.ChoiceField(choices=list(periods.LABELS.items()), required=False, initial=periods.DEFAULT)
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False, empty_label="All teams")
    product = forms.ModelChoiceField(Product.objects.order_by("name"), required=False, empty_label="All products")
    channel = forms.ChoiceField(choices=[("", "All channels"), *Channel.choices], required=False)
    shift = forms.CharField(max_length=40, required=False)
    survey = forms.ModelChoiceField(Survey.objects.order_by("name"), required=False, empty_label="All surveys")
    first = DayField("From")
    last = DayField("to")
    account = forms.ModelChoiceField(Account.objects.all(), required=False, widget=forms.HiddenInput)
    tag = forms.ModelChoiceField(Tag.objects.all(), required=False, widget=forms.HiddenInput)
    agent = forms.ModelChoiceField(User.objects.all(), required=False, widget=forms.HiddenInput)
    contacts = forms.TypedChoiceField(
        choices=FEW, coerce=int, empty_value=None, required=False, widget=forms.HiddenInput
    )
    handovers = forms.TypedChoiceField(
        choices=FEW, coerce=int, empty_value=None, required=False, widget=forms.HiddenInput
    )
    by = forms.ChoiceField(choices=list(DIMENSIONS.items()), required=False, widget=forms.HiddenInput)

    SHOWN = ("period", "team", "product", "channel", "shift", "survey")
    DAYS = ("first", "last")
    HIDDEN = ("account", "tag", "agent", "contacts", "handovers", "by")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # A shift that is called otherwise by now is still a shift of its time.
        names = {*Shift.objects.values_list("name", flat=True), str(self.data.get("shift", ""))[:40]} - {""}
        choices = [("", "All shifts"), *((name, name) for name in sorted(names))]
        self.fields["shift"].widget = forms.Select(choices=choices)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        try:
            if not {"first", "last"} & set(self.errors):
                self._days(given, timezone.now())
        except ValueError as error:
            self.add_error("first" if given.get("first") else "last", str(error))
        return given

    @staticmethod
    def _days(given: dict[str, Any], at: datetime) -> periods.Period:
        """The days that were given, of which one may be missing, or the last so many weeks."""
        first, last, key = given.get("first"), given.get("last"), given.get("period") or periods.DEFAULT
        zone = organisation.zone()
        return (
            periods.days(first, last, key=key, at=at, zone=zone)
            if first or last
            else periods.period(key, at=at, zone=zone)
        )

    def chosen_period(self, at: datetime) -> periods.Period:
        """What was given of it and understood; days of which one was not are left out both."""
        wrong = {"first", "last"} & set(self.errors)
        given = {name: value for name, value in self.cleaned_data.items() if not wrong or name == "period"}
        return self._days(given, at)

    @property
    def shown(self) -> list[forms.BoundField]:
        return [self[name] for name in self.SHOWN]

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[name] for name in self.DAYS]

    @property
    def kept(self) -> list[forms.BoundField]:
        """Hidden filters that narrow, so that another choice does not lose them."""
        return [self[name] for name in self.HIDDEN if self.data.get(name) and name not in self.errors]


@dataclass(frozen=True)
class Chosen:
    """What the filters chose, as each report takes it. `by`: what the page is broken down by."""

    period: periods.Period
    scope: Scope
    selection: Selection
    by: str
    query: QueryDict

    @classmethod
    def read(cls, form: FiguresForm, query: QueryDict, at: datetime) -> "Chosen":
        """A filter that is not one is shown as an error beside it and does not narrow."""
        form.is_valid()
        period = form.chosen_period(at)
        narrowed = {name: value for name in PATHS if (value := form.cleaned_data.get(name)) not in (None, "")}
        scope = Scope(since=period.since, until=period.until, **narrowed).keeping_days()
        return cls(period, scope, Selection.of(scope), form.cleaned_data.get("by") or "team", query)

    def before(self) -> Scope:
        return self.scope.before(organisation.zone())

    def chips(self) -> list[tuple[str, str]]:
        """(words, the address without it) of every filter that narrows."""
        found = [(_in_words(name, value), self.address(**{name: None})) for name, value in self.scope.narrowed_by()]
        if self.period.key == periods.CUSTOM:
            found.insert(0, (self.period.label, self.address(first=None, last=None)))
        return found

    def address(self, **changes: Any) -> str:
        """The page under the same filters but for `changes`; None takes one away."""
        query = self.query.copy()
        for name, value in changes.items():
            query.pop(name, None)
            if value is not None:
                query[name] = str(value)
        return f"?{query.urlencode()}"

    @property
    def before_in_words(self) -> str:
        return f"the {periods.length_in_words(self.period)} before"

    def change_in_words(self, now: Counts, before: Counts) -> str:
        """How the score stands against the period before; "" of all time, before which there is nothing."""
        return "" if self.period.key == periods.ALL else changes.in_words(now, before, self.before_in_words)


def _in_words(name: str, value: Any) -> str:
    if name == "channel":
        return str(Channel(value).label)
    if name in NUMBERS:
        return how_many(name, value)
    prefix = {"shift": "Shift: ", "tag": "Tag: ", "agent": "Agent: "}.get(name, "")
    return f"{prefix}{value}"
