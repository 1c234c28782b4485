"""Answers given elsewhere: taken down once, about a ticket, a resolution, or no ticket at all."""

from django.utils import timezone

from followups.models import FollowUp
from nps.desk.models import Resolution
from nps.desk.services import reopening, resolving
from nps.outbox.models import Delivery
from nps.survey import mails
from nps.survey.models import Invitation, Response, Survey
from nps.survey.services import answering
from tests import factories
from tests.api.conftest import World
from tests.api.doors import Scene
from tests.factories import AT


def test_an_answer_by_phone_uses_the_invitation_that_stands(world: World) -> None:
    ticket = Scene(world).resolved_ticket()
    invitation = Invitation.objects.get(resolution__ticket=ticket)
    said = {"ticket": ticket.pk, "score": "9", "comment": "Fine", "origin": "phone", "taken_by": world.alice.pk}
    answer = world.key.post("/api/v1/responses/", said)
    assert answer.status_code == 201
    assert (answer.data["invitation"], answer.data["ticket"]) == (invitation.pk, ticket.pk)
    assert (answer.data["origin"], answer.data["taken_by"]) == ("phone", world.alice.pk)
    assert answer.data["language"] == invitation.language
    assert not FollowUp.objects.exists()
    waiting = mails.load([invitation.pk])[invitation.pk]
    assert not mails.still_wanted(waiting, AT), "its unsent mail is not wanted any more"


def test_whoever_was_not_asked_can_answer_all_the_same(world: World) -> None:
    ticket = factories.ticket(factories.customer(email=""), world.billing, assignee=world.anton)
    resolution = resolving.resolve(ticket=ticket, at=AT)
    assert not Invitation.objects.exists()
    answer = world.key.post("/api/v1/responses/", {"resolution": resolution.pk, "score": 5, "origin": "api"})
    assert answer.status_code == 201
    assert Invitation.objects.get().resolution == resolution
    assert not Delivery.objects.filter(purpose="survey.invitation").exists()
    follow_up = FollowUp.objects.get()
    assert (follow_up.team, follow_up.rated_agent) == (world.billing, world.anton)


def test_an_answer_about_no_ticket(world: World) -> None:
    customer = factories.customer(account=factories.account("Key", is_key=True))
    said = {"customer": customer.pk, "score": 8, "origin": "api", "language": "nb"}
    answer = world.key.post("/api/v1/responses/", said)
    assert (answer.status_code, answer.data["resolution"], answer.data["language"]) == (201, None, "nb")
    follow_up = FollowUp.objects.get()
    assert (follow_up.response_id, follow_up.account) == (answer.data["id"], customer.account)
    assert follow_up.policy.covers_key_accounts


def test_a_second_answer_names_the_first(world: World) -> None:
    resolution = Resolution.objects.get(ticket=Scene(world).resolved_ticket())
    said = {"resolution": resolution.pk, "score": 9, "origin": "phone"}
    first = world.key.post("/api/v1/responses/", said).data
    again = world.key.post("/api/v1/responses/", {**said, "score": 2})
    assert (again.status_code, again.data["code"], again.data["response"]) == (409, "already_answered", first["id"])
    assert Response.objects.get().score == 9
    assert not FollowUp.objects.exists()


def test_what_cannot_be_answered(world: World) -> None:
    unresolved, reopened = Scene(world).open_ticket(), Scene(world).resolved_ticket()
    reopening.reopen(ticket=reopened, at=AT)
    about = [
        ({"ticket": unresolved.pk}, 422, "/ticket"),
        ({"ticket": 999}, 422, "/ticket"),
        ({"ticket": reopened.pk}, 409, "/ticket"),
        ({"resolution": 999}, 422, "/resolution"),
        ({"customer": 999}, 422, "/customer"),
        ({}, 422, ""),
        ({"ticket": reopened.pk, "customer": world.customer.pk}, 422, ""),
    ]
    for subject, status, pointer in about:
        answer = world.key.post("/api/v1/responses/", {**subject, "score": 9, "origin": "api"})
        assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (status, pointer), subject
    assert not Response.objects.exists()


def test_a_foreign_ticket_cannot_be_answered(world: World) -> None:
    ticket = Scene(world).resolved_ticket()
    said = {"ticket": ticket.pk, "score": 9, "origin": "phone"}
    refused = world.as_(world.bob).post("/api/v1/responses/", said)
    assert (refused.status_code, refused.data["errors"][0]["pointer"]) == (422, "/ticket")
    own = world.as_(world.alice).post("/api/v1/responses/", said)
    assert (own.status_code, own.data["taken_by"]) == (201, world.alice.pk)


def test_where_no_survey_is_active(world: World) -> None:
    Survey.objects.update(is_active=False)
    answer = world.key.post("/api/v1/responses/", {"customer": world.customer.pk, "score": 9, "origin": "api"})
    assert (answer.status_code, answer.data["code"]) == (409, "no_survey")


def test_a_human_or_imported_origin_cannot_be_claimed(world: World) -> None:
    for origin in ("human", "imported"):
        answer = world.key.post("/api/v1/responses/", {"customer": world.customer.pk, "score": 9, "origin": origin})
        assert (answer.status_code, answer.data["errors"][0]["pointer"]) == (422, "/origin")


def test_no_link_is_ever_shown(world: World) -> None:
    from nps.survey.links import token_of

    Scene(world).resolved_ticket()
    invitation = Invitation.objects.get()
    for path in ("invitations/", f"invitations/{invitation.pk}/", "resolutions/"):
        shown = world.key.get(f"/api/v1/{path}").content.decode()
        assert token_of(invitation).split(".")[-1] not in shown
        assert "/s/" not in shown


def test_what_was_taken_down_wrong_is_corrected_and_its_follow_up_learns_of_it(world: World) -> None:
    said = {"ticket": Scene(world).resolved_ticket().pk, "score": 9, "origin": "phone", "taken_by": world.alice.pk}
    answer = world.key.post("/api/v1/responses/", said).data
    path = f"/api/v1/responses/{answer['id']}/correct/"
    corrected = world.as_(world.alice).post(path, {"score": 3})
    assert (corrected.status_code, corrected.data["score"]) == (200, 3)
    assert [(one["old_score"], one["new_score"], one["by"]) for one in corrected.data["revisions"]] == [
        (9, 3, world.alice.pk)
    ]
    assert FollowUp.objects.get(response_id=answer["id"]).score == 3
    same = world.as_(world.alice).post(path, {"score": "3"})
    assert (same.status_code, len(same.data["revisions"])) == (200, 1)
    refused = world.as_(world.anton).post(path, {"score": 10})
    assert (refused.status_code, refused.data["code"]) == (403, "rated_agent")
    answering.freeze(response_id=answer["id"], at=timezone.now())
    late = world.as_(world.alice).post(path, {"score": 10})
    assert (late.status_code, late.data["code"]) == (409, "closed")
    assert Response.objects.get().score == 3


def test_nobody_corrects_what_a_customer_gave_themselves(world: World) -> None:
    answer = Scene(world).open_follow_up().response
    refused = world.key.post(f"/api/v1/responses/{answer.pk}/correct/", {"score": 10, "by": world.alice.pk})
    assert (refused.status_code, refused.data["code"]) == (403, "own_answer")
    answer.refresh_from_db()
    assert (answer.score, answer.revisions.count()) == (6, 0)
