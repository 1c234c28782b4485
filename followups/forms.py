"""Forms of the follow-ups' pages: they read what was typed and say what is wrong; verbs do the rest."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from followups.models import Attempt, FollowUp, Lesson, Outcome, ReportBack, RootCause
from followups.models.letters import LONGEST_BODY, LONGEST_SUBJECT
from followups.models.report_backs import LONGEST_TEXT
from followups.services import learning
from nps.desk.forms import DoorForm, Words, lines, local_moment
from nps.desk.models import User

#: What a result was most likely reached by, where the form does not say.
USUAL_WAY = {
    Attempt.Result.NO_ANSWER: Attempt.Via.PHONE,
    Attempt.Result.VOICEMAIL: Attempt.Via.PHONE,
    Attempt.Result.EMAILED: Attempt.Via.EMAIL,
    Attempt.Result.REACHED: Attempt.Via.PHONE,
}


MISSING_OF_PROMISE = {
    "promise": "Say what was promised.",
    "promise_due_on": "Say by which day.",
    "promise_owner": "Choose who keeps it.",
}


class VersionedForm(DoorForm):
    """Carries which version of the follow-up the person saw, so that a stale page is stopped."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**31 - 1)


def read_until(given: str) -> datetime | None:
    """The moment that one of the buttons carries."""
    try:
        until = parse_datetime(given) if given else None
    except ValueError:
        until = None
    if given and (until is None or until.tzinfo is None):
        raise ValidationError("Choose one of the times, or pick one of your own.")
    return until


class AttemptForm(VersionedForm):
    result = forms.ChoiceField(
        choices=Attempt.Result.choices,
        error_messages={"required": "Say what came of it.", "invalid_choice": "Say what came of it."},
    )
    via = forms.ChoiceField(label="How", choices=[("", "The usual way"), *Attempt.Via.choices], required=False)
    note = Words(label="Note", required=False, widget=lines(2))

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("result") and not given.get("via"):
            given["via"] = USUAL_WAY[given["result"]]
        return given


class ComposeForm(VersionedForm):
    """An e-mail to the customer."""

    version = forms.IntegerField(
        widget=forms.HiddenInput,
        min_value=1,
        max_value=2**31 - 1,
        # Without it a button pressed twice would write twice.
        error_messages={"required": "This page is not whole. Open it again; what you wrote can be copied."},
    )
    subject = Words(
        label="Subject", max_length=LONGEST_SUBJECT, strip=True, error_messages={"required": "Say what it is about."}
    )
    body = Words(
        label="Text",
        max_length=LONGEST_BODY,
        widget=lines(14),
        error_messages={"required": "Write what you want to tell the customer."},
    )


class SnoozeForm(VersionedForm):
    """`until` is what one of the buttons carries; `pick` is a time of the person's own."""

    until = forms.CharField(required=False, max_length=40)
    pick = local_moment(label="Pick a time", required=False)

    def clean_until(self) -> datetime | None:
        return read_until(self.cleaned_data["until"])

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not self.errors and not given.get("until") and not given.get("pick"):
            self.add_error("pick", "Say until when: a date and a time such as 2026-11-19 09:00.")
        return given

    def refuse(self, error: Any) -> None:
        self.add_error("pick", error.sentence)


