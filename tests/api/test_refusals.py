"""Bad input at the REST door: which field, what is wrong; never a 5xx, and nothing half-written."""

import json
from typing import Any

import pytest
from django.core.cache import cache
from django.db import OperationalError, transaction
from django.test import RequestFactory
from rest_framework.test import APIClient

from config import wsgi
from followups.models import Attempt, FollowUp, HistoryEntry, Lesson
from nps.desk.models import Account, Customer, Message, Resolution, Tag, Ticket
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, Response, SurveyDecision
from tests.api.conftest import World
from tests.api.doors import BY_NAME, DOORS, Door, Scene, placed

WRITTEN = [
    Account, Attempt, Customer, Delivery, FollowUp, HistoryEntry, Invitation, Lesson, Message, Resolution, Response,
    SurveyDecision, Tag, Ticket,
]  # fmt: skip
BIG = 10**30
WRONG: list[Any] = [
    None, True, False, 0, -1, 1.5, 2**63, -BIG, BIG, 10**400, "", "0", "1", "９", "999999999999999999999", "nope",
    "a\x00b", "\ud800", "x" * 25_000, [], ["x"], {}, {"x": 1}, [[[[[]]]]],
]  # fmt: skip


def counts() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in WRITTEN}


def assert_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.content[:300]
    assert answer["Content-Type"] == "application/problem+json"
    body = json.loads(answer.content)
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == status
    return body


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_any_value_in_any_field(world: World, door: Door) -> None:
    """Refused with a pointer at that field and nothing written, or accepted; never a 5xx."""
    path, good = door.prepare(world)
    client, before = world.key, counts()
    for name in (*good, "unheard_of"):
        for value in WRONG:
            with transaction.atomic():
                answer = door.go(client, path, {**good, name: value})
                is_taken = answer.status_code < 300
                transaction.set_rollback(is_taken)
            if is_taken:
                continue
            problem = assert_problem(answer, answer.status_code)
            assert answer.status_code < 500, (name, value)
            if answer.status_code == 422:
                firsts = [error["pointer"].split("/")[1:2] for error in problem["errors"]]
                assert [name] in firsts or [] in firsts, (name, value, problem)
    assert counts() == before


@pytest.mark.parametrize("door", [door for door in DOORS if door.texts], ids=lambda door: door.name)
def test_what_no_database_keeps_is_refused_in_every_text(world: World, door: Door) -> None:
    path, good = door.prepare(world)
    before = counts()
    for name in door.texts:
        for value, word in (("a\x00b", "NUL"), ("a\ud800b", "surrogate"), ("x" * 1_000_000, "most that is kept")):
            answer = door.go(world.key, path, placed(good, name, value))
            problem = assert_problem(answer, 422)
            (error,) = problem["errors"]
            assert error["pointer"] == f"/{name}"
            assert word in error["detail"]
    assert counts() == before


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.name)
def test_a_body_that_is_no_object(world: World, door: Door) -> None:
    path, _ = door.prepare(world)
    before = counts()
    for raw, status in [
        (b"[]", 422), (b'"x"', 422), (b"null", 422), (b"1", 422), (b"{", 400), (b"\xff\xfe", 400), (b'{"a":NaN}', 400),
        (b'{"a":' + b"9" * 5000 + b"}", 400), (b"[" * 100_000, 400), (b'{"a":' * 100_000, 400),
    ]:  # fmt: skip
        send = getattr(world.key, door.method)
        assert_problem(send(path, data=raw, content_type="application/json"), status)
    form = {"data": "a=b", "content_type": "application/x-www-form-urlencoded"}
    assert_problem(getattr(world.key, door.method)(path, **form), 415)
    assert_problem(world.key.put(path, {}), 405)
    assert counts() == before


