"""All that stands beside one follow-up: what was said, what was tried, who the customer is. Read only."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Count, Exists, F, OuterRef, Q, When, Window
from django.utils import timezone

from followups.access import May, may_give, sees, visible_customers
from followups.guide import Guide, guide_for
from followups.letters import letters_of, why_not
from followups.models import Attempt, Confirmation, FollowUp, HistoryEntry, Letter, Promise
from followups.score_chart import band_of
from followups.similar import Note, lessons_like
from nps.desk.models import Customer, Membership, Ticket, User
from nps.survey.models import Response, Topic
from nps.survey.stories import Story, story_of_response

SUNDAY = 6  # of date.weekday
SCORES = 6
TICKETS = 4
CONTACTS = 6
PROMISES = 20
EARLIER = 4
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
    asked: Confirmation | None
    topics: list[str]
    story: Story
    guide: Guide | None
    history: list[HistoryEntry]
    letters: list[Letter]
    no_mail: str
    undoable: Attempt | None
    promises: list[Promise]
    promised: list[Promise]
    contacts: list[tuple[Customer, bool]]
    dots: list[Dot]
    score_count: int
    tickets: list[Ticket]
    ticket_count: int
    sees_ticket: bool
    earlier: list[tuple[FollowUp, bool]]
    lessons: list[Note]
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
    def today(self) -> date:
        return timezone.localdate(self.at)

    @property
    def is_unwanted(self) -> bool:
        """The customer said that nobody is to call."""
        return self.follow_up.response.contact_choice == Response.ContactChoice.NO

    @property
    def unsent(self) -> Letter | None:
        """The latest e-mail, where it was written and did not leave."""
        standing = [letter for letter in self.letters if letter.state != Letter.State.TAKEN_BACK]
        return standing[0] if standing and standing[0].state == Letter.State.NOT_SENT else None

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
    topics = list(Topic.objects.filter(responses=response).order_by("position", "pk"))
    labels = [topic.label("en") for topic in topics]
    asked = _asked(follow_up)
    promised = promises_of(Q(follow_up__customer_id=follow_up.customer_id), user)
    counted = scores.annotate(total=Window(Count("pk"))).order_by("-answered_at", "-pk")
    last_scores = list(counted.values_list("score", "total")[:SCORES])
    history = list(follow_up.history.select_related("actor").order_by("-at", "-pk")[:HISTORY])
    last_tickets: list[Any] = list(
        tickets.select_related("assignee", "team")
        .annotate(total=Window(Count("pk")))
        .order_by("-opened_at", "-pk")[:TICKETS]
    )
    return Dossier(
        follow_up=follow_up,
        may=May.of(user, follow_up, asked),
        asked=asked,
        topics=labels,
        story=story_of_response(response),
        guide=guide_for(follow_up, user, (topic.driver for topic in topics)),
        history=history,
        letters=_letters(follow_up, history),
        no_mail=why_not(follow_up) if follow_up.is_unclosed else "",
        undoable=_undoable(follow_up, user, at),
        promises=[promise for promise in promised if promise.follow_up_id == follow_up.pk],
        promised=promised,
        dots=dots_of([score for score, _ in last_scores][::-1]),
        score_count=last_scores[0][1] if last_scores else 0,
        tickets=last_tickets,
        ticket_count=getattr(last_tickets[0], "total", 0) if last_tickets else 0,
        contacts=_contacts(follow_up, user),
        sees_ticket=_sees_ticket(user, response),
        earlier=_earlier(follow_up, user),
        lessons=lessons_like(follow_up, labels),
        snoozes=snooze_options(at),
        people=people_for(follow_up, user),
        at=at,
    )


def _asked(follow_up: FollowUp) -> Confirmation | None:
    """The question that waits for a second person."""
    if follow_up.second_asked_at is None:
        return None
    rows = follow_up.confirmations.filter(state=Confirmation.State.PENDING)
    return rows.select_related("asked_by", "root_cause", "lesson").first()


def _letters(follow_up: FollowUp, history: list[HistoryEntry]) -> list[Letter]:
    """The latest first; only asked for where the history names any."""
    if not any(entry.verb == "log_attempt" and "subject" in entry.detail for entry in history):
        return []
    return list(letters_of(follow_up).order_by("-pk")[:HISTORY])


def promises_of(whose: Q, user: User) -> list[Promise]:
    """Open ones first, the earliest day on top; then those that were kept or broken, latest first. `is_within_reach`:
    this person may open the follow-up it was made in. One statement."""
    open_until = Case(When(kept_at__isnull=True, broken_at__isnull=True, then=F("due_on")))
    rows = Promise.objects.filter(whose).select_related("owner", "follow_up__customer")
    found = list(rows.order_by(open_until.asc(nulls_last=True), "-due_on", "-pk")[:PROMISES])
    for promise in found:
        promise.is_within_reach = sees(user, promise.follow_up)  # type: ignore[attr-defined]
    return found


def _contacts(follow_up: FollowUp, user: User) -> list[tuple[Customer, bool]]:
    """The others of the account, and whether this person may open their pages."""
    if follow_up.account_id is None:
        return []
    others = Customer.objects.filter(account_id=follow_up.account_id).exclude(pk=follow_up.customer_id)
    seen = visible_customers(user).filter(pk=OuterRef("pk"))
    rows = others.annotate(is_seen=Exists(seen)).order_by("name", "pk")[:CONTACTS]
    return [(row, bool(getattr(row, "is_seen", False))) for row in rows]


def _undoable(follow_up: FollowUp, user: User, at: datetime) -> Attempt | None:
    """The last attempt, if this person logged it and may still take it back."""
    if not (follow_up.is_unclosed and user.may_write):
        return None
    rows = follow_up.attempts.filter(undone_at__isnull=True).select_related("letter")
    last = rows.order_by("-at", "-pk").first()
    if last is None or last.by_id != user.pk:
        return None
    letter = getattr(last, "letter", None)
    return last if letter is None or letter.may_be_taken_back(at) else None


def dots_of(scores: list[int]) -> list[Dot]:
    """The last scores, oldest first, spread over the chart."""
    span = (CHART_WIDTH - 2 * CHART_LEFT) / (SCORES - 1)
    return [
        Dot(
            score=score,
            x=round(CHART_LEFT + span * number, 1),
            y=round(CHART_TOP + (10 - score) * CHART_STEP, 1),
            band=band_of(score),
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


def snooze_options(at: datetime) -> list[SnoozeOption]:
    """When it can wake up, in the reader's zone: in 2 hours, tomorrow 09:00, next Monday 09:00."""
    today = timezone.localdate(at)
    nine = time(9)

    def local(days: int) -> datetime:
        return timezone.make_aware(datetime.combine(today + timedelta(days=days), nine))

    options = [
        SnoozeOption("In 2 hours", (at + timedelta(hours=2)).replace(second=0, microsecond=0)),
        SnoozeOption("Tomorrow", local(1)),
    ]
    if today.weekday() != SUNDAY:
        options.append(SnoozeOption("Next Monday", local(7 - today.weekday())))
    return options


