"""What a person is mailed about follow-ups: each kind at once, in one digest a shift, or not at all."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from followups.models import NoticeChoice
from followups.notices import Kind, Rhythm, kinds_for, rhythms_for
from followups.services import digesting
from nps.desk.access import reader, staff_page
from nps.desk.forms import DoorForm
from nps.desk.models import Shift, User

Way = NoticeChoice.Way
BY_CALENDAR = [(Way.AT_ONCE.value, "By mail"), (Way.OFF.value, "Not at all")]


class NoticesForm(DoorForm):
    """One choice for each kind that can reach this person. What comes by the calendar is no part of a digest."""

    def __init__(self, *args: object, kinds: dict[str, Kind | Rhythm], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        for name, kind in kinds.items():
            several = "two" if isinstance(kind, Rhythm) else "three"
            self.fields[name] = forms.ChoiceField(
                label=kind.label,
                help_text=kind.hint,
                choices=BY_CALENDAR if isinstance(kind, Rhythm) else Way.choices,
                widget=forms.RadioSelect,
                error_messages={
                    "required": f"Choose one of the {several}.",
                    "invalid_choice": f"Choose one of the {several}.",
                },
            )


@staff_page("GET", "HEAD", "POST")
def notices(request: HttpRequest) -> HttpResponse:
    user = reader(request)
    kinds: dict[str, Kind | Rhythm] = {
        **kinds_for(is_leading=user.is_manager or bool(user.led_team_ids)),
        **rhythms_for(manages=user.is_manager, leads=bool(user.led_team_ids)),
    }
    if request.method == "POST":
        return _save(request, user, kinds)
    chosen = dict(NoticeChoice.objects.filter(user=user).values_list("kind", "way"))
    form = NoticesForm(kinds=kinds, initial={name: chosen.get(name, Way.AT_ONCE) for name in kinds})
    return _show(request, user, form)


def _save(request: HttpRequest, user: User, kinds: dict[str, Kind | Rhythm]) -> HttpResponse:
    """Each as chosen, or with one press all in the same way."""
    everything = request.POST.get("all", "")
    data = {name: _way_of(kind, everything) for name, kind in kinds.items()} if everything else request.POST
    form = NoticesForm(data, kinds=kinds)
    if not form.is_valid():
        form.focus_first_error()
        return _show(request, user, form, status=422)
    digesting.choose(user=user, ways=form.cleaned_data, at=timezone.now())
    messages.success(request, "Saved.")
    return redirect("notices")


def _way_of(kind: Kind | Rhythm, way: str) -> str:
    """What “all of them” means for this one."""
    return Way.AT_ONCE if isinstance(kind, Rhythm) and way == Way.DIGEST else way


def _show(request: HttpRequest, user: User, form: NoticesForm, *, status: int = 200) -> HttpResponse:
    at = timezone.now()
    context = {
        "form": form,
        "has_shift": Shift.objects.filter(user=user).exists(),
        "next_at": digesting.next_digest_at(user, at),
        "office": digesting.office_day(user),
        "takes_digest": any(form[name].value() == Way.DIGEST for name in form.fields),
    }
    return render(request, "followups/notices.html", context, status=status)
