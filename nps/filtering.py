"""The filters of a list, all of them in its address: what was not understood is said, with what would be right."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict
from django.utils.choices import flatten_choices

LONGEST, MOST_NAMED = 40, 16
#: where in a list one stands and what of it is sent; the rest of an address narrows
PLACES = frozenset({"page", "after", "format", "task", "place", "list"})


def values_of(data: Any, name: str) -> list[str]:
    """The different values that an address gives a parameter, in their order."""
    return list(dict.fromkeys(data.getlist(name))) if isinstance(data, QueryDict) else [data.get(name, "")]


def value_of(data: Any, name: str) -> str:
    """What an address gives a parameter; nothing where it gives several values, of which none can be preferred."""
    values = values_of(data, name)
    return values[0] if len(values) == 1 else ""


def said_twice(values: list[str]) -> str:
    """What is said of a parameter that takes one value and was given several."""
    named = _listed((f"“{_cut(value)}”" for value in values[:MOST_NAMED]), "and")
    return f"is given {len(values)} values, {named}; right would be one"


class FilterForm(forms.Form):
    """A filter that is not understood, or is given several values, narrows nothing and is named on the page
    (`refused`); the others hold."""

    #: what the address holds beside filters
    BESIDE: ClassVar[frozenset[str]] = frozenset({"page", "after", "format"})
    #: filters that have their refusal beside them on the page
    SAID_THERE: ClassVar[frozenset[str]] = frozenset()

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        repeated = {name: values for name in self.fields if len(values := values_of(self.data, name)) > 1}
        if repeated:
            left: Any = self.data
            self.data = left = left.copy()
            for name, values in repeated.items():
                left.pop(name)  # none of them is shown as chosen
                self.errors.pop(name, None)
                self.add_error(name, forms.ValidationError(said_twice(values), code="repeated"))
        return given

    @property
    def refused(self) -> dict[str, str]:
        """Each filter of the address that was not understood, by its name there: a sentence."""
        said = {name: self._said(name) for name in self.errors if name in self.fields}
        unknown = [name for name in self.data if name not in self.fields and name not in self.BESIDE]
        there = _listed(self.fields, "and")
        beside = {name: values_of(self.data, name) for name in self.data if name in self.BESIDE - PLACES}
        said |= {name: f"“{name}” {said_twice(values)}." for name, values in beside.items() if len(values) > 1}
        return said | {name: f"There is no filter “{_cut(name)}” here, only {there}." for name in unknown[:5]}

    @property
    def unsaid(self) -> dict[str, str]:
        """Those of them that stand beside no field of the page."""
        return {name: said for name, said in self.refused.items() if name not in self.SAID_THERE}

    def _said(self, name: str) -> str:
        label, field = str(self[name].label), self.fields[name]
        label = label[:1].upper() + label[1:]
        value = _cut(str(self.data.get(self.add_prefix(name), "")))
        codes = {error.code for error in self.errors.as_data()[name]}
        if "repeated" in codes:
            return f"{label} {' '.join(map(str, self.errors[name]))}."
        if not codes & {"invalid", "invalid_choice"}:
            return f"{label}: {' '.join(map(str, self.errors[name]))}"
        return f"{label} “{value}” is not understood; {_right(field)}."


def _right(field: forms.Field) -> str:
    if isinstance(field, forms.ModelChoiceField):
        hidden = isinstance(field.widget, forms.HiddenInput)
        return "right would be the number of one that exists" if hidden else "choose one of the list"
    if not isinstance(field, forms.ChoiceField):
        return str(field.error_messages["invalid"])[:1].lower() + str(field.error_messages["invalid"])[1:].rstrip(".")
    choices: Any = field.choices
    named = [(str(value), str(label)) for value, label in flatten_choices(choices) if value not in ("", None)]
    # A row's number says nothing to anybody; its name stands in the list of the page.
    if len(named) > MOST_NAMED or any(value.isdigit() and value != label for value, label in named):
        return "choose one of the list"
    return f"right would be {_listed((value for value, _ in named), 'or')}"


def _listed(names: Iterable[str], joint: str) -> str:
    *most, last = names
    return f"{', '.join(most)} {joint} {last}" if most else last


def _cut(text: str) -> str:
    """What was in the address, short and on one line."""
    kept = "".join(one for one in text if one.isprintable())
    return kept if len(kept) <= LONGEST else f"{kept[:LONGEST]}…"
