"""The queue as staff see it: saved views, tabs, counts, order and places. Read only."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from followups.models import FollowUp
from followups.models.followups import FollowUpQuerySet
from nps.desk.models import User

PAGE = 50
VIEWS = {
    "mine": "My open",
    "overdue": "Overdue",
    "today": "Due today",
    "nobody": "Nobody’s yet",
    "waiting": "Waiting on customer",
    "snoozed": "Snoozed",
    "key": "Key accounts",
    "team": "My team",
}
TABS = {"all": "All", "overdue": "Overdue", "today": "Today", "low": "0–6", "near": "7–8"}
GROUPS = {"overdue": "Overdue", "today": "Due today", "later": "Later"}
CURSOR = re.compile(r"([0-9T:.+\-Z]{19,40})_([0-9]{1,2})_([0-9]{1,18})")

Key = tuple[datetime, int, int]


@dataclass(frozen=True)
class Look:
    """Who looks, and when. `user` and their zone decide what is theirs and when today ends."""

    user: User
    at: datetime

    @cached_property
    def day_ends_at(self) -> datetime:
        tomorrow = timezone.localdate(self.at) + timedelta(days=1)
        return timezone.make_aware(datetime.combine(tomorrow, datetime.min.time()))

    @property
    def default_view(self) -> str:
        return "team" if self.user.sees_everything else "mine"

    def views(self) -> dict[str, str]:
        """The saved views this person has, by key."""
        if self.user.sees_everything:
            return {**VIEWS, "team": "Everybody’s"}
        return {key: label for key, label in VIEWS.items() if key != "team" or self.user.led_team_ids}

    def condition(self, view: str) -> Q:
        awake = Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=self.at)
        match view:
            case "mine":
                return awake & Q(assignee=self.user)
            case "overdue" | "today":
                return awake & self.when(view)
            case "nobody":
                return awake & Q(status=FollowUp.Status.OPEN)
            case "waiting":
                # Tried without reaching them, and the next try is not due yet: it is the customer's turn.
                return awake & Q(attempts_made__gt=0, reached_at__isnull=True, due_at__gt=self.at)
            case "snoozed":
                return Q(snoozed_until__gt=self.at)
            case "key":
                return awake & Q(account__is_key=True)
            case "team" if not self.user.sees_everything:
                return awake & Q(team_id__in=self.user.led_team_ids)
        return awake

    def when(self, group: str) -> Q:
        match group:
            case "overdue":
                return Q(due_at__lt=self.at)
            case "today":
                return Q(due_at__gte=self.at, due_at__lt=self.day_ends_at)
        return Q(due_at__gte=max(self.day_ends_at, self.at))

    def group_of(self, follow_up: FollowUp) -> str:
        if follow_up.due_at < self.at:
            return "overdue"
        return "today" if follow_up.due_at < self.day_ends_at else "later"

    def tab(self, tab: str) -> Q:
        match tab:
            case "overdue" | "today":
                return self.when(tab)
            case "low":
                return Q(score__lte=6)
            case "near":
                return Q(score__in=(7, 8))
        return Q()


@dataclass(frozen=True)
class State:
    """Where in the queue somebody is; all of it stands in the URL."""

    view: str
    tab: str = "all"
    task: str = ""
    after: str = ""

    @classmethod
    def read(cls, given: dict[str, str], look: Look) -> "State":
        """From a query string; what is not known becomes the default."""
        view, tab = given.get("view", ""), given.get("tab", "")
        task = given.get("task", "")
        return cls(
            view=view if view in look.views() else look.default_view,
            tab=tab if tab in TABS else "all",
            task=task if task == "end" or (task.isascii() and task.isdigit() and len(task) < 19) else "",
            after=given.get("after", "") if CURSOR.fullmatch(given.get("after", "")) else "",
        )

    def query(self, **changes: str | int) -> str:
        now = {"view": self.view, "tab": self.tab, "task": self.task, "after": self.after, **changes}
        kept = {
            name: value for name, value in now.items() if value not in ("", None) and (name, value) != ("tab", "all")
        }
        return urlencode(kept)

    @property
    def here(self) -> str:
        """View and tab, without the task: what forms carry so that the next task can be found."""
        return self.query(task="", after="")


def rows_of(look: Look, state: State) -> FollowUpQuerySet:
    """What the view and the tab hold, in no order yet."""
    rows = FollowUp.objects.all() if state.view == "mine" else FollowUp.objects.visible_to(look.user)
    return rows.unclosed().filter(look.condition(state.view), look.tab(state.tab))


def counts_of(look: Look) -> dict[str, int]:
    """How many each saved view holds. One statement."""
    counted = {view: Count("pk", filter=look.condition(view)) for view in look.views()}
    return FollowUp.objects.visible_to(look.user).unclosed().aggregate(**counted)


def tab_counts(look: Look, state: State) -> dict[str, int]:
    """How many each tab of the view holds, and each group of the chosen tab (“group_overdue” …). One statement."""
    counted = {tab: Count("pk", filter=look.tab(tab)) for tab in TABS if tab != "all"}
    chosen = look.tab(state.tab)
    grouped = {f"group_{group}": Count("pk", filter=chosen & look.when(group)) for group in GROUPS}
    return rows_of(look, State(view=state.view)).aggregate(all=Count("pk"), **counted, **grouped)


@dataclass(frozen=True)
class Group:
    """Rows under one heading. `total` counts those on other pages too."""

    key: str
    label: str
    rows: list[FollowUp]
    total: int


@dataclass(frozen=True)
class Listing:
    rows: list[FollowUp]
    groups: list[Group]
    next_cursor: str


def listing_of(look: Look, state: State, totals: dict[str, int]) -> Listing:
    """One page, most urgent first, under its headings."""
    found = rows_of(look, state).select_related("customer", "account", "response", "policy", "assignee")
    place = read_cursor(state.after)
    if place is not None:
        found = found.filter(later_than(place))
    rows = list(found.in_queue_order()[: PAGE + 1])
    more = len(rows) > PAGE
    rows = rows[:PAGE]
    groups = [
        Group(key, label, mine, totals[f"group_{key}"])
        for key, label in GROUPS.items()
        if (mine := [row for row in rows if look.group_of(row) == key])
    ]
    return Listing(rows, groups, as_cursor(key_of(rows[-1])) if more else "")


def key_of(follow_up: FollowUp) -> Key:
    return follow_up.due_at, follow_up.score, follow_up.pk


def as_cursor(key: Key) -> str:
    due_at, score, pk = key
    return f"{due_at.isoformat()}_{score}_{pk}"


def read_cursor(cursor: str) -> Key | None:
    found = CURSOR.fullmatch(cursor)
    try:
        due_at = parse_datetime(found[1]) if found else None
    except ValueError:
        return None
    if found is None or due_at is None or due_at.tzinfo is None:
        return None
    return due_at, int(found[2]), int(found[3])


def later_than(key: Key) -> Q:
    due_at, score, pk = key
    return Q(due_at__gt=due_at) | Q(due_at=due_at, score__gt=score) | Q(due_at=due_at, score=score, pk__gt=pk)


def earlier_than(key: Key) -> Q:
    due_at, score, pk = key
    return Q(due_at__lt=due_at) | Q(due_at=due_at, score__lt=score) | Q(due_at=due_at, score=score, pk__lt=pk)


def next_after(look: Look, state: State, key: Key) -> int | None:
    """The next one of the view after `key`; None at its end: it does not begin again by itself."""
    rest = rows_of(look, state).filter(later_than(key)).exclude(pk=key[2])
    return rest.in_queue_order().values_list("pk", flat=True).first()


@dataclass(frozen=True)
class Place:
    """The neighbours of one follow-up in its view, and its number from 1, or 0 where the view does not hold it."""

    number: int
    previous: int | None
    next: int | None


def place_of(look: Look, state: State, follow_up: FollowUp) -> Place:
    """Three statements, whatever the number of rows."""
    rows, key = rows_of(look, state), key_of(follow_up)
    before = rows.filter(earlier_than(key))
    holds = Count("pk", filter=Q(pk=follow_up.pk))
    ahead = rows.filter(earlier_than(key) | Q(pk=follow_up.pk)).aggregate(n=Count("pk"), holds=holds)
    return Place(
        number=ahead["n"] if ahead["holds"] else 0,
        previous=before.order_by("-due_at", "-score", "-pk").values_list("pk", flat=True).first(),
        next=next_after(look, state, key),
    )


def quiet_of(look: Look) -> dict[str, datetime | int | None]:
    """For the empty state: how many this person closed today, and when the next one wakes up."""
    begin = look.day_ends_at - timedelta(days=1)
    closed = FollowUp.objects.filter(status=FollowUp.Status.CLOSED, closed_by=look.user, closed_at__gte=begin)
    asleep = FollowUp.objects.visible_to(look.user).snoozed(look.at)
    return {"closed": closed.count(), "wakes_at": asleep.aggregate(at=Min("snoozed_until"))["at"]}
