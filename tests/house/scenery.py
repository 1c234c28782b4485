"""The people and rows that the tests of permissions look at: the same of everything for one's own team (Billing), for a
colleague in it, and for a foreign team (Network). The clock stands at NOW."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.test import Client

from config.heartbeats import BEAT, WORKER
from followups.models import (
    Briefing,
    Digest,
    FollowUp,
    HeldNotice,
    Letter,
    Measurement,
    NoticeChoice,
    ReportBack,
    ReportBackMail,
    RootCause,
)
from followups.notices import KINDS
from followups.services import assigning, closing, learning, reaching_out
from followups.services.closing import PromiseMade
from followups.services.writing import Written
from nps.desk.models import Absence, ApiKey, ColumnMap, Customer, Tag, Team, Ticket, User
from nps.desk.models.users import Role
from nps.desk.services import replying, resolving
from nps.outbox.models import Heartbeat, ReceiverFailure
from nps.survey import links
from nps.survey.models import Benchmark, Response, Suppression, Survey, SurveyWording
from nps.survey.services import answering, clicking, opting_out, taking_down
from tests import factories
from tests.api.doors import heard
from tests.factories import AT

NOW = AT + timedelta(hours=6)
CAUSE = "policy-or-price-invoice-wrong"
OWN, COLLEAGUES, FOREIGN = "own", "colleague's", "foreign"
#: in the name of every customer of the foreign team, and in no other text
FOREIGN_MARK, OWN_MARK = "Forrin", "Owna"


@dataclass
class Side:
    """One row of each kind, in the state that an act needs: all of `team`, held by `agent`, about `rated`."""

    team: Team
    agent: User
    rated: User
    customer: Customer
    open_ticket: Ticket = field(init=False)
    resolved_ticket: Ticket = field(init=False)
    response: Response = field(init=False)
    held_follow_up: FollowUp = field(init=False)
    open_follow_up: FollowUp = field(init=False)
    closed_follow_up: FollowUp = field(init=False)
    asked_follow_up: FollowUp = field(init=False)
    phone_answer: Response = field(init=False)
    rows: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.open_ticket = self._ticket(assignee=self.agent)
        self.resolved_ticket = self._ticket(assignee=self.rated)
        replying.reply(ticket=self.resolved_ticket, by=self.rated, kind="note", body="A note.", at=AT)
        resolving.resolve(ticket=self.resolved_ticket, by=self.rated, at=AT)
        self.open_follow_up = self._follow_up()
        self.held_follow_up = assigning.claim(follow_up=self._follow_up(), by=self.agent, at=AT)
        self.response = self.held_follow_up.response
        self.asked_follow_up = self._asked()
        self.phone_answer = self._taken_down()
        attempt = reaching_out.log_attempt(
            follow_up=self.held_follow_up, via="phone", result="no_answer", by=self.agent, at=NOW
        )
        letter = self._letter()
        self.held_follow_up.refresh_from_db()
        self.closed_follow_up = self._closed()
        away = {"starts_at": NOW, "ends_at": NOW + timedelta(days=1), "reason": "Dentist"}
        resolution = self.response.resolution
        assert resolution is not None
        shift = {"shift_starts_at": AT, "shift_ends_at": NOW}
        digest = Digest.objects.create(user=self.agent, made_at=AT, **shift)
        self.rows = {
            "ticket": self.open_ticket,
            "resolution": resolution,
            "decision": resolution.decision,
            "invitation": self.response.invitation,
            "click": clicking.note_click(invitation=self.response.invitation, at=AT, score=3),
            "response": self.response,
            "follow_up": self.held_follow_up,
            "attempt": attempt,
            "letter": letter,
            "promise": self.closed_follow_up.promises.get(),
            "confirmation": self.asked_follow_up.confirmations.get(),
            "notice_choice": NoticeChoice.objects.create(user=self.agent, kind=next(iter(KINDS))),
            "digest": digest,
            "briefing": Briefing.objects.create(user=self.agent, rhythm="daily", day=AT.date(), made_at=AT),
            "held_notice": HeldNotice.objects.create(
                user=self.agent, kind=next(iter(KINDS)), follow_up=self.held_follow_up, at=AT, digest=digest
            ),
            "absence": Absence.objects.create(user=self.agent, **away),
            "holiday": self.team.holidays.get_or_create(on=date(2027, 1, 1), name="New Year")[0],
            "shift": self.agent.shifts.get(),
            "membership": self.agent.memberships.get(),
            "customer": self.customer,
            "account": self.customer.account,
            "user": self.agent,
            "team": self.team,
        }

    def _ticket(self, **facts: Any) -> Ticket:
        return factories.ticket(self.customer, self.team, at=AT, **facts)

    def _follow_up(self) -> FollowUp:
        ticket = self._ticket(assignee=self.rated)
        invitation = resolving.resolve(ticket=ticket, by=self.rated, at=AT).invitation
        response, _ = answering.record_answer(invitation=invitation, score=6, comment="Slow.", at=AT)
        answering.change_score(response=response, score=5, at=AT)
        return FollowUp.objects.select_related("policy", "customer").get(response=response)

    def _taken_down(self) -> Response:
        """Somebody called, and was happy: an answer without a follow-up."""
        resolution = resolving.resolve(ticket=self._ticket(assignee=self.rated), by=self.rated, at=AT)
        return taking_down.take_down(
            customer=self.customer, resolution=resolution, score=9, at=AT, origin="phone", taken_by=self.agent
        )

    def _letter(self) -> Letter:
        """On a follow-up of its own, so that the attempt on the held one can be taken back."""
        follow_up = assigning.claim(follow_up=self._follow_up(), by=self.agent, at=AT)
        reaching_out.log_attempt(
            follow_up=follow_up, via="email", result="emailed", by=self.agent, at=NOW, mail=Written("Hello", "Text")
        )
        return Letter.objects.get(attempt__follow_up=follow_up)

    def _closed(self) -> FollowUp:
        follow_up = assigning.claim(follow_up=self._follow_up(), by=self.agent, at=AT)
        return closing.close(
            follow_up=follow_up, by=self.agent, at=AT, outcome="promised", lesson_kind="nothing_new",
            root_cause=RootCause.objects.get(slug=CAUSE), promise=PromiseMade("A new invoice", NOW.date(), self.agent),
        )  # fmt: skip

    def _asked(self) -> FollowUp:
        """“Not given by the customer” was said of it, and waits for a second person."""
        follow_up = assigning.claim(follow_up=self._follow_up(), by=self.agent, at=AT)
        return closing.close(
            follow_up=follow_up, by=self.agent, at=AT, outcome="not_given", note="A slip.", lesson_kind="nothing_new",
            root_cause=RootCause.objects.get(slug=CAUSE),
        )  # fmt: skip

    @property
    def token(self) -> str:
        """The link of a question that nobody has answered."""
        return links.token_of(self.resolved_ticket.resolutions.get().invitation)


class Scenery:
    """Alice is an agent of Billing, Carl and Anton her colleagues, Lena their lead; Bob is an agent of Network; Maya
    manages, Otto audits, Root is the superuser; Nora has a login and no role. `sides` maps own, colleague's, foreign to
    the rows of each."""

    mail_key = "none"  # of a mail in the mailbox

    def __init__(self) -> None:
        self.billing, self.network = factories.team("Billing", follows_sun=True), factories.team("Network")
        self.alice, self.carl, self.anton = (factories.agent(n, self.billing) for n in ("alice", "carl", "anton"))
        self.lena = factories.agent("lena", self.billing, role=Role.LEAD, is_lead=True)
        self.bob, self.nina = (factories.agent(n, self.network) for n in ("bob", "nina"))
        self.maya = factories.agent("maya", role=Role.MANAGER, starts=None)
        self.otto = factories.agent("otto", role=Role.AUDITOR, starts=None)
        self.root = User.objects.create_superuser("root", "root@tidewell.example", "correct horse")
        self.nora = User.objects.create_user("nora", "nora@tidewell.example", "correct horse")
        User.objects.filter(username__in=("lena", "maya", "otto")).update(is_staff=True)
        self.customer = self._customer(OWN_MARK)
        self.sides = {
            OWN: Side(self.billing, self.alice, self.anton, self.customer),
            COLLEAGUES: Side(self.billing, self.carl, self.anton, self.customer),
            FOREIGN: Side(self.network, self.bob, self.nina, self._customer(FOREIGN_MARK)),
        }
        cause = RootCause.objects.get(slug=CAUSE)
        self.lesson = learning.learn(text="Check the number before the first invoice.", root_cause=cause, at=AT)
        self._carry_the_lesson_elsewhere()
        Measurement.objects.create(
            lesson=self.lesson, measured_on=AT.date(), at=AT, in_place_on=AT.date(), scope="Billing",
            verdict="too_early", sentence="Too early to tell.", before_carried=1, before_resolved=2, after_carried=0,
            after_resolved=0, difference=0, low=-9, high=9,
        )  # fmt: skip
        self._tell_of_the_lesson()
        self._put_a_lesson_in_place(cause)
        factories.product(), factories.holiday(self.billing, AT.date())
        Tag.objects.create(name="vat")
        ReceiverFailure.objects.create(receiver="nobody.listens", first_at=AT, last_at=AT, error="ValueError")
        ColumnMap.objects.create(name="Own", kind="customers", spec={}, changed_at=AT)
        SurveyWording.objects.create(survey=Survey.objects.get(), language="en", question="Would you recommend us?")
        Benchmark.objects.create(figure="nps", value=30, source="A study", on=AT.date(), added_at=AT)
        opting_out.opt_out(address="gone@fjordvik.example", at=AT, reason=Suppression.Reason.STAFF)
        for name in (WORKER, BEAT):
            Heartbeat.beat(name=name, at=NOW, pid=1)
        self.clients = {
            "anonymous": Client(),
            "norole": self._signed_in(self.nora),
            "agent": self._signed_in(self.alice),
            "lead": self._signed_in(self.lena),
            "manager": self._signed_in(self.maya),
            "auditor": self._signed_in(self.otto),
            "superuser": self._signed_in(self.root),
        }
        for name, scopes in {"key": settings.API_SCOPES, **{one: [one] for one in settings.API_SCOPES}}.items():
            self.clients[name] = self._with_key(list(scopes))
        for client in self.clients.values():
            client.raise_request_exception = False

    def _carry_the_lesson_elsewhere(self) -> None:
        side = self.sides[FOREIGN]
        closing.reopen(follow_up=side.closed_follow_up, by=self.bob, at=AT)
        closing.close(
            follow_up=side.closed_follow_up, by=self.bob, at=AT, outcome="solved", lesson_kind="known",
            lesson=self.lesson, root_cause=self.lesson.root_cause,
        )  # fmt: skip

    def _tell_of_the_lesson(self) -> None:
        """One's own customer and the foreign one were told what came of it."""
        told = ReportBack.objects.create(lesson=self.lesson, texts={"en": "We look twice."}, by=self.maya, at=AT)
        for side in (self.sides[OWN], self.sides[FOREIGN]):
            side.rows["report_back_mail"] = ReportBackMail.objects.create(
                report_back=told, lesson=self.lesson, customer=side.customer, follow_up=side.closed_follow_up,
                recipient=side.customer.email, language="en", queued_at=AT,
            )  # fmt: skip

    def _put_a_lesson_in_place(self, cause: RootCause) -> None:
        """One whose customer was not told yet."""
        side = self.sides[OWN]
        lesson = learning.learn(text="Say when the refund comes.", root_cause=cause, at=AT)
        follow_up = assigning.claim(follow_up=side._follow_up(), by=side.agent, at=AT)
        heard(lesson, follow_up, at=AT)
        for each in self.sides.values():  # lessons are everybody's
            each.rows["heard_lesson"] = lesson

    def _customer(self, mark: str) -> Customer:
        account = factories.account(f"{mark} Freight")
        return factories.customer(f"{mark} Solheim", email=f"{mark.lower()}@fjordvik.example", account=account)

    def _signed_in(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def _with_key(self, scopes: list[str]) -> Client:
        key, secret = ApiKey.issue(name="Sync", scopes=scopes, at=AT)
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=NOW, expires_at=NOW + timedelta(days=9))
        return Client(headers={"Authorization": f"Bearer {secret}"})
