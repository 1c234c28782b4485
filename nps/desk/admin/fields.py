"""Form fields for what the desk keeps as lists: weekdays, languages, scopes; and for time zones."""

import re
from typing import Any

from django import forms
from django.conf import settings

from nps.desk.models.teams import Weekday

LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")


class ZoneInput(forms.TextInput):
    """A text field that offers the IANA zones as it is typed in; the list is on the page once (see zones_datalist)."""

    def __init__(self) -> None:
        super().__init__(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false", "class": "vTextField"})


class WeekdaysField(forms.TypedMultipleChoiceField):
    """Ticked days as a sorted list of 0 (Monday) to 6 (Sunday)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Weekday.choices, coerce=int, widget=forms.CheckboxSelectMultiple, **kwargs)

    def clean(self, value: Any) -> list[int]:
        return sorted(super().clean(value))


class ScopesField(forms.MultipleChoiceField):
    """Ticked scopes of an API key."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [(scope, scope) for scope in settings.API_SCOPES]
        super().__init__(choices=choices, widget=forms.CheckboxSelectMultiple, **kwargs)


class LanguagesField(forms.CharField):
    """Codes with commas between, such as "en, nb", kept as a list."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        codes = [code.strip().lower() for code in (super().clean(value) or "").split(",") if code.strip()]
        for code in codes:
            if not LANGUAGE.fullmatch(code):
                raise forms.ValidationError(f"“{code}” is not a language code; write codes such as en, nb, de.")
        return codes

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial or []), data)
