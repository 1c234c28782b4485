"""What each asker is told on each route, found by asking about every row that it may be about. permissions.txt says
what stands in a cell."""

import re
from collections.abc import Callable, Iterator
from http.cookies import SimpleCookie
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from followups.models import Lesson
from nps.desk.models import Product, User
from tests.api.doors import DOORS, filled
from tests.house.pages import PAGES, Page
from tests.house.scenery import COLLEAGUES, FOREIGN, FOREIGN_MARK, OWN, OWN_MARK, Scenery, Side

REST = "/api/v1/"
PAGE_ASKERS = ("anonymous", "norole", "agent", "lead", "manager", "auditor", "superuser", "key")
REST_ASKERS = (*PAGE_ASKERS[:-1], "read", "tickets:write", "responses:write", "followups:write")
#: those who see the rows of their own teams only
NARROW = {"anonymous", "norole", "agent", "lead"}
#: refusals that come before anybody looks which row is meant
BEFORE_ANY_ROW = {"login", "401", "405"}
#: rows that are one person's, not the whole team's
PERSONAL = {"follow_up", "held_follow_up", "closed_follow_up", "asked_follow_up", "absence", "user"}
#: REST list -> the row that one of its addresses is about
REST_ROWS = {
    "tickets": "ticket", "resolutions": "resolution", "customers": "customer", "accounts": "account", "teams": "team",
    "shifts": "shift", "absences": "absence", "invitations": "invitation", "responses": "response",
    "follow-ups": "follow_up",
}  # fmt: skip


# ---- the routes ----------------------------------------------------------------------------------------------
def every_route() -> Iterator[tuple[str, str]]:
    """(address pattern, name) of every route there is; names are empty where Django gives none."""

    def walk(patterns: list[Any], before: str, space: str) -> Iterator[tuple[str, str]]:
        for one in patterns:
            route = before + str(one.pattern)
            if isinstance(one, URLResolver):
                yield from walk(one.url_patterns, route, f"{space}{one.namespace}:" if one.namespace else space)
            elif isinstance(one, URLPattern):
                yield route, f"{space}{one.name}" if one.name else ""

    return walk(get_resolver().url_patterns, "/", "")


def admin_routes() -> set[str]:
    """The routes that Django admin makes of its registered models, and their CSVs."""
    own = set()
    for model in admin.site._registry:
        stem = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        own |= {stem, *(f"{stem}{tail}" for tail in ("add/", "csv/", "<path:object_id>/"))}
        own |= {f"{stem}<path:object_id>/{tail}/" for tail in ("history", "delete", "change")}
    return own


def page_routes() -> list[tuple[str, str]]:
    generated = admin_routes()
    return [(route, name) for route, name in every_route() if route not in generated and not route.startswith(REST)]


def rest_operations() -> list[tuple[str, str]]:
    """(method, address) of every operation that the API's description names."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    methods = ("get", "post", "put", "patch", "delete")
    return sorted((method.upper(), path) for path, told in paths.items() for method in methods if method in told)


def rest_routes() -> set[str]:
    """The addresses under /api/v1/ that the URLconf has, written as the API's description writes them."""
    tidy = ((r"\(\?P<pk>[^)]*\)", "{id}"), (r"[\^$]", ""))
    found = {route for route, _ in every_route() if route.startswith(REST)}
    for pattern, plain in tidy:
        found = {re.sub(pattern, plain, route) for route in found}
    return found


