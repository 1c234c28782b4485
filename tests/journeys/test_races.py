"""Many at once on one thing, through the doors and with real commits: one wins, nothing is doubled, nobody sees a 5xx.
Small forms of C1 to C4 of the fault runs, on whichever database this run is."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from followups.models import FollowUp, HistoryEntry
from nps.desk.models import ApiKey, Resolution, Team
from nps.desk.services import resolving
from nps.survey import links
from nps.survey.models import Invitation, Response, ResponseRevision, SurveyDecision
from tests import factories
from tests.survey_visits import nonce_in

pytestmark = pytest.mark.django_db(transaction=True)
LINKS, AT_ONCE = 3, 12
BODIES = {"resolve": {}, "reopen": {"reason": "Again."}}


def storm(acts: Iterable[Callable[[], Any]]) -> list[Any]:
    """Every act in a thread of its own, let go together; what they gave."""
    acts = list(acts)
    gate = threading.Barrier(len(acts))

    def go(act: Callable[[], Any]) -> Any:
        gate.wait(timeout=30)
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


@pytest.fixture
def team() -> Team:
    made = factories.team("Harbour", follows_sun=True)
    for name in ("mara", *(f"agent{n}" for n in range(AT_ONCE))):
        factories.agent(name, made)
    return made


@pytest.fixture
def program() -> Callable[..., int]:
    """A program with every scope: `program(path, body)` posts, and gives the status."""
    _, secret = ApiKey.issue(name="storm", scopes=list(settings.API_SCOPES), at=timezone.now())

    def post(path: str, **body: Any) -> int:
        headers = {"Authorization": f"Bearer {secret}"}
        return Client().post(f"/api/v1/{path}", body, content_type="application/json", headers=headers).status_code

    return post


def invited(team: Team) -> Invitation:
    mara = team.members.get(username="mara")
    ticket = factories.ticket(factories.customer(), team, assignee=mara, at=timezone.now())
    return Invitation.objects.get(resolution=resolving.resolve(ticket=ticket, by=mara, at=timezone.now()))


def page_of(invitation: Invitation) -> str:
    return f"/s/{links.token_of(invitation)}/"


def test_many_answers_at_once_on_one_link_are_one_answer(team: Team) -> None:
    for _ in range(LINKS):
        page = page_of(invited(team))
        nonces = [nonce_in(Client().get(page)) for _ in range(AT_ONCE)]

        def post(score: int, nonce: str, page: str = page) -> tuple[int, int]:
            return Client().post(page, {"score": str(score), "nonce": nonce}).status_code, score

        told = storm(lambda n=n, nonce=nonce, post=post: post(n % 9, nonce) for n, nonce in enumerate(nonces))
        assert Counter(status for status, _ in told) == {303: 1, 409: AT_ONCE - 1}
        stands = Response.objects.order_by("pk").last()
        assert stands is not None
        assert (303, stands.score) in told
    assert Response.objects.count() == LINKS
    assert FollowUp.objects.count() == LINKS


def test_resolve_and_reopen_in_a_storm_invite_once_a_resolution(team: Team, program: Callable[..., int]) -> None:
    mara = team.members.get(username="mara")
    for _ in range(LINKS):
        ticket = factories.ticket(factories.customer(), team, assignee=mara, at=timezone.now())
        verbs = [("resolve", "reopen", "resolve")[n % 3] for n in range(AT_ONCE)]
        statuses = storm(lambda v=v, pk=ticket.pk: program(f"tickets/{pk}/{v}/", **BODIES[v]) for v in verbs)
        assert set(statuses) <= {200, 201, 409}
    made = Resolution.objects.count()
    assert made >= LINKS
    assert SurveyDecision.objects.values("resolution").distinct().count() == SurveyDecision.objects.count() == made
    assert Invitation.objects.values("resolution").distinct().count() == Invitation.objects.count() == made


def test_many_agents_claim_one_follow_up_and_one_has_it(team: Team, program: Callable[..., int]) -> None:
    claimers = list(team.members.exclude(username="mara").values_list("pk", flat=True))
    for _ in range(LINKS):
        page = page_of(invited(team))
        assert Client().post(page, {"score": "5", "nonce": nonce_in(Client().get(page))}).status_code == 303
        follow_up = FollowUp.objects.get(status=FollowUp.Status.OPEN)
        path = f"follow-ups/{follow_up.pk}/claim/"
        told = storm(lambda pk=pk, path=path: (program(path, agent=pk), pk) for pk in claimers)
        assert Counter(status for status, _ in told) == {200: 1, 409: len(claimers) - 1}
        follow_up.refresh_from_db()
        assert (200, follow_up.assignee_id) in told


@pytest.mark.parametrize("scores", [(9, 3, 9), (3, 9, 3)])
def test_changes_in_storms_are_one_follow_up_with_its_history(team: Team, scores: tuple[int, int, int]) -> None:
    page = page_of(invited(team))
    Client().post(page, {"score": str(scores[0]), "nonce": nonce_in(Client().get(page))})
    for score in scores[1:]:
        nonces = [nonce_in(Client().get(page, {"change": "1"})) for _ in range(AT_ONCE)]
        storm(
            lambda n=nonce, s=score: Client().post(page, {"score": str(s), "nonce": n, "change": "1"})
            for nonce in nonces
        )
    assert Response.objects.get().score == scores[-1]
    assert list(ResponseRevision.objects.order_by("pk").values_list("old_score", "new_score")) == [
        (scores[0], scores[1]),
        (scores[1], scores[2]),
    ]
    follow_up = FollowUp.objects.get()
    assert follow_up.score == scores[-1]
    said = HistoryEntry.objects.filter(follow_up=follow_up, verb="score_changed").order_by("pk")
    steps = [(scores[0], scores[1]), (scores[1], scores[2])] if scores[0] <= 8 else [(scores[1], scores[2])]
    assert [(entry.detail["from"], entry.detail["to"]) for entry in said] == steps
