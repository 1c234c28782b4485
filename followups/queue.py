"""The queue as staff see it: saved views, tabs, order, pages and places. Read only. How many is in census.py."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import Min, Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from followups import searching
from followups.models import FollowUp
from followups.models.followups import FollowUpQuerySet
from followups.searching import Found
from nps.desk.models import User
from nps.filtering import value_of

PAGE = 50
#: Nobody counts rows above this; “200+ of 9,000” says as much, and costs the same at any depth.
DEEPEST_NUMBER = 200
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
#: All that one sees and is not closed, asleep or not: only a search looks there.
ANY = "any"
TABS = {"all": "All", "overdue": "Overdue", "today": "Today", "low": "0–6", "near": "7–8"}
GROUPS = {"overdue": "Overdue", "today": "Due today", "later": "Later"}
CURSOR = re.compile(r"([0-9T:.+\-Z]{19,40})_([0-9]{1,2})_([0-9]{1,18})")

Key = tuple[datetime, int, int]


@dataclass(frozen=True)
class Look:
    """Who looks, and when. `user` and their zone decide what is theirs and when today ends."""

    user: User
    at: datetime
    _found: dict[tuple[str, str], Found] = field(default_factory=dict, init=False, repr=False, compare=False)

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

    def title(self, view: str) -> str:
        return "Everything open" if view == ANY else self.views()[view]

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
                return awake & Q(attempts_made__gt=0, reached_at__isnull=True, due_at__gte=self.at)
            case "snoozed":
                return Q(snoozed_until__gt=self.at)
            case "any":
                return Q()
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
        return self.group_at(follow_up.due_at)

    def group_at(self, due_at: datetime) -> str:
        if due_at < self.at:
            return "overdue"
        return "today" if due_at < self.day_ends_at else "later"

    def tab(self, tab: str) -> Q:
        match tab:
            case "overdue" | "today":
                return self.when(tab)
            case "low":
                return Q(score__lte=6)
            case "near":
                return Q(score__in=(7, 8))
        return Q()

    def found(self, state: "State") -> Found:
        """What the search of `state` finds in its view, on all tabs. One statement, once for this look: everything
        else then asks for these ids, so that the words are tried on no row twice."""
        asked = (state.view, state.q)
        if asked not in self._found:
            rows = _in_view(self, state.view).filter(searching.matching(self.user, state.q))
            keys = tuple(rows.in_queue_order().values_list("due_at", "score", "pk")[: searching.MOST + 1])
            self._found[asked] = Found(keys[: searching.MOST], len(keys) > searching.MOST)
        return self._found[asked]


@dataclass(frozen=True)
class State:
    """Where in the queue somebody is; all of it stands in the URL.

    `q` is what is searched for in the view. `after` is where the page of the list begins. `place` is where the person
    was when they began an act of two steps: reaching somebody moves the deadline, and the next one is still the next
    from there."""

    view: str
    tab: str = "all"
    task: str = ""
    after: str = ""
    place: str = ""
    q: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str], look: Look) -> "State":
        """From a query string; what is not known becomes the default."""
        view, tab = value_of(given, "view"), value_of(given, "tab")
        task, q = given.get("task", ""), searching.read(value_of(given, "q"))
        return cls(
            view=view if view in look.views() or (view == ANY and q) else look.default_view,
            tab=tab if tab in TABS else "all",
            task=task if task == "end" or (task.isascii() and task.isdigit() and len(task) < 19) else "",
            after=_cursor_in(given, "after"),
            place=_cursor_in(given, "place"),
            q=q,
        )

    def query(self, **changes: str | int) -> str:
        now = {
            "view": self.view,
            "tab": self.tab,
            "q": self.q,
            "task": self.task,
            "after": self.after,
            "place": self.place,
            **changes,
        }
        kept = {
            name: value for name, value in now.items() if value not in ("", None) and (name, value) != ("tab", "all")
        }
        return urlencode(kept)

    @property
    def here(self) -> str:
        """View, tab, search and page, without the task: what forms carry so that the next task can be found."""
        return self.query(task="", place="")

    @property
    def top(self) -> str:
        """The beginning of the view."""
        return self.query(task="", place="", after="")

    @property
    def unsearched(self) -> str:
        """The view without the search."""
        return self.query(task="", place="", after="", tab="", q="", view="" if self.view == ANY else self.view)

    @property
    def everywhere(self) -> str:
        """The same search in all that one sees."""
        return self.query(task="", place="", after="", tab="", view=ANY)


def _cursor_in(given: Mapping[str, str], name: str) -> str:
    return given.get(name, "") if CURSOR.fullmatch(given.get(name, "")) else ""


def rows_of(look: Look, state: State) -> FollowUpQuerySet:
    """What the view, the tab and the search hold, in no order yet."""
    rows = _in_view(look, state.view).filter(look.tab(state.tab))
    return rows.filter(pk__in=look.found(state).ids) if state.q else rows


def _in_view(look: Look, view: str) -> FollowUpQuerySet:
    rows = FollowUp.objects.all() if view == "mine" else FollowUp.objects.visible_to(look.user)
    return rows.unclosed().filter(look.condition(view))


@dataclass(frozen=True)
class Group:
    """Rows under one heading. `total` counts those on other pages too."""

    key: str
    label: str
    rows: list[FollowUp]
    total: int


@dataclass(frozen=True)
class Listing:
    """One page of a view. `begins_at` is the cursor before its first row, "" at the top."""

    rows: list[FollowUp]
    next_cursor: str
    begins_at: str

    @property
    def is_whole(self) -> bool:
        """Whether this page is all there is."""
        return not (self.next_cursor or self.begins_at)

    def numbered(self, pk: int) -> int | None:
        """From 0, on this page."""
        return next((number for number, row in enumerate(self.rows) if row.pk == pk), None)


def listing_of(look: Look, state: State, *, holding: FollowUp | None = None) -> Listing:
    """One page, most urgent first, from `state.after` on; where that page does not hold `holding` but the view does,
    the page that begins with it."""
    rows, more = _page(look, state, read_cursor(state.after))
    begins_at = state.after
    if holding is not None and all(row.pk != holding.pk for row in rows):
        found, goes_on = _page(look, state, just_before(holding))
        if found and found[0].pk == holding.pk:
            rows, more, begins_at = found, goes_on, as_cursor(just_before(holding))
    return Listing(rows, as_cursor(key_of(rows[-1])) if more else "", begins_at)


def _page(look: Look, state: State, place: Key | None) -> tuple[list[FollowUp], bool]:
    found = rows_of(look, state).select_related("customer", "account", "response", "policy", "assignee")
    if place is not None:
        found = found.filter(later_than(place))
    rows = list(found.in_queue_order()[: PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def groups_of(look: Look, listing: Listing, totals: Mapping[str, int]) -> list[Group]:
    """The rows under their headings, with how many each holds on all pages."""
    return [
        Group(key, label, mine, totals[f"group_{key}"])
        for key, label in GROUPS.items()
        if (mine := [row for row in listing.rows if look.group_of(row) == key])
    ]


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
    later = Q(due_at__gt=due_at) | Q(due_at=due_at, score__gt=score) | Q(due_at=due_at, score=score, pk__gt=pk)
    return Q(due_at__gte=due_at) & later  # said twice: alternatives tell an index not where to begin


def earlier_than(key: Key) -> Q:
    due_at, score, pk = key
    earlier = Q(due_at__lt=due_at) | Q(due_at=due_at, score__lt=score) | Q(due_at=due_at, score=score, pk__lt=pk)
    return Q(due_at__lte=due_at) & earlier


def just_before(follow_up: FollowUp) -> Key:
    """A place between the one ahead of it and itself."""
    due_at, score, pk = key_of(follow_up)
    return due_at, score, pk - 1


def next_after(look: Look, state: State, key: Key, *, skipping: Collection[int] = ()) -> int | None:
    """The next one of the view after `key` that is not among `skipping`; None at its end: it does not begin again by
    itself."""
    rest = rows_of(look, state).filter(later_than(key)).exclude(pk__in=[key[2], *skipping])
    return rest.in_queue_order().values_list("pk", flat=True).first()


@dataclass(frozen=True)
class Place:
    """The neighbours of one follow-up in its view, and its number from 1: 0 where the view does not hold it, and
    DEEPEST_NUMBER + 1 for all beyond that."""

    number: int
    previous: int | None
    next: int | None

    @property
    def words(self) -> str:
        return f"{DEEPEST_NUMBER}+" if self.number > DEEPEST_NUMBER else str(self.number)


def place_of(
    look: Look, state: State, follow_up: FollowUp, *, listing: Listing | None = None, skipping: Collection[int] = ()
) -> Place:
    """Read off the page at hand where it tells; else by at most four statements, each of which reads a bounded number
    of rows at any depth."""
    rows, key = rows_of(look, state), key_of(follow_up)
    at = listing.numbered(follow_up.pk) if listing else None
    if at is None or listing is None:
        number = _number(rows, key) if rows.filter(pk=follow_up.pk).exists() else 0
        return Place(number, _previous(rows, key), next_after(look, state, key, skipping=skipping))
    ahead = next((row.pk for row in listing.rows[at + 1 :] if row.pk not in skipping), None)
    if ahead is None and listing.next_cursor:
        ahead = next_after(look, state, key, skipping=skipping)
    if not listing.begins_at:
        return Place(at + 1, listing.rows[at - 1].pk if at else None, ahead)
    return Place(_number(rows, key), listing.rows[at - 1].pk if at else _previous(rows, key), ahead)


def _number(rows: FollowUpQuerySet, key: Key) -> int:
    return rows.filter(earlier_than(key)).order_by()[:DEEPEST_NUMBER].count() + 1


def _previous(rows: FollowUpQuerySet, key: Key) -> int | None:
    before = rows.filter(earlier_than(key)).order_by("-due_at", "-score", "-pk")
    return before.values_list("pk", flat=True).first()


def quiet_of(look: Look) -> dict[str, datetime | int | None]:
    """For the empty state: how many this person closed today, and when the next one wakes up."""
    begin = look.day_ends_at - timedelta(days=1)
    closed = FollowUp.objects.filter(status=FollowUp.Status.CLOSED, closed_by=look.user, closed_at__gte=begin)
    asleep = FollowUp.objects.visible_to(look.user).snoozed(look.at)
    return {"closed": closed.count(), "wakes_at": asleep.aggregate(at=Min("snoozed_until"))["at"]}
