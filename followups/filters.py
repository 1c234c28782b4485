"""What the lists of the follow-ups are narrowed by, as their addresses say it."""

from collections.abc import Mapping
from typing import Any

from django import forms

from followups.lesson_reports import PROMISE_STATES
from followups.models import Lesson
from followups.queue import TABS
from nps import periods
from nps.desk.models import Team, User
from nps.filtering import FilterForm


class LessonFilter(FilterForm):
    BESIDE = FilterForm.BESIDE | {"view"}

    cause = forms.ChoiceField(required=False)
    status = forms.ChoiceField(choices=[("", "All"), *Lesson.Status.choices], required=False)
    team = forms.ChoiceField(required=False)


class PromiseFilter(FilterForm):
    state = forms.ChoiceField(choices=[("", "All"), *((state, state) for state in PROMISE_STATES)], required=False)
    team = forms.ModelChoiceField(Team.objects.all(), required=False, widget=forms.HiddenInput)
    owner = forms.ModelChoiceField(User.objects.all(), required=False, widget=forms.HiddenInput)


class CustomerFilter(FilterForm):
    q = forms.CharField(required=False)


class PersonFilter(FilterForm):
    period = forms.ChoiceField(choices=list(periods.LABELS.items()), required=False)


class QueueFilter(FilterForm):
    """Only to say what of the queue's address is no view and no tab of this person."""

    BESIDE = FilterForm.BESIDE | {"task", "place", "list", "q"}

    view = forms.ChoiceField(required=False)
    tab = forms.ChoiceField(choices=list(TABS.items()), required=False)

    def __init__(self, *args: Any, views: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["view"].choices = list(views.items())  # type: ignore[attr-defined]
