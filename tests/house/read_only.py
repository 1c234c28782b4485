"""S2: fields that a door does not offer, sent to it all the same. Each act is done as it should be and then with forged
fields added, from the same rows; whatever differs in any table of the product was changed by a forged field."""

import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models, transaction
from django.http import QueryDict
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator

from tests.api.doors import DOORS, Door, filled
from tests.house.filled_forms import Form, forms_in
from tests.house.observed import REST, Asking, page_routes, word_for
from tests.house.pages import PAGES
from tests.house.scenery import FOREIGN, OWN, Scenery

ROOMS = ("nps", "followups", "auth")
MODELS = [model for room in ROOMS for model in apps.get_app_config(room).get_models(include_auto_created=True)]
#: who is asked in turn until one may: a page's act may be only its holder's, or only a manager's
ACTORS = ("agent", "lead", "manager", "superuser", "anonymous")
NUMBER, MOMENT, TEXT = 700_000_001, "1999-01-02T03:04:05Z", "forged-by-s2"
State = dict[str, list[dict[str, Any]]]
Cell = tuple[str, int, str]  # table, row, column
Body = dict[str, Any]


@dataclass
class Act:
    """One way to write. `offered` are the names that it may be sent."""

    name: str
    who: str
    method: str
    path: str
    body: Body
    offered: set[str]
    is_json: bool = False
    prefix: str = ""  # of the names in its form


@dataclass
class Seen:
    """What came of one act."""

    name: str
    is_done: bool = False  # without forged fields it is accepted: with them it could do more
    fields: int = 0  # that were forged at once
    refused: int = 0
    ignored: int = 0
    failed: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


def tables() -> State:
    return {model._meta.label: list(model._base_manager.order_by("pk").values()) for model in MODELS}


# ---- what is forged ------------------------------------------------------------------------------------------
def forged_values(scenery: Scenery) -> tuple[dict[str, list[Any]], dict[str, set[str]]]:
    """Every column of every table by its name: values that it could take, and the tables that have it."""
    found: dict[str, list[Any]] = {}
    having: dict[str, set[str]] = {}
    for model in MODELS:
        for column in model._meta.get_fields():
            if isinstance(column, models.Field):
                for name in {column.name, getattr(column, "attname", column.name)}:
                    found.setdefault(name, []).extend(_values(column, scenery))
                    having.setdefault(name, set()).add(model._meta.label)
    return {name: [one for n, one in enumerate(told) if one not in told[:n]] for name, told in found.items()}, having


def _values(column: models.Field, scenery: Scenery) -> list[Any]:
    if column.choices:
        return [value for value, _ in column.flatchoices if value != ""]
    if isinstance(column, models.ForeignKey | models.ManyToManyField):
        to = column.related_model
        pk = scenery.sides[FOREIGN].agent.pk if to._meta.model_name == "user" else _last(to)  # type: ignore[union-attr]
        return [] if pk is None else [[pk] if column.many_to_many else pk]
    match column:
        case models.BooleanField():
            return [True, False]
        case models.DateTimeField():
            return [MOMENT]
        case models.DateField():
            return [MOMENT[:10]]
        case models.TimeField():
            return ["03:04"]
        case models.IntegerField() | models.FloatField():
            return [NUMBER, 1]
        case models.JSONField():
            return [[1]]
    return [TEXT]


def _last(model: Any) -> Any:
    return model._base_manager.order_by("-pk").values_list("pk", flat=True).first()


