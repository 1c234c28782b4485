"""Forms of the follow-ups' pages: they read what was typed and say what is wrong; verbs do the rest."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from followups.models import Attempt, FollowUp, Lesson, Outcome, RootCause
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


class SnoozeForm(VersionedForm):
    """`until` is what one of the buttons carries; `pick` is a time of the person's own."""

    until = forms.CharField(required=False, max_length=40)
    pick = local_moment(label="Pick a time", required=False)

    def clean_until(self) -> datetime | None:
        given = self.cleaned_data["until"]
        try:
            until = parse_datetime(given) if given else None
        except ValueError:
            until = None
        if given and (until is None or until.tzinfo is None):
            raise ValidationError("Choose one of the times, or pick one of your own.")
        return until

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


class NoteForm(DoorForm):
    text = Words(
        label="Note",
        max_length=5_000,
        widget=forms.TextInput(attrs={"placeholder": "Add a note", "autocomplete": "off"}),
    )


class ReasonForm(DoorForm):
    reason = Words(label="Reason", max_length=500, widget=lines(2))


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
    confirmed_by = forms.ModelChoiceField(
        User.objects.none(), label="Second person who confirms it", required=False, empty_label="Choose a colleague"
    )
    root_cause = forms.TypedChoiceField(
        label="Root cause", coerce=int, error_messages={"required": "Choose a root cause."}
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
        self.fields["confirmed_by"].queryset = people  # type: ignore[attr-defined]
        self.fields["root_cause"].choices = cause_choices()  # type: ignore[attr-defined]

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


def cause_choices() -> list[tuple[Any, Any]]:
    """The two-level list as the browser groups it: each first level with itself on top of its children."""
    causes = list(RootCause.objects.filter(is_active=True).order_by("position", "pk"))
    children: dict[int, list[tuple[int, str]]] = {}
    for cause in causes:
        if cause.parent_id is not None:
            children.setdefault(cause.parent_id, []).append((cause.pk, cause.name))
    groups = [
        (cause.name, [(cause.pk, f"{cause.name} (in general)"), *children.get(cause.pk, [])])
        for cause in causes
        if cause.parent_id is None
    ]
    return [("", "Choose one"), *groups]


class LessonFilter(forms.Form):
    cause = forms.ChoiceField(required=False)
    status = forms.ChoiceField(choices=[("", "All"), *Lesson.Status.choices], required=False)
    team = forms.ChoiceField(required=False)


class LessonStepForm(DoorForm):
    status = forms.ChoiceField(label="Next step", choices=Lesson.Status.choices)
    in_place_on = forms.DateField(
        label="In place since",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write a day such as 2026-11-20."},
    )
