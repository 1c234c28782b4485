"""Every figure once more, over rows read one by one, in plain Python: no aggregation, no formula of the product."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from math import sqrt
from typing import Any

from followups.models import FollowUp, HistoryEntry, RootCause
from nps.desk.models import Account, Product, Resolution, Tag, Team, Ticket, User
from nps.survey.models import Invitation, Response, SurveyDecision, Topic

Row = dict[str, Any]
BANDS = ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2


def net(scores: Iterable[int]) -> float | None:
    found = list(scores)
    if not found:
        return None
    return 100 * (sum(score >= 9 for score in found) - sum(score <= 6 for score in found)) / len(found)


def interval(scores: Iterable[int]) -> tuple[float, float]:
    """Adjusted Wald as its sources print it, drawn out to hold the plain figure."""
    found = list(scores)
    if not found:
        return -100.0, 100.0
    n = len(found) + 3
    p = (sum(score >= 9 for score in found) + 0.75) / n
    d = (sum(score <= 6 for score in found) + 0.75) / n
    margin = 1.96 * sqrt((p + d - (p - d) ** 2) / n)
    plain = net(found) or 0.0
    return max(-100.0, min(plain, 100 * (p - d - margin))), min(100.0, max(plain, 100 * (p - d + margin)))


def median(values: Iterable[timedelta]) -> timedelta | None:
    found = sorted(values)
    if not found:
        return None
    return (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2


@dataclass
class Rows:
    """Everything that the figures of [since, until) stand on, as they stand at `at`."""

    since: datetime
    until: datetime
    at: datetime

    def __post_init__(self) -> None:
        self.decisions = {row["resolution_id"]: row for row in SurveyDecision.objects.values()}
        invitations = list(Invitation.objects.values())
        self.invitations = {row["resolution_id"]: row for row in invitations if row["resolution_id"]}
        self.every_answer = list(Response.objects.order_by("answered_at", "pk").values())
        self.answer_of = {row["invitation_id"]: row for row in self.every_answer}
        self.every_resolution = {row["id"]: row for row in Resolution.objects.values()}
        self.tickets = {row["id"]: row for row in Ticket.objects.values()}
        self.every_follow_up = list(FollowUp.objects.values())
        self.answers = [row for row in self.every_answer if self._inside(row["answered_at"])]
        self.resolutions = [row for row in self.every_resolution.values() if self._inside(row["resolved_at"])]
        self.follow_ups = [row for row in self.every_follow_up if self._inside(row["opened_at"])]

    def _inside(self, at: datetime) -> bool:
        return self.since <= at < self.until

    # ---- answers -------------------------------------------------------------------------------------------------
    def scores(self) -> list[int]:
        return [row["score"] for row in self.answers]

    def weeks(self, zone: tzinfo) -> dict[Any, list[int]]:
        found: dict[Any, list[int]] = defaultdict(list)
        for row in self.answers:
            day = row["answered_at"].astimezone(zone).date()
            found[day - timedelta(days=day.weekday())].append(row["score"])
        return found

    def movement(self) -> Counter[Any]:
        before: dict[int, int] = {}
        found: Counter[Any] = Counter()
        counted = {row["id"] for row in self.answers}
        for row in self.every_answer:
            old = before.get(row["customer_id"])
            before[row["customer_id"]] = row["score"]
            if row["id"] in counted:
                found["first" if old is None else (BANDS[old], BANDS[row["score"]])] += 1
        return found

    def topics(self) -> dict[str, list[int]]:
        names = {topic.pk: topic.labels["en"] for topic in Topic.objects.all()}
        scores = {row["id"]: row["score"] for row in self.answers}
        found: dict[str, list[int]] = defaultdict(list)
        for answer, topic in Response.topics.through.objects.values_list("response_id", "topic_id"):
            if answer in scores:
                found[names[topic]].append(scores[answer])
        return found

    def groups(self, dimension: str) -> dict[Any, tuple[list[int], list[Row]]]:
        """{name: (scores, resolutions)} of a breakdown."""
        names = self._namer(dimension)
        found: dict[Any, tuple[list[int], list[Row]]] = defaultdict(lambda: ([], []))
        for row in self.answers:
            for name in names(row, self.every_resolution.get(row["resolution_id"])):
                found[name][0].append(row["score"])
        for row in self.resolutions:
            for name in names(row, row):
                found[name][1].append(row)
        return found

    def _namer(self, dimension: str) -> Callable[[Row, Row | None], list[str]]:
        of: dict[str, dict[Any, str]] = {
            "team": {row.pk: row.name for row in Team.objects.all()},
            "product": {row.pk: row.name for row in Product.objects.all()},
            "account": {row.pk: row.name for row in Account.objects.all()},
            "agent": {
                row.pk: f"{row.first_name} {row.last_name}".strip() or row.username for row in User.objects.all()
            },
        }
        if dimension in of:
            return lambda row, resolution: [of[dimension].get(row[f"{dimension}_id"], "Not set")]
        if dimension == "tag":
            tags: dict[int, list[str]] = defaultdict(list)
            for ticket, name in Tag.objects.values_list("tickets", "name"):
                tags[ticket].append(name)
            return lambda row, resolution: (resolution and tags.get(resolution["ticket_id"])) or ["Not set"]
        if dimension in ("contacts", "handovers"):
            noun = {"contacts": "contact", "handovers": "hand-over"}[dimension]

            def counted(row: Row, resolution: Row | None) -> list[str]:
                if resolution is None:
                    return ["Not set"]
                number = resolution[dimension]
                many = f"4 {noun}s or more" if number >= 4 else f"{number} {noun}{'s' * (number != 1)}"
                return [many]

            return counted
        column = {"channel": "channel", "shift": "shift_name"}[dimension]
        labels = dict(Ticket._meta.get_field("channel").choices or ()) if dimension == "channel" else {}
        return lambda row, resolution: [labels.get(row[column], row[column]) or "Not set"]

    # ---- resolutions ---------------------------------------------------------------------------------------------
    def live(self, rows: Iterable[Row] | None = None) -> list[Row]:
        """Those that were not imported."""
        found = self.resolutions if rows is None else rows
        return [row for row in found if self.decisions.get(row["id"], {}).get("reason") != "history"]

    def place(self, resolution: Row) -> str:
        decision = self.decisions.get(resolution["id"])
        if decision is None:
            return "undecided"
        if decision["outcome"] != "invited":
            return str(decision["reason"])
        invitation = self.invitations[resolution["id"]]
        answer = self.answer_of.get(invitation["id"])
        if answer is not None and not answer["is_history"]:
            if invitation["delivered_at"] is None:
                return "told"
            return "commented" if answer["comment"] else "no_comment"
        if invitation["delivered_at"]:
            how = "opened" if invitation["opened_at"] else "unopened"
            if invitation["expires_at"] <= self.at:
                return f"{how}_over"
            return "opened_yet" if invitation["opened_at"] else "unopened"
        for column, place in (("cancelled_at", "cancelled"), ("bounced_at", "bounced"), ("failed_at", "failed")):
            if invitation[column]:
                return place
        return "waiting"

    def answered(self, rows: Iterable[Row] | None = None, *, of_delivered: bool = False) -> int:
        places = [self.place(row) for row in self.live(rows)]
        return sum(place in ("commented", "no_comment") or (place == "told" and not of_delivered) for place in places)

    def delivered(self, rows: Iterable[Row] | None = None) -> int:
        asked = [self.invitations.get(row["id"]) for row in self.live(rows)]
        return sum(invitation is not None and invitation["delivered_at"] is not None for invitation in asked)

    def first_contact(self, rows: Iterable[Row] | None = None) -> Counter[str]:
        """How many stand in each state; "excepted" and the two disagreements beside them."""
        found: Counter[str] = Counter()
        for row in self.resolutions if rows is None else rows:
            if row["number"] != 1 or self.tickets[row["ticket_id"]]["is_duplicate"]:
                continue
            if row["first_contact_exception"].startswith("Imported: contacts"):
                found["unknown"] += 1
                continue
            if row["is_first_contact"]:
                state = "reopened" if row["reopened_at"] else row["acceptance"]
            else:
                state = "handed_over" if row["handovers"] else "more_contacts"
            found[state] += 1
            found["excepted"] += bool(row["first_contact_exception"])
            invitation = self.invitations.get(row["id"])
            answer = self.answer_of.get(invitation["id"]) if invitation else None
            if answer and answer["answered_at"] < row["resolved_at"] - timedelta(days=1):
                answer = None  # it is about something else
            returned, score = self._came_back(row), None if answer is None else answer["score"]
            if (row["acceptance"] == "accepted" or (score or 0) >= 9) and (returned or row["reopened_at"]):
                found["said_good"] += 1
            elif state in ("accepted", "assumed", "pending") and not returned and score is not None and score <= 6:
                found["said_bad"] += 1
        return found

    def _came_back(self, row: Row) -> bool:
        until = row["resolved_at"] + timedelta(days=7)
        return any(
            ticket["customer_id"] == row["customer_id"]
            and ticket["product_id"] == row["product_id"]
            and ticket["id"] != row["ticket_id"]
            and row["resolved_at"] < ticket["opened_at"] <= until
            for ticket in self.tickets.values()
        )

    # ---- follow-ups ----------------------------------------------------------------------------------------------
    def kept(self) -> list[Row]:
        return [row for row in self.follow_ups if row["status"] != "cancelled"]

    def taken(self) -> list[timedelta]:
        return [row["reached_at"] - row["opened_at"] for row in self.kept() if row["reached_at"]]

    def assigned_in_time(self) -> int:
        first: dict[int, datetime] = {}
        for row in HistoryEntry.objects.order_by("at", "pk").values("follow_up_id", "from_status", "to_status", "at"):
            if (row["from_status"], row["to_status"]) == ("open", "assigned"):
                first.setdefault(row["follow_up_id"], row["at"])
        return sum(row["id"] in first and first[row["id"]] <= row["first_contact_due_at"] for row in self.kept())

    def reached_in_time(self) -> tuple[int, int]:
        due = [
            row
            for row in self.kept()
            if row["reached_at"]
            or (
                row["first_contact_due_at"] <= self.at
                and not (row["closed_at"] and row["closed_at"] <= row["first_contact_due_at"])
            )
        ]
        return sum(bool(row["reached_at"]) and row["reached_at"] <= row["first_contact_due_at"] for row in due), len(
            due
        )

    def next_after(self, customer: int, at: datetime) -> Row | None:
        later = (row for row in self.every_answer if row["customer_id"] == customer and row["answered_at"] > at)
        return next(later, None)

    def recovery(self) -> Counter[tuple[int, int]]:
        found: Counter[tuple[int, int]] = Counter()
        for row in self.follow_ups:
            if row["status"] == "closed":
                following = self.next_after(row["customer_id"], row["closed_at"])
                if following:
                    found[row["score"], following["score"]] += 1
        return found

    def outreach(self) -> dict[bool, dict[int, list[int]]]:
        """{was reached before they answered again: {first score: next scores}}."""
        given = {row["id"]: row["answered_at"] for row in self.every_answer}
        found: dict[bool, dict[int, list[int]]] = {True: defaultdict(list), False: defaultdict(list)}
        for row in self.kept():
            following = self.next_after(row["customer_id"], given[row["response_id"]])
            if following:
                was_reached = bool(row["reached_at"]) and row["reached_at"] < following["answered_at"]
                found[was_reached][row["score"]].append(following["score"])
        return found

    def causes(self) -> Counter[str]:
        """By first level."""
        causes = {cause.pk: cause for cause in RootCause.objects.select_related("parent")}
        chosen = [causes[row["root_cause_id"]] for row in self.follow_ups if row["root_cause_id"]]
        return Counter((cause.parent or cause).name for cause in chosen)

    def attributable(self) -> Counter[str]:
        causes = {cause.pk: cause for cause in RootCause.objects.all()}
        return Counter(
            causes[row["root_cause_id"]].get_attributable_to_display()
            for row in self.follow_ups
            if row["root_cause_id"]
        )