# ---- the ways to write ---------------------------------------------------------------------------------------
class Forger(Asking):
    def __init__(self, scenery: Scenery) -> None:
        super().__init__(scenery)
        self.base = tables()
        self.values, self.tables = forged_values(scenery)
        self._schema = SchemaGenerator().get_schema(request=None, public=True)

    def ways(self) -> "list[partial[Act | None]]":
        """REST, pages, admin: each gives its act, or None where nobody may."""
        made: list[partial[Act | None]] = [partial(self._rest, door) for door in DOORS]
        made += [partial(self._page, route, name) for route, name in page_routes() if name in PAGES]
        for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
            made += [partial(self.by_admin, what, model) for what in ("add", "change")]
        return made

    def _rest(self, door: Door) -> Act:
        side = self.scenery.sides[OWN]
        body = {name: filled(value, self.scenery) for name, value in door.body.items()}
        if door.acting:
            body[door.acting] = side.agent.pk if door.actor == "alice" else getattr(self.scenery, door.actor).pk
        path = REST + (door.path.format(id=self.row(door.makes, side).pk) if door.makes else door.path)
        offered = self._offered_by_rest(f"{REST}{door.path}", door.method)
        assert body.keys() <= offered, door.name
        return Act(f"REST {door.name}", "key", door.method, path, body, offered, is_json=True)

    def _offered_by_rest(self, path: str, method: str) -> set[str]:
        told = self._schema["paths"][path][method].get("requestBody", {}).get("content", {})
        shape = told.get("application/json", {}).get("schema", {})
        if "$ref" in shape:
            shape = self._schema["components"]["schemas"][shape["$ref"].rsplit("/", 1)[1]]
        return {name for name, one in shape.get("properties", {}).items() if not one.get("readOnly")}

    def _page(self, route: str, name: str) -> Act | None:
        page, side = PAGES[name], self.scenery.sides[OWN]
        path = self._address(route, page, side, OWN) if "<" in route else self._plain(route)
        body = page.body(self.scenery, side)
        for who in ACTORS:
            answer = self.ask(who, "POST", path, body)
            if word_for(answer) not in ("302", "303"):
                continue
            parents = {path, re.sub(r"[^/]+/$", "", path), re.sub(r"[^/]+/\d+/[^/]+/$", "", path), answer["Location"]}
            offered = {n for one in parents for n in self._offered_by_page(who, one)} | body.keys()
            stems = {one.partition("-")[0] for one in body if "-" in one}
            return Act(name, who, "post", path, body, offered, prefix=f"{stems.pop()}-" if len(stems) == 1 else "")
        return None

    def _offered_by_page(self, who: str, path: str) -> set[str]:
        answer = self.ask(who, "GET", path)
        return {name for form in forms_in(answer.said) for name in form.names} if answer.status_code == 200 else set()

    def by_admin(self, what: str, model: type[models.Model]) -> Act | None:
        stem, label = f"admin:{model._meta.app_label}_{model._meta.model_name}", model._meta.label
        row = next((one for one in self.scenery.sides[OWN].rows.values() if type(one) is model), None)
        change = reverse(f"{stem}_change", args=[row.pk if row else _last(model)])
        path = reverse(f"{stem}_add") if what == "add" else change
        form, known = self._form(path), self._form(change) if what == "add" else None
        if form is None:
            return None
        if known:  # a new row as much like one that is there as may be, without the rows within it
            alike = {name: told for name, told in known.fields.items() if name in form.names and "-" not in name}
            form.fields |= {name: _new(name, told) for name, told in alike.items()}
            form.fields.pop("is_default", None)
        if what == "add":
            form.fields |= {name: [str(told)] for name, told in self._own_of_new(label).items()}
        if label == "nps.ColumnMap":
            form.fields["spec"] = [json.dumps({"fields": {"external_id": "id", "email": "mail"}})]
        return Act(f"admin {what} {label}", "superuser", "post", path, {**form.fields, "_save": "Save"}, form.names)

    def _own_of_new(self, label: str) -> Body:
        """What a row must not share with the one that it is like, or that is never shown again."""
        people = self.scenery
        found: dict[str, Body] = {
            "followups.CallGuide": {"language": "sv"},
            "followups.LetterTemplate": {"language": "sv"},
            "followups.NoticeChoice": {"user": people.lena.pk},
            "followups.Policy": {"slug": "added"},
            "nps.ApiKey": {"name": "Added"},
            "nps.Benchmark": {"on": "2026-01-02"},
            "nps.Customer": {"email": "added@fjordvik.example"},
            "nps.Holiday": {"on": "2027-03-01"},
            "nps.Membership": {"user": people.maya.pk},
            "nps.Suppression": {"address": "added@fjordvik.example"},
            "nps.SurveyWording": {"language": "de"},
            "nps.User": {"password1": "battery staple 9", "password2": "battery staple 9"},
            "nps.WorkingHours": {"weekday": 6},
        }
        return found.get(label, {})

    def _form(self, path: str) -> Form | None:
        """The form of a page of admin that has a button to save."""
        answer = self.ask("superuser", "GET", path)
        found = forms_in(answer.said) if answer.status_code == 200 else []
        return next((form for form in found if "_save" in form.names), None)

    # ---- trying ----------------------------------------------------------------------------------------------
    def do(self, act: Act, more: Mapping[str, Any]) -> tuple[int, State]:
        """The act with `more` in its body, and the tables after it; then it is taken back."""
        client = self.scenery.clients[act.who]
        body = {**act.body, **more}
        sent, kind = (json.dumps(body), "application/json") if act.is_json else (_encoded(body), _FORM)
        with transaction.atomic():
            answer = getattr(client, act.method)(act.path, sent, content_type=kind)
            answer.getvalue()
            after = tables()
            transaction.set_rollback(True)
        self.forget_cookies(act.who)
        return answer.status_code, after

    def forge(self, act: Act, *, each: float = 0.0, dice: random.Random | None = None) -> Seen:
        """Everything that is not offered at once; then each column of the tables that the act touches by itself, with
        each of its values, or a drawn share of those."""
        seen = Seen(act.name)
        status, right = self.do(act, {})
        touched = {label for label, _, _ in differences(right, self.base)}
        seen.is_done = bool(touched) or status in (201, 302, 303) or (act.is_json and status == 200)
        names = sorted(name for name, told in self.values.items() if told and name not in act.offered)
        seen.fields = len(names)
        singles = [{name: value} for name in names if self.tables[name] & touched for value in self.values[name]]
        if each < 1:
            singles = (dice or random.Random(0)).sample(singles, round(each * len(singles)))
        for more in ({name: self.values[name][0] for name in names}, *singles):
            self._try(act, more, seen, right)
        return seen

    def _try(self, act: Act, more: Body, seen: Seen, right: State) -> None:
        prefixed = {f"{act.prefix}{name}": value for name, value in more.items()} if act.prefix else {}
        told, after = self.do(act, {n: v for n, v in {**more, **prefixed}.items() if n not in act.offered})
        is_refused = told >= 400
        changed = differences(self.base if is_refused else right, after)
        if changed and not is_refused:
            # Some cells, such as keys, differ each time by themselves; even there nothing forged may be.
            noise = differences(right, self.do(act, {})[1])
            changed = (changed - noise) | _sentinels(after, noise)
        seen.refused, seen.ignored = seen.refused + is_refused, seen.ignored + (not is_refused)
        if told >= 500:
            seen.failed.append(f"{act.name} {sorted(more)[:3]}: {told}")
        if changed:
            cells = ", ".join(".".join(map(str, one)) for one in sorted(changed, key=str)[:3])
            said = ", ".join(f"{name}={value}" for name, value in more.items())
            seen.changed.append(f"{act.name} {said:.60}: {cells}")


