"""All that stands beside one follow-up: what was said, what was tried, who the customer is. Read only."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Q
from django.utils import timezone

from followups.access import May, sees
from followups.guide import Step as GuideStep
from followups.guide import guide_for
from followups.models import Attempt, FollowUp, HistoryEntry, Lesson, Promise
from nps.desk.models import Membership, Ticket, User
from nps.survey.models import Response, Topic
from nps.survey.stories import Story, story_of_response

SCORES = 6
TICKETS = 4
EARLIER = 4
LESSONS = 3
HISTORY = 100
#: The chart of the last scores: its drawing area in user units.
CHART_WIDTH, CHART_LEFT, CHART_STEP, CHART_TOP = 250, 12, 3.5, 7.5


@dataclass(frozen=True)
class Dot:
    """One score in the chart: where it stands, and the band that colours it."""

    score: int
    x: float
    y: float
    band: str

    @property
    def text_y(self) -> float:
        return self.y + 16


@dataclass(frozen=True)
class SnoozeOption:
    label: str
    until: datetime


@dataclass(frozen=True)
class Dossier:
    follow_up: FollowUp
    may: May
    topics: list[str]
    story: Story
    guide: list[GuideStep]
    history: list[HistoryEntry]
    undoable: Attempt | None
    promises: list[Promise]
    dots: list[Dot]
    score_count: int
    tickets: list[Ticket]
    ticket_count: int
    sees_ticket: bool
    earlier: list[tuple[FollowUp, bool]]
    lessons: list[Lesson]
    snoozes: list[SnoozeOption]
    people: list[tuple[str, list[tuple[int, str]]]]
    at: datetime

    @property
    def line(self) -> str:
        """The chart's points for its line."""
        return " ".join(f"{dot.x:g},{dot.y:g}" for dot in self.dots)

    @property
    def chart_words(self) -> str:
        scores = ", ".join(str(dot.score) for dot in self.dots)
        return f"Last {len(self.dots)} scores, oldest first: {scores}" if len(self.dots) > 1 else f"One score: {scores}"

    @property
    def wakes_at(self) -> datetime | None:
        """Until when it sleeps, if it does."""
        until = self.follow_up.snoozed_until
        return until if until and until > self.at and self.follow_up.is_unclosed else None

    @property
    def is_unwanted(self) -> bool:
        """The customer said that nobody is to call."""
        return self.follow_up.response.contact_choice == Response.ContactChoice.NO

    @property
    def stage(self) -> str:
        """What is due: the first contact, the next try, or the closing."""
        if self.follow_up.reached_at:
            return "Closing"
        return "Next try" if self.follow_up.attempts_made else "First contact"


def dossier_of(follow_up: FollowUp, user: User, at: datetime) -> Dossier:
    """Everything for `user` at `at`, in a fixed number of statements (see tests/house/test_query_budget.py)."""
    response = follow_up.response
    tickets = Ticket.objects.visible_to(user).filter(customer_id=follow_up.customer_id)
    scores = Response.objects.filter(customer_id=follow_up.customer_id)
    labels = [topic.label("en") for topic in Topic.objects.filter(responses=response).order_by("position", "pk")]
    promises = list(follow_up.promises.select_related("owner").order_by("due_on", "pk"))
    return Dossier(
        follow_up=follow_up,
        may=May.of(user, follow_up),
        topics=labels,
        story=story_of_response(response),
        guide=guide_for(follow_up, user),
        history=list(follow_up.history.select_related("actor").order_by("-at", "-pk")[:HISTORY]),
        undoable=_undoable(follow_up, user),
        promises=promises,
        dots=dots_of(list(scores.order_by("-answered_at", "-pk").values_list("score", flat=True)[:SCORES])[::-1]),
        score_count=scores.count(),
        tickets=list(tickets.select_related("assignee", "team").order_by("-opened_at", "-pk")[:TICKETS]),
        ticket_count=tickets.count(),
        sees_ticket=_sees_ticket(user, response),
        earlier=_earlier(follow_up, user),
        lessons=similar_lessons(follow_up),
        snoozes=snooze_options(at),
        people=people_for(follow_up),
        at=at,
    )


