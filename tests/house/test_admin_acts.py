"""What managers do in Django admin goes through the verbs, and what a verb refuses becomes a sentence."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from followups.models import FollowUp, HistoryEntry, Lesson, Policy, Promise, RootCause
from followups.services import learning
from followups.services.closing import PromiseMade
from nps.desk.models import Account, ApiKey, Customer, Product, Shift, Ticket, User
from nps.desk.models.keys import digest
from nps.managing import address_of, list_of
from nps.outbox.models import Delivery
from nps.survey.models import Invitation, Suppression, Survey, Topic
from tests import factories
from tests.factories import AT
from tests.managed import NOW, House

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]


def act(client: Client, row: Any, name: str, **answers: Any) -> list[str]:
    """Do it, and what is said about it."""
    sent = {"action": name, "_selected_action": row.pk, "apply": "1", "back": "row", **answers}
    client.cookies.pop("messages", None)  # what was said before
    answer = client.post(list_of(type(row)), sent)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    row.refresh_from_db()
    return [str(message) for message in get_messages(answer.wsgi_request)]


def form_of(client: Client, address: str) -> dict[str, Any]:
    """What a browser would send back of a change form that nobody touched."""
    page = client.get(address)
    sent: dict[str, Any] = {}
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                sent |= {bound.html_name: "on"} if value else {}
            elif value is not None:
                sent[bound.html_name] = value
    return sent


# ---- tickets -------------------------------------------------------------------------------------------------
def test_a_ticket_is_resolved_accepted_reopened_and_passed_on(house: House, manager: Client) -> None:
    ticket = factories.ticket(factories.customer(), house.billing, assignee=house.mara)
    assert act(manager, ticket, "resolve") == ["1 ticket resolved."]
    assert ticket.status == "resolved"
    assert Invitation.objects.filter(resolution__ticket=ticket).exists()
    assert act(manager, ticket, "accept") == ["1 ticket accepted."]
    act(manager, ticket, "reopen", reason="It came back.")
    assert ticket.resolutions.get().reopen_reason == "It came back."
    act(manager, ticket, "pass_on", to=house.sanna.pk, team=house.chat.pk)
    assert (ticket.assignee, ticket.team) == (house.sanna, house.chat)


def test_what_cannot_be_done_is_said_and_nothing_is_written(house: House, manager: Client) -> None:
    ticket = house.answered(9).resolution.ticket
    (said,) = act(manager, ticket, "resolve")
    assert "can be resolved" in said
    assert ticket.resolutions.count() == 1


def test_many_are_done_at_once_and_those_refused_are_named(house: House, manager: Client) -> None:
    open_one = factories.ticket(factories.customer(), house.billing, assignee=house.mara)
    done_one = house.answered(9).resolution.ticket
    sent = {"action": "resolve", "_selected_action": [open_one.pk, done_one.pk]}
    answer = manager.post(list_of(Ticket), sent, follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert said[0] == "1 ticket resolved."
    assert str(done_one) in said[1]


def test_the_form_of_a_ticket_writes_only_what_was_changed_in_it(house: House, manager: Client) -> None:
    ticket = factories.ticket(factories.customer(), house.billing, assignee=house.mara)
    ledger = factories.product()
    sent = {
        **form_of(manager, address_of(ticket)),
        "product": ledger.pk,
        "subject": "Something else",
        "status": "closed",
    }
    assert manager.post(address_of(ticket), sent).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.product, ticket.status, ticket.subject) == (ledger, "open", "Invoice shows the wrong VAT number")


# ---- follow-ups ----------------------------------------------------------------------------------------------
def test_a_follow_up_is_assigned_passed_released_escalated(house: House, manager: Client) -> None:
    follow_up = house.follow_up(3, is_assigned=False)
    act(manager, follow_up, "assign_by_rules")
    assert follow_up.assignee == house.sanna
    colleague = factories.agent("tomas", house.billing)
    act(manager, follow_up, "assign_to", to=colleague.pk, note="Knows them.")
    assert follow_up.assignee == colleague
    act(manager, follow_up, "escalate")
    assert follow_up.escalation == FollowUp.Escalation.LEAD
    assert Delivery.objects.filter(purpose="followups.handed_up", recipient=house.lead.email).exists()
    act(manager, follow_up, "escalate")
    assert follow_up.escalation == FollowUp.Escalation.MANAGER
    (said,) = act(manager, follow_up, "escalate")
    assert "no higher step" in said
    act(manager, follow_up, "release")
    assert (follow_up.status, follow_up.assignee) == ("open", None)
    verbs = list(HistoryEntry.objects.filter(follow_up=follow_up).order_by("pk").values_list("verb", "actor"))
    assert {("escalate", house.manager.pk), ("release", house.manager.pk)} <= set(verbs)


def test_the_rated_agent_is_refused_with_a_sentence(house: House, manager: Client) -> None:
    follow_up = house.follow_up(3)
    (said,) = act(manager, follow_up, "assign_to", to=house.mara.pk)
    assert "somebody else has to call" in said
    assert follow_up.assignee == house.sanna


def test_cancelling_asks_for_the_reason_and_reopening_brings_it_back(house: House, manager: Client) -> None:
    follow_up = house.follow_up(3)
    asked = manager.post(list_of(FollowUp), {"action": "cancel", "_selected_action": follow_up.pk})
    assert asked.status_code == 200
    assert "reason" in asked.context["form"].fields
    again = manager.post(list_of(FollowUp), {"action": "cancel", "_selected_action": follow_up.pk, "apply": "1"})
    assert again.context["form"].errors == {"reason": ["This field is required."]}
    act(manager, follow_up, "cancel", reason="A second record of the same call.")
    assert follow_up.status == "cancelled"
    act(manager, follow_up, "reopen", reason="It was not.")
    assert follow_up.status == "assigned"
    (said,) = act(manager, follow_up, "reopen")
    assert "cannot be reopened" in said


def test_nobody_eligible_is_said(house: House, manager: Client) -> None:
    follow_up = house.follow_up(3, is_assigned=False)
    Shift.objects.all().delete()
    (said,) = act(manager, follow_up, "assign_by_rules")
    assert "nobody who may take it" in said
    assert follow_up.has_nobody_eligible


# ---- lessons, promises, causes ---------------------------------------------------------------------------------
def test_a_lesson_goes_its_way_and_no_other(house: House, manager: Client) -> None:
    cause = RootCause.objects.get(name="Tone")
    lesson = learning.learn(text="Greet people by their name first.", root_cause=cause, at=AT)
    (said,) = act(manager, lesson, "put_in_place", in_place_on=str(AT.date()))
    assert "can become" in said
    act(manager, lesson, "accept")
    act(manager, lesson, "start")
    learning.revise(lesson=lesson, facts={"change": "A list of names.", "owner": house.sanna}, at=AT)
    act(manager, lesson, "put_in_place", in_place_on=str(AT.date()))
    assert (lesson.status, lesson.in_place_on) == ("in_place", AT.date())
    Lesson.objects.filter(pk=lesson.pk).update(effect="none_seen")
    act(manager, lesson, "no_effect", note="It came up as before.")
    assert lesson.history.latest("pk").note == "It came up as before."
    act(manager, lesson, "reject")
    assert lesson.status == "rejected"


def test_a_lesson_is_written_by_its_verb(house: House, manager: Client) -> None:
    cause = RootCause.objects.get(name="Tone")
    sent = {"text": "Short.", "root_cause": cause.pk, "change": "", "_save": "1"}
    refused = manager.post(reverse("admin:followups_lesson_add"), sent)
    assert "at least 15 characters" in str(refused.context["adminform"].form.errors)
    assert "Short." in refused.content.decode(), "what was typed stays"
    assert not Lesson.objects.exists()
    sent |= {"text": "Greet people by their name first.", "team": house.billing.pk}
    assert manager.post(reverse("admin:followups_lesson_add"), sent).status_code == 302
    lesson = Lesson.objects.get()
    assert (lesson.team, lesson.created_by, lesson.created_at) == (house.billing, house.manager, NOW)


def test_a_promise_is_kept_or_broken_once(house: House, manager: Client) -> None:
    house.close(
        house.follow_up(3),
        outcome="promised",
        promise=PromiseMade("Send the corrected invoice.", NOW.date(), house.sanna),
    )
    promise = Promise.objects.get()
    act(manager, promise, "kept")
    assert promise.kept_at == NOW
    (said,) = act(manager, promise, "broken")
    assert "nothing to do" in said
    assert promise.broken_at is None


def test_causes_have_two_levels_and_no_more(house: House, manager: Client) -> None:
    second = RootCause.objects.get(name="Tone")
    sent = {"name": "Third", "slug": "third", "parent": second.pk, "attributable_to": "agent", "position": 0}
    page = manager.post(reverse("admin:followups_rootcause_add"), sent)
    assert "two levels" in str(page.context["adminform"].form.errors["parent"])
    sent["parent"] = second.parent_id
    assert manager.post(reverse("admin:followups_rootcause_add"), sent).status_code == 302
    assert RootCause.objects.get(slug="third").parent == second.parent


# ---- rules ---------------------------------------------------------------------------------------------------
def test_a_policy_is_edited_by_its_next_version(house: House, manager: Client) -> None:
    before = Policy.objects.current().get(slug="middle")
    follow_up = house.follow_up(5)
    sent = {**form_of(manager, address_of(before)), "close_days": 2, "fallback_teams": [house.chat.pk]}
    assert manager.post(address_of(before), sent).status_code == 302
    now = Policy.objects.current().get(slug="middle")
    assert (now.version, now.close_days, now.created_by) == (2, 2, house.manager)
    assert list(now.fallback_teams.all()) == [house.chat]
    before.refresh_from_db()
    assert (before.close_days, before.is_current, before.fallback_teams.count()) == (5, False, 0)
    assert follow_up.policy == before
    assert house.follow_up(5, at=AT + timedelta(hours=1)).policy == now
    assert manager.post(address_of(before), sent).status_code == 403, "what was, is to be read"
    unchanged = manager.post(address_of(now), form_of(manager, address_of(now)))
    assert unchanged.status_code == 302
    assert Policy.objects.filter(slug="middle").count() == 2


def test_policies_are_retired_but_for_the_last(house: House, manager: Client) -> None:
    first, second, third = Policy.objects.current().order_by("min_score")
    act(manager, first, "retire")
    act(manager, second, "retire")
    (said,) = act(manager, third, "retire")
    assert "the only policy" in said
    assert list(Policy.objects.current()) == [third]


def test_editing_a_survey_counts_its_version_up(house: House, manager: Client) -> None:
    survey = Survey.objects.get(is_default=True)
    sent = {**form_of(manager, address_of(survey)), "quiet_days": 14}
    assert manager.post(address_of(survey), sent).status_code == 302
    survey.refresh_from_db()
    assert (survey.quiet_days, survey.version) == (14, 2)
    manager.post(address_of(survey), form_of(manager, address_of(survey)))
    survey.refresh_from_db()
    assert survey.version == 2, "nothing was changed"
    other = {**sent, "name": "Another", "slug": "another"}
    page = manager.post(reverse("admin:nps_survey_add"), other)
    assert "is the default survey" in str(page.context["adminform"].form.errors["is_default"])


def test_a_topic_has_one_field_for_each_language(house: House, manager: Client) -> None:
    topic = Topic.objects.order_by("position").first()
    assert topic is not None
    german = topic.labels.get("de")
    sent = {**form_of(manager, address_of(topic)), "label_en": "It was slow"}
    assert manager.post(address_of(topic), sent).status_code == 302
    topic.refresh_from_db()
    assert topic.labels["en"] == "It was slow"
    assert topic.labels.get("de") == german


def test_an_address_is_left_alone_and_asked_again(house: House, manager: Client) -> None:
    assert manager.post(reverse("admin:nps_suppression_add"), {"address": "Ola@Fjordvik.example"}).status_code == 302
    suppression = Suppression.objects.get()
    assert (suppression.address, suppression.reason) == ("ola@fjordvik.example", "staff")
    act(manager, suppression, "lift")
    assert suppression.lifted_at == NOW


# ---- machinery -------------------------------------------------------------------------------------------------
def test_a_dead_message_is_sent_again_and_a_waiting_one_withdrawn(house: House, manager: Client) -> None:
    ticket = factories.ticket(factories.customer(), house.billing, assignee=house.mara)
    act(manager, ticket, "resolve")
    waiting = Delivery.objects.get(purpose="survey.invitation", status="queued")
    (said,) = act(manager, waiting, "send_again")
    assert "nothing to do" in said
    Delivery.objects.filter(pk=waiting.pk).update(status="dead", settled_at=NOW)
    act(manager, waiting, "send_again")
    assert waiting.status == "queued"
    act(manager, waiting, "cancel", reason="A test ticket.")
    assert (waiting.status, waiting.settled_at) == ("cancelled", NOW)
    assert "A test ticket." in waiting.last_error
    assert Invitation.objects.get(pk=waiting.subject_id).cancelled_at == NOW


def test_the_secret_of_a_key_is_shown_once(house: House, manager: Client) -> None:
    sent = {"name": "Replay", "scopes": ["read", "tickets:write"], "days": "30"}
    answer = manager.post(reverse("admin:nps_apikey_add"), sent, follow=True)
    said = next(str(message) for message in answer.context["messages"] if "nines_" in str(message))
    secret = said.rpartition(" ")[2]
    key = ApiKey.objects.get()
    assert key.hashed == digest(secret)
    assert (key.scopes, key.created_by, key.expires_at) == (sent["scopes"], house.manager, NOW + timedelta(days=30))
    for address in (list_of(ApiKey), address_of(key), reverse("admin:nps_apikey_history", args=[key.pk])):
        assert secret not in manager.get(address).content.decode()
    act(manager, key, "revoke")
    assert key.revoked_at == NOW


# ---- people ----------------------------------------------------------------------------------------------------
def test_a_manager_makes_no_superuser_and_touches_none(house: House, manager: Client) -> None:
    address = address_of(house.sanna)
    sent = {**form_of(manager, address), "is_superuser": "on", "user_permissions": [1], "languages": "en, nb"}
    assert manager.post(address, sent).status_code == 302
    house.sanna.refresh_from_db()
    assert not house.sanna.is_superuser
    assert not house.sanna.user_permissions.exists()
    assert house.sanna.languages == ["en", "nb"]
    assert manager.post(address_of(house.root), {"username": "mine"}).status_code == 403
    password = reverse("admin:auth_user_password_change", args=[house.root.pk])
    assert manager.post(password, {"password1": "correct horse 2", "password2": "correct horse 2"}).status_code == 403


def test_a_shift_is_ticked_and_its_zone_checked(house: House, manager: Client) -> None:
    sent = {
        "user": house.sanna.pk,
        "name": "Night",
        "weekdays": ["4", "0"],
        "starts": "22:00",
        "ends": "06:00",
        "time_zone": "Europe/Atlantis",
    }
    page = manager.post(reverse("admin:nps_shift_add"), sent)
    assert "is not a time zone" in str(page.context["adminform"].form.errors["time_zone"])
    manager.post(reverse("admin:nps_shift_add"), {**sent, "time_zone": "Europe/Oslo"})
    shift = Shift.objects.get(name="Night")
    assert shift.weekdays == [0, 4]
    assert manager.get(address_of(shift)).status_code == 200


def test_what_is_added_says_since_when(house: House, manager: Client) -> None:
    manager.post(reverse("admin:nps_account_add"), {"name": "Fjordvik Freight", "_save": "1"})
    assert Account.objects.get().created_at == NOW
    sent = {"name": "Ola Nilsen", "email": "ola@fjordvik.example", "language": "nb", "time_zone": "Europe/Oslo"}
    manager.post(reverse("admin:nps_customer_add"), sent)
    assert Customer.objects.get().created_at == NOW
    page = manager.post(reverse("admin:nps_customer_add"), {**sent, "email": "OLA@fjordvik.example"})
    assert "Another customer has this address." in page.content.decode()
    manager.post(reverse("admin:nps_product_add"), {"name": "Ledger", "slug": "ledger", "is_active": "on"})
    assert Product.objects.get().slug == "ledger"


def test_a_new_colleague_is_added_and_given_a_role(house: House, manager: Client) -> None:
    sent = {
        "username": "kai",
        "usable_password": "true",
        "password1": "correct horse 7",
        "password2": "correct horse 7",
    }
    assert manager.post(reverse("admin:nps_user_add"), sent).status_code == 302
    assert User.objects.get(username="kai").check_password("correct horse 7")