def people_for(follow_up: FollowUp, by: User) -> list[tuple[str, list[tuple[int, str]]]]:
    """Whom `by` could give it to, by team, the owning team first; not the person who was rated."""
    barred = follow_up.rated_agent_id if not follow_up.policy.allows_rated_agent else None
    return _by_team(frozenset({follow_up.team_id}), lambda user: user.pk != barred and may_give(by, follow_up, user))


def colleagues_of(by: User) -> list[tuple[str, list[tuple[int, str]]]]:
    """Everybody who works in a team, by team, `by`'s own teams first: whom several follow-ups could be given to."""
    return _by_team(by.team_ids, lambda user: True)


def _by_team(first: Collection[int], is_asked: Callable[[User], bool]) -> list[tuple[str, list[tuple[int, str]]]]:
    members = Membership.objects.filter(user__is_active=True, team__is_active=True).select_related("user", "team")
    groups: dict[tuple[bool, str], list[tuple[int, str]]] = {}
    placed: set[int] = set()
    for member in sorted(members, key=lambda m: (m.team_id not in first, m.team.name, str(m.user), m.pk)):
        if member.user_id in placed or not is_asked(member.user):
            continue
        placed.add(member.user_id)
        where = (member.team_id not in first, member.team.name)
        groups.setdefault(where, []).append((member.user_id, str(member.user)))
    return [(name, people) for (_, name), people in sorted(groups.items())]
