"""What stands in a digest: read when the mail is written, so that it is true when it is read."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from followups.models import Digest, FollowUp, HeldNotice
from followups.notices import KINDS, Kind

MOST_LINES = 30  # of one section; a mail is no list to work from


@dataclass
class Section:
    """Follow-ups under one heading, most urgent first, and how many more there are."""

    title: str
    rows: list[FollowUp] = field(default_factory=list)
    more: int = 0


@dataclass
class Told:
    """What a lead or manager would have been mailed one by one."""

    kind: Kind
    rows: list[FollowUp]


@dataclass(frozen=True)
class Digested:
    """One digest with all that may go into it."""

    digest: Digest
    mine: list[FollowUp]
    held: list[HeldNotice]

    def sections(self, at: datetime) -> list[Section]:
        """Each of this person's follow-ups once, under the first heading that fits."""
        handed = {notice.follow_up_id for notice in self.held if notice.kind == "handed_over"}
        sections = [
            Section("Handed over to you, please acknowledge"),
            Section("Overdue"),
            Section("Due in this shift"),
            Section("Also yours"),
            Section("Snoozed"),
        ]
        for row in self.mine:
            if row.acknowledged_at is None and (row.hand_overs or row.pk in handed):
                place = 0
            elif row.snoozed_until is not None and row.snoozed_until > self.digest.shift_ends_at:
                place = 4
            elif row.due_at < at:
                place = 1
            else:
                place = 2 if row.due_at < self.digest.shift_ends_at else 3
            sections[place].rows.append(row)
        for section in sections:
            section.more = max(len(section.rows) - MOST_LINES, 0)
            section.rows = section.rows[:MOST_LINES]
        return [section for section in sections if section.rows]

    def told(self) -> list[Told]:
        """What was held back about other people's follow-ups that are still open, by kind."""
        mine = {row.pk for row in self.mine}
        by_kind: dict[str, dict[int, FollowUp]] = defaultdict(dict)
        for notice in self.held:
            row = notice.follow_up
            is_over = not row.is_unclosed or (notice.kind == "to_confirm" and row.second_asked_at is None)
            if row.pk not in mine and not KINDS[notice.kind].is_to_holder and not is_over:
                by_kind[notice.kind][row.pk] = row
        return [Told(KINDS[name], list(by_kind[name].values())[:MOST_LINES]) for name in KINDS if name in by_kind]


def load(ids: Iterable[int]) -> dict[int, Digested]:
    """Digests with what their people have open and what was held for them. Three statements."""
    digests = Digest.objects.select_related("user").in_bulk(list(ids))
    related = ("customer", "account", "team", "assignee")
    mine: dict[int, list[FollowUp]] = defaultdict(list)
    holders = {digest.user_id for digest in digests.values()}
    for row in FollowUp.objects.unclosed().filter(assignee__in=holders).select_related(*related).in_queue_order():
        mine[row.assignee_id or 0].append(row)
    held: dict[int, list[HeldNotice]] = defaultdict(list)
    notices = HeldNotice.objects.filter(digest__in=digests).order_by("at", "pk")
    for notice in notices.select_related(*(f"follow_up__{name}" for name in related)):
        held[notice.digest_id or 0].append(notice)
    return {pk: Digested(digest, mine[digest.user_id], held[pk]) for pk, digest in digests.items()}
