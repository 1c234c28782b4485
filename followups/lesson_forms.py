"""The form of a lesson's page: its next step, and what is to be changed by whom."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from followups.models import Lesson
from followups.services import learning
from nps.desk.forms import DoorForm, Words, lines
from nps.desk.models import Product, Team, User
from nps.desk.models.users import WRITING


def _owners(*, besides: int | None) -> QuerySet[User]:
    """Who can be given work, and whoever has this already."""
    able = Q(is_active=True) & (Q(is_superuser=True) | Q(groups__name__in=WRITING))
    return User.objects.filter(able | Q(pk=besides)).distinct()


class LessonStepForm(DoorForm):
    """The next step of a lesson (none: it is only written anew), what is changed, by whom, where, and why."""

    FACTS = ("change", "owner", "team", "product")

    change = Words(
        label="Change to make",
        required=False,
        max_length=learning.LONGEST,
        widget=lines(3),
        help_text="In a sentence. “In place” needs it, and an owner.",
    )
    owner = forms.ModelChoiceField(User.objects.none(), required=False, empty_label="Nobody yet")
    team = forms.ModelChoiceField(Team.objects.order_by("name"), required=False, empty_label="All teams")
    product = forms.ModelChoiceField(Product.objects.order_by("name"), required=False, empty_label="All products")
    in_place_on = forms.DateField(
        label="In place since",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="For “In place”; empty means today.",
        error_messages={"invalid": "Write a day such as 2026-11-20."},
    )
    note = Words(label="Why", required=False, max_length=learning.LONGEST, widget=lines(2))
    status = forms.ChoiceField(label="Next step", choices=Lesson.Status.choices, required=False)

    def __init__(self, data: Any = None, *, lesson: Lesson) -> None:
        super().__init__(data, initial={name: getattr(lesson, name) for name in self.FACTS})
        self._lesson = lesson
        owners = _owners(besides=lesson.owner_id).order_by("first_name", "last_name", "username")
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]
        if Lesson.Status.IN_PLACE not in learning.NEXT[lesson.status]:
            del self.fields["in_place_on"]

    @property
    def facts(self) -> dict[str, Any]:
        """What was sent of the change; a form without these fields leaves them as they are."""
        return {name: self.cleaned_data[name] for name in self.FACTS if name in self.data}

    @property
    def says_more(self) -> bool:
        """Whether something was sent beside a step that the lesson does not say yet: facts, a reason, another day."""
        day = str(self.data.get("in_place_on", "")).strip()
        is_other_day = bool(day) and day != str(self._lesson.in_place_on)
        facts = any(getattr(self._lesson, name) != value for name, value in self.facts.items())
        return facts or is_other_day or bool(self.cleaned_data["note"].strip())
