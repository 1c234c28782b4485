"""S1: every role × every route × own and foreign rows, as permissions.txt declares it. A route without a line fails."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.urls import include, path

from config.urls import urlpatterns as everything
from nps.management.commands.catch_mail import Keeper
from tests.house.observed import (
    PAGE_ASKERS,
    REST_ASKERS,
    Asking,
    admin_routes,
    every_route,
    page_routes,
    rest_operations,
    rest_routes,
)
from tests.house.observed_admin import MODELS, PARTS, AskingAdmin
from tests.house.scenery import NOW, Scenery

urlpatterns = [path("mailbox/", include("config.mailbox")), *everything]
pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.urls(__name__)]

TABLE = Path(__file__).with_name("permissions.txt")
Key = tuple[str, ...]


def declared(section: str) -> tuple[list[str], dict[Key, list[str]]]:
    """The heads of a section's cells, and its lines: (method, route) or (model,) -> cells."""
    text = TABLE.read_text().partition(f"[{section}]\n")[2].partition("\n[")[0]
    head, *lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    named = 1 if section == "admin" else 2
    rows = {tuple(line[:named]): line[named:] for line in lines}
    assert len(rows) == len(lines), f"a line stands twice in [{section}]"
    assert {len(cells) for cells in rows.values()} == {len(head) - named}, f"a line of [{section}] is not whole"
    return head[named:], rows


def compare(section: str, found: dict[Key, list[str]]) -> None:
    heads, rows = declared(section)
    undeclared = [" ".join((*key, *cells)) for key, cells in found.items() if key not in rows]
    gone = [" ".join(key) for key in rows if key not in found]
    wrong = [
        f"{' '.join(key)}, {head}: {cell} instead of {should}"
        for key, cells in found.items()
        for head, cell, should in zip(heads, cells, rows.get(key, cells), strict=True)
        if cell != should
    ]
    print(f"cells {sum(map(len, found.values()))}, wrong {len(wrong)}, undeclared {len(undeclared)}")
    assert not undeclared, "not in permissions.txt, and true now:\n" + "\n".join(undeclared)
    assert not gone, "in permissions.txt, and nowhere else:\n" + "\n".join(gone)
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def asking(settings: Any, tmp_path: Path) -> Iterator[Asking]:
    settings.MAILBOX_DIR = str(tmp_path / "mailbox")
    Keeper(tmp_path / "mailbox").keep(b"Subject: Hello\r\nContent-Type: text/html\r\n\r\n<p>Hello</p>", ["a@b.example"])
    with time_machine.travel(NOW, tick=False):
        scenery = Scenery()
        scenery.mail_key = next(Path(settings.MAILBOX_DIR, "new").iterdir()).name
        yield Asking(scenery)


@pytest.fixture
def asking_admin(monkeypatch: pytest.MonkeyPatch) -> Iterator[AskingAdmin]:
    with time_machine.travel(NOW, tick=False):
        yield AskingAdmin(Scenery(), monkeypatch)


def test_pages(asking: Asking) -> None:
    _, rows = declared("pages")
    found: dict[Key, list[str]] = {}
    for route, name in page_routes():
        for method in ("GET", "POST"):
            if (method, route) in rows:
                found[method, route] = [asking.page_cell(who, method, route, name) for who in PAGE_ASKERS]
                continue
            told = [asking.page_cell(who, method, route, name) for who in ("anonymous", "superuser")]
            if told[1] != "405" or told[0] not in ("405", "login"):
                found[method, route] = [asking.page_cell(who, method, route, name) for who in PAGE_ASKERS]
    compare("pages", found)


def test_rest(asking: Asking) -> None:
    operations = rest_operations()
    assert rest_routes() == {route for _, route in operations}, "every address is described, and no other"
    found = {
        (method, route): [asking.rest_cell(who, method, route) for who in REST_ASKERS] for method, route in operations
    }
    compare("rest", found)
    for route in sorted(rest_routes()):
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - {method for method, of in operations if of == route}:
            for who in ("superuser", "key"):
                assert asking.rest_cell(who, method, route) == "405", (who, method, route)


def test_admin(asking_admin: AskingAdmin) -> None:
    found = {model._meta.label_lower: asking_admin.cells(model) for model in MODELS}
    compare("admin", {(model,): [cells[part] for part in PARTS] for model, cells in found.items()})


def test_admin_is_shut_to_everybody_else(asking: Asking) -> None:
    """No page of a model opens for whoever is not staff, whatever else they may."""
    shut = [route for route, _ in every_route() if route in admin_routes()]
    assert len(shut) > 100
    for route in shut:
        for who in ("anonymous", "norole", "agent", "key"):
            for method in ("GET", "POST"):
                answer = asking.ask(who, method, re.sub("<[^>]*>", "1", route))
                assert (answer.status_code, answer["Location"][:13]) == (302, "/admin/login/"), (route, who)