def test_a_body_that_is_too_large(world: World, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert_problem(world.key.post("/api/v1/accounts/", {"external_id": "A", "name": "x" * 1000}), 413)


@pytest.mark.parametrize("charset", ["utf-16", "hex", "zlib", "rot13", "undefined", "nope", "utf-8"])
def test_a_charset_that_is_none_is_passed_over(charset: str) -> None:
    """A codec that is no charset would fail while the request is still being made, before anything could answer."""
    for address in ("/", "/?team=%41"):
        environ = RequestFactory().get(address).environ
        request = wsgi.Request({**environ, "CONTENT_TYPE": f"application/json; charset={charset}"})
        assert request.encoding in (None, "utf-8", "utf-16")
        assert len(request.GET) <= 1


SCORES = ["１０", 8.0, True, "8 ", " 8", "1_0", "+8", "08", "10.0", "8.0", -1, 11, "", None, [], {}, "٣", 1e1, "1e1"]


@pytest.mark.parametrize("score", SCORES)
def test_the_grammar_of_scores(world: World, score: Any) -> None:
    before = counts()
    body = {"customer": world.customer.pk, "score": score, "origin": "api"}
    problem = assert_problem(world.key.post("/api/v1/responses/", body), 422)
    assert problem["errors"][0]["pointer"] == "/score"
    assert counts() == before


def test_the_eleven_scores(world: World) -> None:
    for score in range(11):
        for form in (score, str(score)):
            body = {"customer": world.customer.pk, "score": form, "origin": "api"}
            answer = world.key.post("/api/v1/responses/", body)
            assert (answer.status_code, answer.data["score"]) == (201, score)


def test_a_mistyped_field_is_told(world: World) -> None:
    path, body = BY_NAME["tickets"].prepare(world)
    body["extenal_id"] = body.pop("external_id")
    problem = assert_problem(world.key.post(path, body), 422)
    assert problem["errors"][0]["pointer"] == "/extenal_id"
    assert "external_id" in problem["detail"]


def test_every_wrong_field_is_named_at_once(world: World) -> None:
    wrong = {"subject": "", "team": "nowhere", "customer": {"email": "no", "account": {"name": 3}}, "tags": ["", "ok"]}
    problem = assert_problem(world.key.post("/api/v1/tickets/", wrong), 422)
    pointers = {error["pointer"] for error in problem["errors"]}
    assert pointers == {
        "/subject",
        "/team",
        "/customer/email",
        "/customer/account/external_id",
        "/customer/account/name",
        "/tags/0",
    }


# ---- addresses ----------------------------------------------------------------------------------------------
LISTS = [
    "tickets", "resolutions", "customers", "accounts", "teams", "users", "products", "surveys", "invitations",
    "responses", "follow-ups", "lessons", "root-causes", "shifts", "absences",
]  # fmt: skip
ODD = [
    "99999999999999999999", "9223372036854775807", "9223372036854775808", "-1", "0", "1.5", "1e9", "９", "abc", "%00",
    "%ff", "true", "'", "1;2", "x" * 3000, "2026-13-40", "2026-01-01T00:00:00", "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00%2B23:59", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+01:00",
]  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_any_value_in_any_parameter(world: World, name: str) -> None:
    from config.api import v1

    viewset = next(viewset for prefix, viewset, _ in v1.registry if prefix == name and hasattr(viewset, "list"))
    parameters = [*viewset.filterset_class.base_filters, "page_size", "cursor", "ordering"]
    for parameter in parameters:
        for value in ODD:
            answer = world.key.get(f"/api/v1/{name}/?{parameter}={value}")
            assert answer.status_code in (200, 400, 422), (parameter, value, answer.status_code)
            if answer.status_code != 200:
                assert_problem(answer, answer.status_code)


@pytest.mark.parametrize("name", LISTS)
def test_ids_that_are_none(world: World, name: str) -> None:
    for pk in ("0", "999999999999999999", "99999999999999999999", "-1", "x", "%00", "1.5", "１"):
        assert_problem(world.key.get(f"/api/v1/{name}/{pk}/"), 404)


def test_a_parameter_nobody_knows_is_refused(world: World) -> None:
    for path in ("tickets/?teem=3", "reports/nps/?teem=3", f"tickets/{Scene(world).open_ticket().pk}/messages/?team=1"):
        problem = assert_problem(world.key.get(f"/api/v1/{path}"), 422)
        assert "no such parameter" in problem["detail"]


def test_a_parameter_that_takes_one_value_is_refused_with_two(world: World) -> None:
    for path in ("tickets/?team=1&team=2", "reports/nps/?team=1&team=2", "reports/loop/?team=1&team=2"):
        (error,) = assert_problem(world.key.get(f"/api/v1/{path}"), 422)["errors"]
        assert (error["pointer"], "2 values, “1” and “2”; right would be one" in error["detail"]) == ("/team", True)
    assert_problem(world.key.get("/api/v1/reports/breakdown/?by=team&by=agent"), 422)
    assert_problem(world.key.get("/api/v1/roster/?week=2026-W47&week=2026-W48"), 422)
    assert_problem(world.key.get("/api/v1/tickets/?page_size=1&page_size=2"), 422)
    assert world.key.get("/api/v1/tickets/?status=open&status=waiting").status_code == 200
    assert world.key.get("/api/v1/reports/nps/?channel=email&channel=email").status_code == 200


@pytest.mark.parametrize("value", ODD)
@pytest.mark.parametrize("parameter", ["since", "until", "team", "product", "agent", "channel"])
def test_any_value_in_the_report(world: World, parameter: str, value: str) -> None:
    answer = world.key.get(f"/api/v1/reports/nps/?{parameter}={value}")
    assert answer.status_code in (200, 422), answer.content


def test_addresses_that_are_not_there(world: World) -> None:
    for method in ("get", "post", "delete"):
        assert_problem(getattr(world.key, method)("/api/v1/nonsense/"), 404)
    problem = assert_problem(world.key.post("/api/v1/tickets", {}), 404)
    assert "write a / after it" in problem["detail"]
    assert_problem(world.key.get("/api/nonsense"), 404)


def test_what_cannot_be_accepted(world: World) -> None:
    assert_problem(world.key.get("/api/v1/tickets/", HTTP_ACCEPT="text/html"), 406)


def test_a_session_needs_the_csrf_token(world: World) -> None:
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(world.alice)
    problem = assert_problem(browser.post("/api/v1/accounts/", {"external_id": "A"}), 403)
    assert "CSRF" in problem["detail"]
    assert not Account.objects.filter(external_id="A").exists()


# ---- the server's own trouble -------------------------------------------------------------------------------
def test_a_database_that_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(**kwargs: Any) -> None:
        raise OperationalError("connection refused")

    client = world.key
    monkeypatch.setattr("nps.desk.services.taking_in.take_in", away)
    path, body = BY_NAME["tickets"].prepare(world)
    answer = client.post(path, body)
    assert_problem(answer, 503)
    assert answer["Retry-After"]


def test_what_nobody_foresaw(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**kwargs: Any) -> None:
        raise LookupError("secret detail")

    client = world.key
    client.raise_request_exception = False
    monkeypatch.setattr("nps.desk.services.taking_in.take_in", broken)
    path, body = BY_NAME["tickets"].prepare(world)
    problem = assert_problem(client.post(path, body), 500)
    assert "secret" not in json.dumps(problem)


def test_an_act_that_fails_late_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ticket's insert fails after its customer and account were written: all of it is taken back."""

    def broken(**kwargs: Any) -> None:
        raise OperationalError("gone")

    path, body = BY_NAME["tickets with a customer"].prepare(world)
    before = counts()
    monkeypatch.setattr("nps.desk.services.taking_in.open_ticket", broken)
    assert_problem(world.key.post(path, body), 503)
    assert counts() == before


def test_too_many_requests(world: World, settings: Any) -> None:
    cache.clear()
    settings.API_THROTTLE = (3, 86_400)
    client = world.with_key("read")
    statuses = [client.get("/api/v1/teams/").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
    refused = client.get("/api/v1/teams/")
    assert_problem(refused, 429)
    assert 0 < int(refused["Retry-After"]) <= 86_401
    assert world.key.get("/api/v1/teams/").status_code == 200, "another key has its own count"


def test_a_cache_that_is_away_throttles_nobody(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> None:
        raise ConnectionError

    settings.API_THROTTLE = (1, 60)
    monkeypatch.setattr("nps.desk.api.throttles.cache.add", away)
    assert [world.key.get("/api/v1/teams/").status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("address", "is_cut"),
    [("tickets/1", True), ("tickets/abc/resolve/", False), ("nothing/", False), ("nothing", False), ("", False)],
)
def test_an_address_that_lacks_its_end_is_told_so_and_no_other(world: World, address: str, is_cut: bool) -> None:
    answer = world.key.get(f"/api/v1/{address}")
    assert answer.status_code == 404
    assert ("write a / after it" in answer.json()["detail"]) is is_cut
