"""What each role of staff is told on every page that Django admin makes of a registered model, for one's own row and a
foreign one."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.template.response import SimpleTemplateResponse
from django.urls import reverse

from tests.house.observed import Asking, Scenery, joined, word_for
from tests.house.scenery import FOREIGN, FOREIGN_MARK, OWN

ROLES = ("lead", "manager", "auditor", "superuser")
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
PARTS = ("list", "csv", "view", "history", "add", "change", "delete", "acts")


class AskingAdmin(Asking):
    """`cells` says in letters who may what: L lead, M manager, A auditor, S superuser; a lower-case l where a lead may
    so with the rows of their own teams only, and everything else is as if it did not exist.

    Whether a page opens is decided before it is written, and writing it costs most of its time, so it is left out:
    tests/house/test_admin.py looks at every page as it is written."""

    def __init__(self, scenery: Scenery, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(scenery)
        monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")

    def cells(self, model: type[Model]) -> dict[str, str]:
        told = {role: self._of_role(role, model) for role in ROLES}
        return {part: "".join(_letter(role, told[role][part]) for role in ROLES) or "-" for part in PARTS}

    def _of_role(self, who: str, model: type[Model]) -> dict[str, str]:
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        rows = rows_of(model, self.scenery)

        def of_rows(page: str, method: str, body: Any = None) -> str:
            paths = [reverse(f"{stem}_{page}", args=[row.pk]) for row in rows]
            return joined([word_for(self.ask(who, method, path, body)) for path in paths])

        listed = self.ask(who, "GET", reverse(f"{stem}_changelist"))
        told = {"list": word_for(listed), "acts": "403", "csv": "404"}
        if listed.status_code == 200:
            changes = listed.context_data["cl"]
            ids = set(changes.queryset.values_list("pk", flat=True))
            told["list"] = joined(["200" if row.pk in ids else "302" for row in rows])
            form = listed.context_data["action_form"]
            is_acting = form is not None and any(value for value, _ in form.fields["action"].choices)
            told["acts"] = "200" if is_acting else "403"
        add = reverse(f"{stem}_add")
        told["add"] = joined([word_for(self.ask(who, method, add)) for method in ("GET", "POST")])
        told["view"], told["history"] = of_rows("change", "GET"), of_rows("history", "GET")
        told["change"] = of_rows("change", "POST", {})
        deleted = of_rows("delete", "POST", {"post": "yes"})
        told["delete"] = "200" if deleted == "302" else deleted
        if admin.site._registry[model].csv_columns:  # type: ignore[attr-defined]
            answer = self.ask(who, "GET", reverse(f"{stem}_csv"))
            is_narrow = told["list"] == "200/302" and FOREIGN_MARK not in answer.said
            told["csv"] = "200/302" if is_narrow else word_for(answer)
        return told


def rows_of(model: type[Model], scenery: Scenery) -> list[Any]:
    """One's own and the foreign one, or the only one where no team has any."""
    found = []
    for which in (OWN, FOREIGN):
        side = scenery.sides[which]
        about = [row for row in side.rows.values() if type(row) is model]
        found += about or list(_related(model, side))
    found = found or list(model._default_manager.order_by("pk")[:1])
    assert found, f"the scenery has no {model._meta.label}"
    return found


def _related(model: type[Model], side: Any) -> Any:
    rows = model._default_manager.order_by("pk")
    match model.__name__:
        case "Message":
            return rows.filter(ticket=side.resolved_ticket)[:1]
        case "ResponseRevision":
            return rows.filter(response=side.response)[:1]
        case "HistoryEntry":
            return rows.filter(follow_up=side.held_follow_up)[:1]
        case "WorkingHours" | "Holiday":
            return rows.filter(team=side.team)[:1]
        case "Delivery":
            return rows.filter(purpose="survey.invitation", subject_id=side.rows["invitation"].pk)[:1]
    return []


def _letter(role: str, told: str) -> str:
    """What may be done is answered with the page (200), a form's refusal on it (200), or the way on (302). Whoever asks
    for a foreign row is sent to the list (302), as for one that does not exist."""
    letter = role[0].upper()
    if told in ("200", "302/200"):
        return letter
    if told == "200/302":
        return letter.lower()
    return "" if told in ("302", "403", "404", "403/302", "302/403") else f"?{letter}:{told}?"
