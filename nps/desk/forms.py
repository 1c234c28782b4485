"""Forms of the desk's staff pages: they read what was typed and say what is wrong; verbs do the rest."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import QuerySet

from nps import text
from nps.desk.models import Channel, Customer, Message, Product, Team, Ticket, User
from nps.desk.models.teams import Weekday
from nps.desk.roster import monday_of
from nps.desk.services import opening_hours
from nps.desk.services.replying import STAFF_KINDS
from nps.desk.zones import known_zones
from nps.errors import InvalidInput
from nps.filtering import FilterForm


class Words(forms.CharField):
    """Free text under the one rule of nps.text: kept as it came, or refused with the reason."""

    def __init__(self, *, max_length: int = text.LONG, **kwargs: Any) -> None:
        kwargs.setdefault("strip", False)
        super().__init__(**kwargs)
        # The rule says what is wrong better than Django's own validators do.
        self.validators = []
        self.longest = max_length

    def clean(self, value: Any) -> str:
        value = super().clean(value)
        try:
            return text.clean_text(
                value, field=str(self.label or "This text"), max_length=self.longest, is_required=self.required
            )
        except InvalidInput as error:
            raise ValidationError(error.sentence, code=error.code) from None


class DoorForm(forms.Form):
    """A form whose refusals, its own or a verb's, stand beside the field they are about."""

    use_required_attribute = False  # our own messages say how to go on; the browser's bubbles do not

    def refuse(self, error: InvalidInput) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.sentence)

    def resend(self, name: str, value: object) -> None:
        """Shown again, the form carries `value` in this field, and everything else as it was sent."""
        self.data = {**{key: self.data[key] for key in self.data}, self.add_prefix(name): str(value)}

    def focus_first_error(self) -> None:
        """The first wrong field gets the focus when the page is shown again."""
        for name, field in self.fields.items():
            if name in self.errors:
                field.widget.attrs["autofocus"] = True
                return


def lines(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


class TicketFilter(FilterForm):
    """The list's state, all of it in the URL."""

    SAID_THERE = frozenset({"q"})

    STATUSES = [("", "Open and waiting"), *Ticket.Status.choices, ("all", "All")]

    q = Words(label="Search", required=False, max_length=200, strip=True)
    status = forms.ChoiceField(choices=STATUSES, required=False)
    team = forms.ModelChoiceField(Team.objects.none(), required=False, empty_label="All teams")
    product = forms.ModelChoiceField(Product.objects.order_by("name"), required=False, empty_label="All products")
    channel = forms.ChoiceField(choices=[("", "All channels"), *Channel.choices], required=False)
    mine = forms.BooleanField(label="Only mine", required=False)

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "placeholder": "Subject, customer, company or #number"}
        )


class RosterFilter(FilterForm):
    """Only to say what of the roster's address is no week and no team."""

    week = forms.CharField(required=False)
    team = forms.ChoiceField(required=False)

    def __init__(self, *args: Any, teams: Iterable[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].choices = [(team.slug, team.name) for team in teams]  # type: ignore[attr-defined]
        self.fields["week"].error_messages["invalid"] = "Right would be a week such as 2026-W47."

    def clean_week(self) -> str:
        week: str = self.cleaned_data["week"]
        if week and monday_of(week) is None:
            raise ValidationError("There is no such week.", code="invalid")
        return week


class TicketForm(DoorForm):
    """A new ticket, for a customer who is known (`customer`) or is new (`name`, `email`)."""

    customer = forms.ModelChoiceField(Customer.objects.all(), required=False, widget=forms.HiddenInput)
    name = Words(
        label="Customer’s name",
        required=False,
        max_length=200,
        strip=True,
        help_text="Left out, the address stands in for it until somebody knows better.",
    )
    email = forms.CharField(label="Customer’s e-mail", required=False, max_length=254)
    subject = Words(label="Subject", max_length=300, strip=True)
    body = Words(label="First message", required=False, widget=lines(6), help_text="What the customer wrote or said.")
    team = forms.ModelChoiceField(Team.objects.none(), empty_label=None)
    product = forms.ModelChoiceField(
        Product.objects.filter(is_active=True).order_by("name"), required=False, empty_label="No product in particular"
    )
    channel = forms.ChoiceField(label="How it came in", choices=Channel.choices)
    nonce = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]

    def clean_email(self) -> str:
        address = self.cleaned_data["email"].strip()
        if address:
            try:
                validate_email(address)
            except ValidationError:
                raise ValidationError("This is no e-mail address; write one such as ingrid@example.org.") from None
        return address

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("customer") and not given.get("email") and "email" not in self.errors:
            self.add_error("email", "Say whose ticket it is: an e-mail address, or find the customer above.")
        return given


class ReplyForm(DoorForm):
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in STAFF_KINDS],
        initial=Message.Kind.ANSWER,
        widget=forms.RadioSelect,
        error_messages={"required": "Say what kind of message it is."},
    )
    body = Words(label="Message", widget=lines(4))
    nonce = forms.UUIDField(widget=forms.HiddenInput)