# ---- asking --------------------------------------------------------------------------------------------------
class Asking:
    """Each question is asked within a savepoint that is rolled back, so that the next one finds the rows as it did."""

    def __init__(self, scenery: Scenery) -> None:
        self.scenery = scenery
        self.asked = 0
        self._cookies = {name: client.cookies.output() for name, client in scenery.clients.items()}

    def ask(self, who: str, method: str, path: str, body: Any = None, **how: Any) -> Any:
        client: Client = self.scenery.clients[who]
        self.asked += 1
        with transaction.atomic():
            answer = getattr(client, method.lower())(path, body, **how)
            # Read within the savepoint: a CSV asks for its rows while it is read.
            answer.said = answer.getvalue().decode("utf-8", "replace")
            transaction.set_rollback(True)
        self.forget_cookies(who)
        return answer

    def forget_cookies(self, who: str) -> None:
        """What an answer set was taken back with what it wrote."""
        self.scenery.clients[who].cookies = SimpleCookie(self._cookies[who].replace("Set-Cookie: ", ""))

    # ---- pages -----------------------------------------------------------------------------------------------
    def page_cell(self, who: str, method: str, route: str, name: str) -> str:
        page = PAGES.get(name, Page())
        if "<" not in route:
            side = self.scenery.sides[OWN]
            sent = page.body(self.scenery, side) if method == "POST" else page.query
            return self._seen(self.ask(who, method, self._plain(route), sent), method)

        def one(which: str) -> str:
            side = self.scenery.sides[which]
            body = page.body(self.scenery, side) if method == "POST" else {}
            answer = self.ask(who, method, self._address(route, page, side, which), body)
            return word_for(answer) + self._leak(who, answer, which)

        return self._of_each(one, page.row)

    @staticmethod
    def _of_each(one: Callable[[str], str], row: str) -> str:
        """What `one` says of one's own row, a colleague's and a foreign one; once where nobody looked at the row."""
        own = one(OWN)
        if own in BEFORE_ANY_ROW:
            return own
        return joined([own, one(COLLEAGUES) if row in PERSONAL else own, one(FOREIGN)])

    @staticmethod
    def _leak(who: str, answer: Any, which: str) -> str:
        """A mark where the page of one's own row names the foreign customer to somebody who must not know them."""
        is_leak = who in NARROW and which == OWN and answer.status_code == 200 and FOREIGN_MARK in answer.said
        return "+foreign" if is_leak else ""

    @staticmethod
    def _plain(route: str) -> str:
        route = re.sub(r"\(\?P<app_label>(\w+)[^)]*\)", r"\1", route)
        return re.sub(r"\(\?P<url>\.\*\)\$|[\^$]", "", route)

    def _address(self, route: str, page: Page, side: Side, which: str) -> str:
        wanted = {"pk": page.row, **dict(page.also)}

        def fill(found: re.Match[str]) -> str:
            name = found[1].rpartition(":")[2]
            if found[1] == "anything:token":
                return "no/such/page"
            if name == "token":
                return self._token(page, side, which)
            if name == "key":
                return self.scenery.mail_key
            row = wanted.get(name, "")
            return str(self.row(row, side).pk) if row else "1"

        return re.sub(r"<([^>]+)>", fill, self._plain(route))

    def _token(self, page: Page, side: Side, which: str) -> str:
        from nps.survey import links

        token = side.token if page.row == "question" else links.token_of(side.rows["invitation"])
        # A foreign link can only be one's own, altered.
        return token if which != FOREIGN else token[:-3] + ("AAA" if token[-3:] != "AAA" else "BBB")

    def row(self, name: str, side: Side) -> Any:
        return self.scenery.lesson if name == "lesson" else side.rows.get(name) or getattr(side, name)

    @staticmethod
    def _seen(answer: Any, method: str) -> str:
        """The status, and for a list which of the two customers stand in it."""
        word = word_for(answer)
        if method != "GET" or word != "200":
            return word
        marks = [mark in answer.said for mark in (OWN_MARK, FOREIGN_MARK)]
        return "200" if not any(marks) else "/".join("200" if mark else "404" for mark in marks)

    # ---- REST ------------------------------------------------------------------------------------------------
    def rest_cell(self, who: str, method: str, path: str) -> str:
        doors = [one for one in DOORS if (one.method.upper(), f"{REST}{one.path}") == (method, path)]
        door = doors[0] if doors else None

        def one(which: str) -> str:
            return self._rest_one(who, method, path, door, self.scenery.sides[which])

        if "{id}" in path:
            return self._of_each(one, door.makes if door else REST_ROWS.get(path.split("/")[3], ""))
        told = one(OWN) if method != "GET" else ""
        return told or self._listed(who, path)

    def _rest_one(self, who: str, method: str, path: str, door: Any, side: Side) -> str:
        made = door.makes if door else REST_ROWS.get(path.split("/")[3], "")
        row = self.row(made, side) if made else None
        body = {}
        if door:
            body = {name: filled(value, self.scenery) for name, value in door.body.items()}
            if door.acting and ":" in who:
                body[door.acting] = side.agent.pk if door.actor == "alice" else getattr(self.scenery, door.actor).pk
        where = path.replace("{id}", str(row.pk if row else _some(path.split("/")[3])))
        how = {"content_type": "application/json"} if method != "GET" else {}
        return word_for(self.ask(who, method, where, body, **how))

    def _listed(self, who: str, path: str) -> str:
        """200/404 for a list that holds one's own row and not the foreign one."""
        kind = REST_ROWS.get(path.split("/")[3], "")
        answer = self.ask(who, "GET", path, {"page_size": 200} if kind else {})
        if not kind or answer.status_code != 200:
            return word_for(answer)
        ids = {row["id"] for row in answer.json()["results"]}
        return joined(["200" if self.row(kind, side).pk in ids else "404" for side in self.scenery.sides.values()])


def _some(kind: str) -> int:
    """The number of a row that is nobody's in particular."""
    model = {"users": User, "products": Product, "lessons": Lesson}.get(kind)
    return model._default_manager.order_by("pk").values_list("pk", flat=True)[0] if model else 1


def word_for(answer: Any) -> str:
    where = answer.headers.get("Location", "")
    if answer.status_code == 302 and re.match(r"/(admin/)?login/", where):
        return "login"
    if answer.status_code == 401 and b'name="carried"' in answer.content:
        return "login"  # with what was typed in hand
    return str(answer.status_code)


def joined(told: list[str]) -> str:
    """Own, a colleague's and a foreign row, as short as it can be said."""
    if len(set(told)) == 1:
        return told[0]
    if len(told) == 3 and told[0] == told[1]:
        return f"{told[0]}/{told[2]}"
    return "/".join(told)