_FORM = "application/x-www-form-urlencoded"


def _new(name: str, told: list[str]) -> list[str]:
    """A value that nobody else has, where it must be so."""
    is_unique = name in ("name", "slug", "username", "external_id") and told and told[0]
    return [f"{told[0][:20]}7"] if is_unique else told


def _encoded(body: Mapping[str, Any]) -> str:
    form = QueryDict(mutable=True)
    for name, value in body.items():
        form.setlist(name, [str(one) for one in value] if isinstance(value, list) else [str(value)])
    return form.urlencode()


def differences(one: State, other: State) -> set[Cell]:
    """Cells that are not alike, as (table, row, column); a row too many or too few is (table, row, "")."""
    found = set()
    for label, rows in one.items():
        others = other[label]
        for n in range(max(len(rows), len(others))):
            if n >= len(rows) or n >= len(others):
                found.add((label, n, ""))
            elif rows[n] != others[n]:
                found |= {(label, n, name) for name in rows[n] if rows[n][name] != others[n][name]}
    return found


def _sentinels(after: State, noise: set[Cell]) -> set[Cell]:
    """Cells that differ from one time to the next by themselves, and hold what was forged."""
    forged = {NUMBER, TEXT, datetime.fromisoformat(MOMENT)}
    return {
        (label, n, name)
        for label, n, name in noise
        if name and n < len(after[label]) and _plain(after[label][n][name]) in forged
    }


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | str | datetime) else str(value)
