"""The loop as a program drives it: ticket in, resolved, answered by phone, called back, closed with a lesson."""

from nps.survey.models import Invitation
from tests.api.conftest import World


def test_a_program_drives_the_whole_loop(world: World) -> None:
    key = world.key
    ticket = key.post(
        "/api/v1/tickets/",
        {"subject": "No invoice", "team": world.billing.pk, "customer": world.customer.pk, "assignee": world.alice.pk},
    ).data
    said = {"kind": "answer", "body": "Sent again.", "author": world.alice.pk}
    assert key.post(f"/api/v1/tickets/{ticket['id']}/reply/", said).status_code == 201
    resolution = key.post(f"/api/v1/tickets/{ticket['id']}/resolve/", {}).data
    taken = {"ticket": ticket["id"], "score": 6, "comment": "Twice!", "origin": "phone", "taken_by": world.anton.pk}
    answer = key.post("/api/v1/responses/", taken)
    assert answer.status_code == 201, answer.data
    assert answer.data["invitation"] == resolution["invitation"]["id"]
    assert Invitation.objects.count() == 1

    again = key.post("/api/v1/responses/", {**taken, "score": 9})
    assert (again.status_code, again.data["code"], again.data["response"]) == (
        409,
        "already_answered",
        answer.data["id"],
    )

    (follow_up,) = key.get("/api/v1/follow-ups/", {"response": answer.data["id"]}).data["results"]
    assert (follow_up["status"], follow_up["comment"], follow_up["ticket"]) == ("open", "Twice!", ticket["id"])
    act = f"/api/v1/follow-ups/{follow_up['id']}"
    refused = key.post(f"{act}/claim/", {"agent": world.alice.pk})
    assert (refused.status_code, refused.data["code"]) == (403, "rated_agent")
    claimed = key.post(f"{act}/claim/", {"agent": world.anton.pk, "version": follow_up["version"]})
    assert claimed.data["assignee"] == world.anton.pk, claimed.data
    stale = key.post(f"{act}/release/", {"by": world.anton.pk, "version": follow_up["version"]})
    assert (stale.status_code, stale.data["code"]) == (409, "changed_meanwhile")
    assert stale.data["version"] == claimed.data["version"]

    reached = {"via": "phone", "result": "reached", "note": "Apologised.", "by": world.anton.pk}
    attempt = key.post(f"{act}/attempts/", reached)
    assert (attempt.status_code, attempt.data["status"]) == (201, "in_progress")
    closing = {"outcome": "solved", "root_cause": "policy-or-price-invoice-wrong", "by": world.anton.pk}
    short = key.post(f"{act}/close/", {**closing, "lesson_kind": "new", "lesson_text": "Too short"})
    assert (short.status_code, short.data["errors"][0]["pointer"]) == (422, "/lesson_text")
    closed = key.post(
        f"{act}/close/",
        {
            **closing,
            "lesson_kind": "new",
            "lesson_text": "Check the address before the first invoice.",
            "promise": {"text": "A corrected invoice", "due_on": "2999-01-01"},
        },
    )
    assert closed.status_code == 200, closed.data
    assert closed.data["status"] == "closed"
    assert closed.data["promises"][0]["owner"] == world.anton.pk
    assert key.post(f"{act}/snooze/", {"until": "2999-01-01T00:00:00Z", "by": world.anton.pk}).status_code == 422
    illegal = key.post(f"{act}/claim/", {"agent": world.anton.pk})
    assert (illegal.status_code, illegal.data["code"]) == (409, "illegal_transition")

    (lesson,) = key.get("/api/v1/lessons/", {"status": "new"}).data["results"]
    assert lesson["id"] == closed.data["lesson"]
    assert key.patch(f"/api/v1/lessons/{lesson['id']}/", {"status": "accepted"}).data["status"] == "accepted"
    verbs = [entry["verb"] for entry in key.get(f"{act}/history/").data["results"]]
    assert verbs == ["close", "log_attempt", "claim", "open"]
    figures = key.get("/api/v1/reports/nps/").data
    assert (figures["detractors"], figures["resolved"], figures["nps"]["point"]) == (1, 1, None)