class AssignForm(VersionedForm):
    to = forms.ChoiceField(label="To", error_messages={"required": "Choose who gets it."})
    note = Words(label="Note for them", required=False, max_length=500, strip=True)

    def __init__(self, *args: Any, people: list[tuple[str, list[tuple[int, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Choose a person"), *people]  # type: ignore[attr-defined]


class Picked(NamedTuple):
    """One row of the list that was selected, and which version of it was seen."""

    pk: int
    version: int


class BulkForm(DoorForm):
    """Which rows, and what to do with them: a time to wake up, or a person with `act` “assign”, or another `act`."""

    MOST = 200
    PICK = re.compile(r"([0-9]{1,18})-([0-9]{1,9})")

    act = forms.ChoiceField(choices=[(name, name) for name in ("claim", "release", "assign", "pick")], required=False)
    until = forms.CharField(required=False, max_length=40)
    pick_time = local_moment(label="Pick a time", required=False)
    to = forms.ChoiceField(label="To", required=False, error_messages={"invalid_choice": "Choose who gets them."})

    def __init__(self, *args: Any, people: list[tuple[str, list[tuple[int, str]]]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = [("", "Choose a person"), *people]  # type: ignore[attr-defined]

    def clean_until(self) -> datetime | None:
        return read_until(self.cleaned_data["until"])

    def clean_to(self) -> User | None:
        to = self.cleaned_data["to"]
        return User.objects.get(pk=to) if to and self.cleaned_data.get("act") == "assign" else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        sent = self.data.getlist("pick") if isinstance(self.data, QueryDict) else []
        found = {int(row[1]): int(row[2]) for row in map(self.PICK.fullmatch, sent) if row}
        given["pick"] = [Picked(pk, version) for pk, version in found.items()][: self.MOST]
        if not given["pick"]:
            raise ValidationError("Select follow-ups first.")
        act = given.get("act")
        if act == "pick" and not self.errors:
            given["until"] = given["pick_time"]
            if given["until"] is None:
                raise ValidationError("Say until when: a date and a time such as 2026-11-19 09:00.")
        if act == "assign" and not given.get("to") and not self.errors:
            raise ValidationError("Choose who gets them.")
        if not act and not given.get("until") and not self.errors:
            raise ValidationError("Say what to do with them.")
        return given


class NoteForm(DoorForm):
    text = Words(
        label="Note",
        max_length=5_000,
        widget=forms.TextInput(
            attrs={"placeholder": "Add a note", "autocomplete": "off", "data-key": "n", "aria-keyshortcuts": "n"}
        ),
    )


class ReasonForm(DoorForm):
    reason = Words(label="Reason", max_length=500, widget=lines(2))


class DeclineForm(DoorForm):
    answer = Words(label="Why does it stay open?", max_length=2_000, widget=lines(2))


class CloseForm(VersionedForm):
    """How it ended, why it happened, and what was learned. The fields stand in the order of the page."""

    outcome = forms.ChoiceField(
        label="How did it end?",
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it ended.", "invalid_choice": "Choose how it ended."},
    )
    promise = Words(label="What was promised", required=False, max_length=2_000, strip=True)
    promise_due_on = forms.DateField(
        label="By when",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day such as 2026-11-20."},
    )
    promise_owner = forms.ModelChoiceField(User.objects.none(), label="Who keeps it", required=False)
    root_cause = forms.TypedChoiceField(
        label="Root cause",
        coerce=int,
        help_text="After the dash: whom it is attributable to.",
        error_messages={"required": "Choose a root cause."},
    )
    lesson = forms.CharField(required=False, max_length=20)
    lesson_text = Words(label="What did we learn?", required=False, max_length=learning.LONGEST, widget=lines(3))
    note = Words(label="Note", required=False, max_length=5_000, widget=lines(2))
    ask_again_on = forms.DateField(
        label="Ask again on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day such as 2026-12-18."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(is_active=True).order_by("first_name", "last_name", "pk")
        self.fields["promise_owner"].queryset = people  # type: ignore[attr-defined]
        self.fields["root_cause"].choices = cause_choices(says_whom=True)  # type: ignore[attr-defined]

    def clean_root_cause(self) -> RootCause:
        return RootCause.objects.get(pk=self.cleaned_data["root_cause"])

    def clean_ask_again_on(self) -> Any:
        on = self.cleaned_data["ask_again_on"]
        if on is not None and on <= timezone.localdate():
            raise ValidationError("Choose a day after today.")
        return on

    def clean_lesson(self) -> Lesson | str:
        """“new”, “nothing_new”, or the known lesson that was picked."""
        picked = self.cleaned_data["lesson"]
        if picked in ("", "new", "nothing_new"):
            return picked
        known = Lesson.objects.filter(pk=int(picked)).first() if picked.isascii() and picked.isdigit() else None
        if known is None:
            raise ValidationError("This lesson is no longer there; pick another.")
        return known

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._clean_lesson_kind(given)
        if given.get("outcome") == Outcome.PROMISED:
            for name, words in MISSING_OF_PROMISE.items():
                if not given.get(name) and name not in self.errors:
                    self.add_error(name, words)
        return given

    def _clean_lesson_kind(self, given: dict[str, Any]) -> None:
        picked, text = given.get("lesson"), (given.get("lesson_text") or "").strip()
        if "lesson" in self.errors or "lesson_text" in self.errors:
            return
        if isinstance(picked, Lesson) or picked == "nothing_new":
            if text:
                self.add_error("lesson_text", "You wrote a lesson and picked another answer; keep one of the two.")
            given["lesson_kind"] = "known" if isinstance(picked, Lesson) else "nothing_new"
        elif len(text) < learning.SHORTEST:
            self.add_error("lesson_text", "Write one full sentence a colleague can act on, or pick a known lesson.")
        else:
            given["lesson_kind"] = FollowUp.LessonKind.NEW.value

    def say_why_chosen(self, words: str) -> None:
        """Beside the root cause that stands there before anybody chose one: from where it is known."""
        field = self.fields["root_cause"]
        field.help_text = f"{words} Choose another if that was not it. {field.help_text}"

    def ask_for_lessons(self, address: str) -> None:
        """With a script, another root cause brings the lessons known for it; without one, sending the form does."""
        self.fields["root_cause"].widget.attrs |= {
            "hx-get": address,
            "hx-trigger": "change",
            "hx-target": "#suggested",
            "hx-include": "[name=lesson]:checked",
        }


class SuggestForm(forms.Form):
    """Which cause and which lesson stand in the open closing form."""

    root_cause = forms.ModelChoiceField(RootCause.objects.filter(is_active=True), required=False)
    lesson = forms.ModelChoiceField(Lesson.objects.select_related("root_cause"), required=False)


def cause_choices(*, says_whom: bool = False) -> list[tuple[Any, Any]]:
    """The two-level list as the browser groups it: each first level with itself on top of its children; with
    `says_whom` each with whom it is attributable to."""

    def named(cause: RootCause, name: str) -> str:
        return f"{name} – {cause.get_attributable_to_display().lower()}" if says_whom else name

    causes = list(RootCause.objects.filter(is_active=True).order_by("position", "pk"))
    children: dict[int, list[tuple[int, str]]] = {}
    for cause in causes:
        if cause.parent_id is not None:
            children.setdefault(cause.parent_id, []).append((cause.pk, named(cause, cause.name)))
    groups = [
        (cause.name, [(cause.pk, named(cause, f"{cause.name} (in general)")), *children.get(cause.pk, [])])
        for cause in causes
        if cause.parent_id is None
    ]
    return [("", "Choose one"), *groups]


class ReportBackForm(DoorForm):
    """What was changed, in a field for each of `languages` (code -> how it is called there); who is told."""

    whom = forms.ChoiceField(label="Who is told", choices=ReportBack.Whom.choices, widget=forms.RadioSelect)
    shown = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def __init__(self, *args: Any, languages: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = list(languages)
        for code, name in languages.items():
            self.fields[code] = Words(
                label=f"What was changed, in {name}",
                required=False,
                max_length=LONGEST_TEXT,
                widget=lines(3, lang=code, dir="auto"),
            )

    @property
    def texts(self) -> dict[str, str]:
        return {code: self.cleaned_data.get(code, "") for code in self.languages}

    @property
    def text_fields(self) -> list[forms.BoundField]:
        return [self[code] for code in self.languages]