class ResolveForm(DoorForm):
    exception = Words(
        label="First contact exception",
        required=False,
        max_length=200,
        help_text="Only if this one should not count for first contact resolution: why not.",
    )


class ReopenForm(DoorForm):
    reason = Words(label="Why is it open again?", max_length=500, widget=lines(2))


class PassForm(DoorForm):
    """To a person, to a team, or both. `to` lists people as “person in team”."""

    to = forms.ModelChoiceField(User.objects.none(), label="Person", required=False, empty_label="Nobody in particular")
    team = forms.ModelChoiceField(Team.objects.none(), label="Team", empty_label=None)

    def __init__(self, *args: Any, people: QuerySet[User], teams: QuerySet[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = people  # type: ignore[attr-defined]
        self.fields["team"].queryset = teams  # type: ignore[attr-defined]


def local_moment(**kwargs: Any) -> forms.DateTimeField:
    """A moment typed in the reader's zone (Django reads it in the active one)."""
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(
        widget=widget,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        error_messages={"invalid": "Write a date and a time such as 2026-11-18 09:00."},
        **kwargs,
    )


class AbsenceForm(DoorForm):
    starts_at = local_moment(label="From")
    ends_at = local_moment(label="Until")
    reason = Words(label="Reason", required=False, max_length=120, strip=True)


def day_field(**kwargs: Any) -> forms.DateField:
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        error_messages={"invalid": "Write a date such as 2026-11-18."},
        **kwargs,
    )


def clock_field(**kwargs: Any) -> forms.TimeField:
    return forms.TimeField(
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"invalid": "Write a time of the day such as 08:00."},
        **kwargs,
    )


class ShiftForm(DoorForm):
    """A recurring shift, in its own zone."""

    name = Words(label="Name", max_length=40, strip=True, help_text="Such as Day, Evening, Night.")
    weekdays = forms.TypedMultipleChoiceField(
        label="Starts on",
        choices=[(day.value, day.label[:3]) for day in Weekday],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day."},
    )
    starts = clock_field(label="From")
    ends = clock_field(label="Until", help_text="At or before the start: the next day.")
    time_zone = forms.CharField(label="Time zone", max_length=60, widget=forms.Select)
    valid_from = day_field(label="First day", required=False)
    valid_to = day_field(label="Last day", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.choices = zone_choices()  # type: ignore[attr-defined]


class ShiftChangeForm(ShiftForm):
    """Other times from a day on."""

    from_on = day_field(label="From this day on", help_text="What was worked before stays as it was.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["valid_from"]
        self.order_fields(["from_on"])


class ShiftEndForm(DoorForm):
    last_on = day_field(label="Last day")


class HoursForm(DoorForm):
    """The week of a team as people write it, a line a day."""

    follows_sun = forms.BooleanField(
        required=False, label="Works around the clock", help_text="Every hour is a working hour; the week is not asked."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day in Weekday:
            self.fields[f"day_{day.value}"] = forms.CharField(label=day.label, required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        days: list[opening_hours.Day] = []
        for day in Weekday:
            name = f"day_{day.value}"
            try:
                days.append(opening_hours.read_day(cleaned.get(name, ""), field=name))
            except InvalidInput as error:
                self.refuse(error)
        if not self.errors:
            cleaned["week"] = opening_hours.Week(tuple(days), cleaned["follows_sun"])
        return cleaned

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day_{day.value}"] for day in Weekday]


class HolidayForm(DoorForm):
    on = day_field(label="Day")
    name = Words(label="Name", max_length=80, strip=True, help_text="Such as Christmas Day.")


class ProfileForm(DoorForm):
    time_zone = forms.CharField(
        max_length=60, help_text="Times on every page are shown in this zone.", widget=forms.Select
    )
    theme = forms.ChoiceField(choices=User.Theme.choices, required=False)
    languages = forms.MultipleChoiceField(
        label="Languages you work in",
        choices=settings.LANGUAGES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    uses_keys = forms.BooleanField(required=False, label="Single keys act, not only buttons")
    stays_on_task = forms.BooleanField(required=False, label="Stay where I am after an act")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].widget.choices = zone_choices()  # type: ignore[attr-defined]

    def clean_time_zone(self) -> str:
        zone = self.cleaned_data["time_zone"]
        if zone not in known_zones():
            raise ValidationError("Choose a time zone from the list, such as Europe/Oslo.")
        return zone


def zone_choices() -> list[tuple[str, Any]]:
    """Zones by continent, as the browser groups them."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(known_zones()):
        area, _, place = zone.partition("/")
        if area in {"Etc", "posix", "right"} or (not place and zone != "UTC"):
            continue
        groups.setdefault(area if place else "Universal", []).append((zone, (place or zone).replace("_", " ")))
    return [*groups.items()]