def _undoable(follow_up: FollowUp, user: User) -> Attempt | None:
    """The last attempt, if this person logged it and may still take it back."""
    if not (follow_up.is_unclosed and user.may_write):
        return None
    last = follow_up.attempts.filter(undone_at__isnull=True).order_by("-at", "-pk").first()
    return last if last is not None and last.by_id == user.pk else None


def dots_of(scores: list[int]) -> list[Dot]:
    """The last scores, oldest first, spread over the chart."""
    span = (CHART_WIDTH - 2 * CHART_LEFT) / (SCORES - 1)
    return [
        Dot(
            score=score,
            x=round(CHART_LEFT + span * number, 1),
            y=round(CHART_TOP + (10 - score) * CHART_STEP, 1),
            band="pro" if score >= 9 else "pas" if score >= 7 else "det",
        )
        for number, score in enumerate(scores)
    ]


def _sees_ticket(user: User, response: Response) -> bool:
    if response.resolution is None:
        return False
    ticket = response.resolution.ticket
    return user.sees_everything or ticket.team_id in user.team_ids or ticket.assignee_id == user.pk


def _earlier(follow_up: FollowUp, user: User) -> list[tuple[FollowUp, bool]]:
    theirs = FollowUp.objects.filter(customer_id=follow_up.customer_id).exclude(pk=follow_up.pk)
    rows = theirs.select_related("assignee", "root_cause").order_by("-opened_at", "-pk")[:EARLIER]
    return [(row, sees(user, row)) for row in rows]


def similar_lessons(follow_up: FollowUp) -> list[Lesson]:
    """What was learned where the cause or the product was the same, most often seen first."""
    product_id = follow_up.response.product_id
    alike = Q(root_cause_id=follow_up.root_cause_id) if follow_up.root_cause_id else Q()
    if product_id:
        alike |= Q(product_id=product_id) | Q(followups__response__product_id=product_id)
    if not alike:
        return []
    found = Lesson.objects.filter(alike).exclude(status=Lesson.Status.REJECTED)
    often = found.select_related("root_cause").distinct().order_by("-times_seen", "-pk")
    # The same sentence may have been written twice; it is shown once.
    return list({lesson.text.casefold(): lesson for lesson in reversed(often[: 4 * LESSONS])}.values())[::-1][:LESSONS]


def snooze_options(at: datetime) -> list[SnoozeOption]:
    """When it can wake up, in the reader's zone: in 2 hours, tomorrow 09:00, next Monday 09:00."""
    today = timezone.localdate(at)
    nine = time(9)

    def local(days: int) -> datetime:
        return timezone.make_aware(datetime.combine(today + timedelta(days=days), nine))

    return [
        SnoozeOption("In 2 hours", (at + timedelta(hours=2)).replace(second=0, microsecond=0)),
        SnoozeOption("Tomorrow", local(1)),
        SnoozeOption("Next Monday", local(7 - today.weekday())),
    ]


def people_for(follow_up: FollowUp) -> list[tuple[str, list[tuple[int, str]]]]:
    """Who could be given it, by team, the owning team first; not the person who was rated."""
    members = Membership.objects.filter(user__is_active=True, team__is_active=True).select_related("user", "team")
    groups: dict[tuple[bool, str], list[tuple[int, str]]] = {}
    placed: set[int] = set()
    barred = follow_up.rated_agent_id if not follow_up.policy.allows_rated_agent else None
    for member in sorted(members, key=lambda m: (m.team_id != follow_up.team_id, m.team.name, str(m.user), m.pk)):
        if member.user_id in placed or member.user_id == barred:
            continue
        placed.add(member.user_id)
        where = (member.team_id != follow_up.team_id, member.team.name)
        groups.setdefault(where, []).append((member.user_id, str(member.user)))
    return [(name, people) for (_, name), people in sorted(groups.items())]
