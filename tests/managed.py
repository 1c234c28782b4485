"""Rows of every kind, made by the verbs, for tests of Django admin and of the figures. The clock stands at NOW."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.test import Client

from followups.models import (
    Briefing,
    FollowUp,
    HeldNotice,
    Lesson,
    Measurement,
    Outcome,
    Policy,
    ReportBack,
    ReportBackMail,
    RootCause,
)
from followups.services import assigning, closing, digesting, learning, policing, reaching_out
from followups.services.closing import PromiseMade
from followups.services.writing import Written
from nps.desk.models import Absence, ApiKey, Tag, Team, User
from nps.desk.models.users import Role
from nps.desk.services import replying, resolving
from nps.outbox.models import Heartbeat, ReceiverFailure
from nps.survey.models import Benchmark, Invitation, Response, Suppression, Survey, SurveyWording, Topic
from nps.survey.services import answering, clicking, opting_out
from tests import factories
from tests.factories import AT

NOW = AT + timedelta(hours=6)


@dataclass
class House:
    """Two teams around the clock, a few people, and as many loops as asked for."""

    billing: Team
    chat: Team
    mara: User
    sanna: User
    lead: User
    manager: User
    auditor: User
    root: User
    loops: int = 0

    @classmethod
    def open(cls) -> "House":
        billing, chat = factories.team(follows_sun=True), factories.team("Chat", follows_sun=True)
        people = {
            "mara": factories.agent("mara", billing, starts=None),
            "sanna": factories.agent("sanna", billing, chat),
            "lead": factories.agent("lena", billing, role=Role.LEAD, is_lead=True, starts=None),
            "manager": factories.agent("mira", role=Role.MANAGER, starts=None),
            "auditor": factories.agent("otto", role=Role.AUDITOR, starts=None),
        }
        User.objects.filter(username__in=("lena", "mira", "otto")).update(is_staff=True)
        root = User.objects.create_superuser("root", "root@tidewell.example", "correct horse")
        return cls(billing, chat, root=root, **people)

    def answered(self, score: int, *, team: Team | None = None, at: Any = AT, **ticket: Any) -> Response:
        """A resolved, delivered and answered ticket of Mara's."""
        customer = ticket.pop("customer", None) or factories.customer(f"Customer {self.loops}")
        ticket.setdefault("assignee", self.mara)
        opened = factories.ticket(customer, team or self.billing, at=at - timedelta(hours=1), **ticket)
        resolution = resolving.resolve(ticket=opened, by=self.mara, at=at)
        Invitation.objects.filter(resolution=resolution).update(delivered_at=at)
        invitation = Invitation.objects.select_related("resolution__account").get(resolution=resolution)
        return answering.record_answer(invitation=invitation, score=str(score), at=at)[0]

    def follow_up(self, score: int = 5, *, is_assigned: bool = True, **answer: Any) -> FollowUp:
        response = self.answered(score, **answer)
        if is_assigned:
            waiting = FollowUp.objects.select_related("policy", "customer").get(response=response)
            assigning.assign(follow_up=waiting, at=response.answered_at)
        return FollowUp.objects.get(response=response)

    def close(self, follow_up: FollowUp, *, cause: RootCause | None = None, at: Any = NOW, **given: Any) -> FollowUp:
        by = follow_up.assignee or self.sanna
        given = {"outcome": Outcome.SOLVED, "lesson_kind": "nothing_new"} | given
        cause = cause or RootCause.objects.get(name="Invoice wrong")
        return closing.close(follow_up=follow_up, by=by, at=at, root_cause=cause, **given)

    def fill(self, number: int) -> None:
        """`number` more of every kind of row."""
        for _ in range(number):
            self.loops += 1
            self._a_loop(self.loops)
            self._a_setting(self.loops)

    def _a_loop(self, one: int) -> None:
        account = factories.account(f"Account {one}")
        customer = factories.customer(f"Customer {one}", account=account)
        tag, product = Tag.objects.create(name=f"tag {one}"), factories.product(f"Product {one}")
        follow_up = self.follow_up(one % 7, customer=customer, product=product, tags=[tag])
        response = follow_up.response
        replying.reply(ticket=response.resolution.ticket, by=self.mara, kind="note", body="A note.", at=AT)
        answering.change_score(response=response, score=str((one + 1) % 7), at=AT + timedelta(minutes=5))
        clicking.note_click(invitation=response.invitation, at=AT, score=3)
        follow_up.refresh_from_db()
        mail = Written("About your request", "Hello")
        reaching_out.log_attempt(follow_up=follow_up, via="email", result="emailed", by=self.sanna, at=AT, mail=mail)
        reaching_out.log_attempt(follow_up=follow_up, via="phone", result="reached", by=self.sanna, at=AT)
        self.close(
            follow_up,
            at=AT + timedelta(hours=1),
            outcome=Outcome.PROMISED,
            promise=PromiseMade("Send the corrected invoice.", AT.date(), self.sanna),
            lesson_kind="new",
            lesson_text=f"Lesson number {one} that a colleague can act on.",
        )
        lesson = Lesson.objects.latest("pk")
        learning.put(lesson=lesson, status="accepted", by=self.manager, at=AT, note=f"Reason {one}")
        Measurement.objects.create(
            lesson=lesson, measured_on=AT.date(), at=AT, in_place_on=AT.date(), scope="Billing",
            verdict="too_early", sentence="Too early to tell.", before_carried=1, before_resolved=2, after_carried=0,
            after_resolved=0, difference=0, low=-9, high=9,
        )  # fmt: skip
        told = ReportBack.objects.create(
            lesson=follow_up.lesson, texts={"en": "We look twice."}, by=self.manager, at=AT
        )
        ReportBackMail.objects.create(
            report_back=told, lesson=follow_up.lesson, customer=customer, follow_up=follow_up,
            recipient=customer.email or f"c{one}@fjordvik.example", language="en", queued_at=AT,
        )  # fmt: skip
        self.follow_up(one % 9, is_assigned=False, customer=customer)
        asked = self.follow_up(2, customer=customer)
        self.close(asked, outcome=Outcome.NOT_GIVEN, note="Somebody else pressed it.")

    def _a_setting(self, one: int) -> None:
        user = factories.agent(f"agent{one}", factories.team(f"Team {one}"))
        factories.holiday(self.billing, AT.date() + timedelta(days=one))
        Absence.objects.create(user=user, starts_at=AT, ends_at=AT + timedelta(days=1))
        ApiKey.issue(name=f"Key {one}", scopes=["read"], at=AT, by=self.manager)
        opting_out.opt_out(address=f"gone{one}@fjordvik.example", at=AT, reason=Suppression.Reason.STAFF)
        Heartbeat.beat(name=f"worker {one}", at=AT, pid=one)
        ReceiverFailure.note(receiver=f"receiver {one}", at=AT, error=ValueError(f"problem {one}"))
        survey = Survey.objects.create(name=f"Survey {one}", slug=f"survey-{one}")
        SurveyWording.objects.create(survey=survey, language="en", question="Would you recommend us?")
        day = AT.date() - timedelta(days=one)
        Benchmark.objects.create(figure="nps", value=30 + one, source=f"Study {one}", on=day, added_at=AT)
        Topic.objects.create(slug=f"topic-{one}", labels={"en": f"Topic {one}"}, driver="other")
        policy = Policy.objects.current().get(slug="middle")
        policing.revise(policy=policy, changes={"close_days": 5 + one}, by=self.manager, at=AT)
        Group.objects.get_or_create(name=f"Group {one}")
        digesting.choose(user=user, ways={"assigned": "digest", "due_soon": "off"}, at=AT - timedelta(hours=1))
        Briefing.objects.create(user=user, rhythm="daily", day=AT.date(), made_at=AT)
        HeldNotice.objects.create(user=user, kind="assigned", follow_up=FollowUp.objects.order_by("-pk")[0], at=NOW)


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
