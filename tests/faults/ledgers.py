"""What clients were told is kept, held against the rows that are there: answers, reasons, follow-ups, decisions."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.bench import Bench
from tests.faults.client import Seen, address, strange
from tests.faults.running import Run

ASSIGNED_WITHIN = 60.0  # seconds


@dataclass
class Given:
    """One answer as its client knows it: whose (the number of ticket and customer), and what was acknowledged."""

    number: int
    door: str
    score: int
    comment: str = ""
    is_acknowledged: bool = False
    is_comment_acknowledged: bool = False


@dataclass(frozen=True)
class Stored:
    score: int
    comment: str
    follow_ups: int
    status: str
    seconds_to_assign: float | None


ANSWERS = """
SELECT customer.email, answer.score, answer.comment, follow_up.id, follow_up.status, follow_up.opened_at,
       follow_up.assigned_at, answer.id
  FROM nps_response answer
  JOIN nps_customer customer ON customer.id = answer.customer_id
  LEFT JOIN followups_followup follow_up ON follow_up.response_id = answer.id
"""

UNDECIDED = """
SELECT customer.email, resolution.id, decision.id, invitation.id
  FROM nps_resolution resolution
  JOIN nps_customer customer ON customer.id = resolution.customer_id
  LEFT JOIN nps_surveydecision decision ON decision.resolution_id = resolution.id
  LEFT JOIN nps_invitation invitation ON invitation.resolution_id = resolution.id
"""


def stored(bench: Bench, numbers: Iterable[int]) -> dict[str, list[Stored]]:
    """The answers that are there, by the customer's address."""
    wanted = {address(number) for number in numbers}
    rows: dict[tuple[str, int], list[tuple]] = defaultdict(list)
    for row in bench.rows(ANSWERS):
        if row[0] in wanted:
            rows[row[0], row[7]].append(row)
    found: dict[str, list[Stored]] = defaultdict(list)
    for (email, _), ones in rows.items():
        _, score, comment, follow_up, status, opened_at, assigned_at, _ = ones[0]
        seconds = None if assigned_at is None or bench.is_embedded else (assigned_at - opened_at).total_seconds()
        count = len({one[3] for one in ones}) if follow_up else 0
        found[email].append(Stored(score, comment, count, status or "", seconds))
    return found


def judge_answers(
    run: Run, bench: Bench, given: Sequence[Given], *, without_clock: Sequence[int] = (), away: float = 0.0
) -> None:
    """Every acknowledged answer is there once, as it was given; every score of 8 or below has its follow-up, and that
    an assignee within a minute (everybody here is always on shift), but for the numbers `without_clock`: at last. For
    `away` seconds at a stretch what assigns was not there: nobody can be assigned meanwhile."""
    run.stage("comparing ledgers")
    limit = ASSIGNED_WITHIN + away
    numbers = [one.number for one in given]
    until = time.monotonic() + limit
    while True:
        there = stored(bench, numbers)
        waiting = sum(row.status in ("", "open") for rows in there.values() for row in rows if row.score <= 8)
        if not waiting or time.monotonic() > until:
            break
        time.sleep(0.5)
    doors = Counter(one.door for one in given if one.is_acknowledged)
    said = ", ".join(f"{count:,} by {door}" for door, count in sorted(doors.items()))
    lost = sum(one.is_acknowledged and one.score not in [r.score for r in there[address(one.number)]] for one in given)
    reasons = [one for one in given if one.is_comment_acknowledged]
    gone = sum(one.comment not in [r.comment for r in there[address(one.number)]] for one in reasons)
    figure = f"acknowledged and lost 0 ({said}; {len(reasons):,} reasons)"
    run.expect(figure, f"{lost}, {gone} reasons", not lost + gone)
    doubled = sum(len(rows) - 1 for rows in there.values() if rows)
    never = sum(not one.is_acknowledged for one in given)
    run.expect("answers doubled 0, never acknowledged 0", f"{doubled}, {never}", not doubled + never)
    low = [one for one in given if one.is_acknowledged and one.score <= 8]
    opened = {number: sum(row.follow_ups for row in there[address(number)]) for number in numbers}
    missing = sum(not opened[one.number] for one in low)
    twice = sum(count > 1 for count in opened.values())
    idle = sum(opened[one.number] for one in given if one.score > 8)
    figure = f"follow-ups missing 0 of {len(low):,}, doubled 0, of a 9 or 10: 0"
    run.expect(figure, f"{missing}, {twice}, {idle}", not missing + twice + idle)
    clocked = [row for number in numbers if number not in without_clock for row in there[address(number)]]
    times = [row.seconds_to_assign for row in clocked if row.seconds_to_assign is not None]
    late = sum(seconds > limit for seconds in times)
    note = f"slowest {max(times):.0f} s" if times else ""
    beside = f" ({away:.0f} s of it away)" if away else ""
    run.expect_none(f"unassigned > {limit:.0f} s{beside} while someone is eligible 0", late + waiting, note=note)


def judge_decisions(run: Run, bench: Bench, expected: dict[str, int]) -> None:
    """Every resolution the client was told of is there, decided once and invited once."""
    made: Counter[str] = Counter()
    decisions: Counter[int] = Counter()
    invitations: Counter[int] = Counter()
    for email, resolution, decision, invitation in set(bench.rows(UNDECIDED)):
        if email in expected:
            made[email] += resolution not in decisions
            decisions[resolution] += decision is not None
            invitations[resolution] += invitation is not None
    lost = sum(max(0, count - made[email]) for email, count in expected.items())
    run.expect_none(f"resolutions acknowledged and lost 0 of {sum(expected.values()):,}", lost)
    wrong = sum(count != 1 for count in decisions.values()) + sum(count != 1 for count in invitations.values())
    run.expect_none("not decided once and invited once 0", wrong)


def judge_mails(run: Run, bench: Bench, expected: dict[str, int], *, most_doubled: int) -> None:
    """By the mail server's ledger: each resolution has its mail; a second copy has the same Message-ID, and there are
    no more of those than senders were killed with a mail in hand."""
    run.expect_none(f"mails missing 0 of {sum(expected.values()):,}", bench.missing(expected))
    copies = sum(len(bench.sink.mails.get(to, ())) - bench.sink.distinct(to) for to in expected)
    figure = f"doubled ≤ {most_doubled} (senders killed in a session)" if most_doubled else "doubled 0"
    seen = str(copies)
    if copies > most_doubled:
        rows = bench.rows("SELECT recipient, attempts, lost_connections FROM nps_delivery")
        twice = {to for to in expected if len(bench.sink.mails.get(to, ())) > bench.sink.distinct(to)}
        seen += "".join(f"; {row[1]} attempts, {row[2]} lost connections" for row in rows if row[0] in twice)
    run.expect(figure, seen, copies <= most_doubled)
    foreign = sum(max(0, bench.sink.distinct(to) - count) for to, count in expected.items())
    run.expect_none("doubled under another Message-ID 0", foreign)


def judge_requests(run: Run, seen: Iterable[Seen], *, figure: str = "5xx but a right 503, or no answer: 0") -> None:
    bad = strange(seen)
    run.expect_none(figure, sum(bad.values()), note=", ".join(f"{n} × {status}" for status, n in bad.items()))


def judge_no_failure(run: Run, seen: Iterable[Seen]) -> None:
    """Nothing is broken here: not even a 503 is right."""
    bad = [one for one in seen if one.status == 0 or one.status >= 500]
    run.expect_none("5xx 0, no answer 0", len(bad), note=f"such as {bad[0]}" if bad else "")
