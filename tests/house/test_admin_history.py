"""The history of a row in Django admin says what was what before, and who did it."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from followups.models import Lesson, Policy, RootCause
from followups.services import closing, learning
from followups.services.closing import PromiseMade
from nps.desk.models import Shift, User
from nps.managing import address_of
from nps.survey.models import Benchmark, Survey, SurveyWording, Topic
from tests.factories import AT
from tests.house.test_admin_acts import act, form_of
from tests.managed import NOW, House, browser_of

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]


def told(client: Client, row: Any) -> str:
    """The text of its history page."""
    page = client.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk]))
    assert page.status_code == 200
    return page.content.decode()


def change(client: Client, row: Any, **sent: Any) -> str:
    """Save its form with these fields, and what was written of it."""
    answer = client.post(address_of(row), {**form_of(client, address_of(row)), **sent})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return LogEntry.objects.filter(object_id=str(row.pk)).latest("pk").get_change_message()


def test_what_a_survey_was_before_can_be_read(house: House, manager: Client) -> None:
    survey = Survey.objects.get(is_default=True)
    assert change(manager, survey, quiet_days=7, reminder_days=3, teams=[house.chat.pk]) == (
        "Changed Teams nothing → Chat, Reminder days nothing → 3 and Quiet days 0 → 7. Changed version 1 → 2."
    )
    assert "Quiet days 0 → 7" in told(manager, survey)


def test_so_can_its_wording_in_its_form_and_in_its_own(house: House, manager: Client) -> None:
    survey = Survey.objects.get(is_default=True)
    wording = SurveyWording.objects.create(survey=survey, language="fi", question="Suosittelisitko?")
    place = next(
        name.removesuffix("-id")
        for name, value in form_of(manager, address_of(survey)).items()
        if name.endswith("-id") and value == wording.pk
    )
    said = change(manager, survey, **{f"{place}-question": "Suosittelisitko meitä?"})
    assert "Question “Suosittelisitko?” → “Suosittelisitko meitä?” for survey wording" in said
    assert change(manager, wording, why_low="Miksi?") == "Changed Question after 0–8 nothing → “Miksi?”."
    assert "Question after 0–8 nothing → “Miksi?” for survey wording" in told(manager, survey)
    manager.post(reverse("admin:nps_surveywording_delete", args=[wording.pk]), {"post": "yes"})
    survey.refresh_from_db()
    assert survey.version == 4
    assert "(language “fi”, question “Suosittelisitko meitä?”, question after 0–8 “Miksi?”" in told(manager, survey)


def test_a_wording_taken_out_of_the_survey_leaves_its_words(house: House, manager: Client) -> None:
    survey = Survey.objects.get(is_default=True)
    wording = SurveyWording.objects.create(survey=survey, language="fi", question="Suosittelisitko?")
    sent = form_of(manager, address_of(survey))
    place = next(name[:-3] for name, value in sent.items() if name.endswith("-id") and value == wording.pk)
    assert "question “Suosittelisitko?”" in change(manager, survey, **{f"{place}-DELETE": "on"})


def test_every_setting_says_from_what_to_what(house: House, manager: Client) -> None:
    policy = Policy.objects.current().order_by("min_score").first()
    before = policy.close_days
    manager.post(address_of(policy), {**form_of(manager, address_of(policy)), "close_days": before + 2})
    made = Policy.objects.get(slug=policy.slug, is_current=True)
    said = LogEntry.objects.latest("pk")
    assert (said.object_id, said.get_change_message()) == (
        str(made.pk),
        f"Changed Close days {before} → {before + 2}. Changed version {policy.version} → {made.version}.",
    )
    assert "Changed Name “Chat” → “Live chat”" in change(manager, house.chat, name="Live chat")
    shift = Shift.objects.filter(user=house.sanna).first()
    said = change(manager, shift, weekdays=[0, 2], starts="07:30")
    assert "→ Monday, Wednesday" in said
    assert "→ 07:30" in said
    benchmark = Benchmark.objects.create(figure="nps", kind="level", value=30, source="A", on=AT, added_at=AT)
    assert "→ 41" in change(manager, benchmark, value="41")
    topic = Topic.objects.first()
    assert f"“{topic.labels['en']}” → “Anything”" in change(manager, topic, label_en="Anything")


def test_no_secret_is_written_down(house: House) -> None:
    root = browser_of(house.root)
    word = "a quite long secret word 7"
    address = reverse("admin:auth_user_password_change", args=[house.mara.pk])
    assert root.post(address, {"password1": word, "password2": word, "usable_password": "true"}).status_code == 302
    change(root, house.mara, phone="+47 22 00 00 00")
    everything = " ".join(entry.get_change_message() for entry in LogEntry.objects.all())
    assert word not in everything
    assert User.objects.get(pk=house.mara.pk).password not in everything
    assert "nothing → “+47 22 00 00 00”" in everything


def test_what_verbs_did_to_a_follow_up_and_a_lesson_is_their_history(house: House, manager: Client) -> None:
    follow_up = house.follow_up(3)
    act(manager, follow_up, "escalate")
    page = told(manager, follow_up)
    assert "change history" not in page.split('id="content-main"')[1]
    for entry in follow_up.history.all():
        assert entry.sentence[:20] in page
    assert str(house.manager) in page
    assert "<td>Nines</td>" in page
    lesson = learning.learn(text="Greet people by their name.", root_cause=RootCause.objects.all()[0], at=AT)
    act(manager, lesson, "reject", note="We do that already.")
    page = told(manager, lesson)
    assert "From new to rejected. We do that already." in page
    assert str(house.manager) in page


def test_a_promise_says_who_said_that_it_was_kept(house: House, manager: Client) -> None:
    follow_up = house.follow_up(3)
    closing.close(
        follow_up=follow_up,
        by=house.sanna,
        at=NOW,
        outcome="promised",
        root_cause=RootCause.objects.all()[0],
        lesson_kind="nothing_new",
        promise=PromiseMade("A new invoice.", (NOW + timedelta(days=3)).date(), house.sanna),
    )
    promise = follow_up.promises.get()
    assert '<div class="readonly">–</div>' in manager.get(address_of(promise)).content.decode()
    act(manager, promise, "kept")
    page = told(manager, promise)
    assert f"<td>{house.sanna}</td>" in page, "who made it"
    assert f"<td>{house.manager}</td>" in page, "who said so"
    assert "The promise was kept: A new invoice." in page
    assert f'<div class="readonly">{house.manager}</div>' in manager.get(address_of(promise)).content.decode()


def test_a_lead_reads_no_history_of_other_teams(house: House) -> None:
    lead = browser_of(house.lead)
    other = house.follow_up(3, team=house.chat)
    assert lead.get(reverse("admin:followups_followup_history", args=[other.pk])).status_code == 302
    assert Lesson.objects.count() == 0
