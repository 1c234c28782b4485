"""From lines to tickets and their resolutions, inside the database.

A file has either a line a ticket (“snapshot”) or a line a change (“events”). Both end as two temporary tables: one line
a ticket, and one a resolution with the position of its ticket. A resolution begins with the line on which the ticket
came to be resolved, and is undone by the line on which it no longer was."""

from nps.importing.staging import Staging

TICKETS, RESOLUTIONS = "import_tickets", "import_resolutions"
OVER = "('resolved', 'closed')"

#: what a resolution keeps of the line it began with
CARRIED = ("agent", "resolved_by", "team", "contacts", "handovers")


def last_lines(lines: Staging, key: str, order: str) -> Staging:
    """One line a ticket: the last of each, in the order in which the tickets began."""
    fields = "".join(f', y."{name}"' for name in lines.fields)
    return lines.derived(
        TICKETS,
        f"SELECT CAST(ROW_NUMBER() OVER (ORDER BY y.began) AS integer) AS position, y.line{fields}"
        f" FROM (SELECT s.*, ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY {order_of(order, 'DESC')}) AS back,"
        f" MIN(s.position) OVER (PARTITION BY {key}) AS began FROM {lines.name} s) y WHERE y.back = 1",
    )


def order_of(order: str, direction: str = "ASC") -> str:
    return f"s.position {direction}" if order == "file" else f's."event_at" {direction}, s.position {direction}'


def resolutions_of_events(events: Staging, key: str, order: str) -> str:
    """SELECT of known_by, number, resolved_at, reopened_at, closed_at and what is carried, out of a line a change.

    Where lines count in the order of the file, a clock that went back does not turn a ticket's own story around: each
    line is at least as late as the one before."""
    carried = "".join(f", {events.typed(name, _KINDS[name])} AS {name}" for name in CARRIED)
    kept = "".join(f", {name}" for name in CARRIED)
    return f"""
    WITH steps AS (
        SELECT {key} AS known_by, s.position, s."status" AS status{carried},
            CASE WHEN s."status" IN {OVER} THEN 1 ELSE 0 END AS is_over,
            MAX(s."event_at") OVER w AS at, ROW_NUMBER() OVER w AS step
        FROM {events.name} s WINDOW w AS (PARTITION BY {key} ORDER BY {order_of(order)})
    ), turned AS (
        SELECT steps.*, ABS(is_over - LAG(is_over, 1, 0) OVER (PARTITION BY known_by ORDER BY step)) AS is_turn
        FROM steps
    ), runs AS (
        SELECT turned.*, SUM(is_turn) OVER (PARTITION BY known_by ORDER BY step) AS run FROM turned
    ), firsts AS (
        SELECT runs.*, ROW_NUMBER() OVER (PARTITION BY known_by, run ORDER BY step) AS nth,
            MIN(CASE WHEN status = 'closed' THEN at END) OVER (PARTITION BY known_by, run) AS closed_at FROM runs
    ), turns AS (
        SELECT firsts.*, LEAD(at) OVER (PARTITION BY known_by ORDER BY run) AS reopened_at FROM firsts WHERE nth = 1
    )
    SELECT known_by, ROW_NUMBER() OVER (PARTITION BY known_by ORDER BY run) AS number, at AS resolved_at, reopened_at,
        closed_at{kept} FROM turns WHERE is_over = 1"""


_KINDS = {"agent": "text", "resolved_by": "text", "team": "text", "contacts": "number", "handovers": "number"}


def resolutions_of_lines(tickets: Staging, status: str) -> str:
    """The same SELECT out of a line a ticket: one resolution of each that is over."""
    resolved_at = f"COALESCE({tickets.typed('resolved_at', 'moment')}, {tickets.typed('closed_at', 'moment')},"
    resolved_at += f" {tickets.typed('updated_at', 'moment')})"
    closed_at = f"COALESCE({tickets.typed('closed_at', 'moment')}, {resolved_at})"
    carried = "".join(f", {tickets.typed(name, _KINDS[name])} AS {name}" for name in CARRIED)
    return (
        f"SELECT s.position, 1 AS number, {resolved_at} AS resolved_at, {tickets.typed_null('moment')} AS reopened_at,"
        f" CASE WHEN {status} = 'closed' THEN {closed_at} END AS closed_at{carried} FROM {tickets.name} s"
        f" WHERE {status} IN {OVER}"
    )


def settle_resolutions(tickets: Staging, chosen: str) -> Staging:
    """The table of resolutions: `chosen` is a SELECT that begins with position."""
    return tickets.derived(RESOLUTIONS, chosen, is_by_position=False)


def of_tickets(tickets: Staging, key: str, events: str) -> str:
    """`events` (resolutions_of_events) beside the positions of their tickets."""
    return (
        f"SELECT s.position, e.number, e.resolved_at, e.reopened_at, e.closed_at{_of('e')} FROM ({events}) e"
        f" JOIN {tickets.name} s ON {key} = e.known_by"
    )


def refined(tickets: Staging, status: str, history: Staging, lines: str) -> str:
    """`lines` (resolutions_of_lines), replaced by what the history knows of a ticket wherever both end alike: a
    history that breaks off before the ticket's present status is not believed.

    The history says when; who was responsible is on the ticket's own line."""
    events = resolutions_of_events(history, history["external_id"], "time")
    ends = (
        f"SELECT known_by, MAX(CASE WHEN reopened_at IS NULL THEN 1 ELSE 0 END) AS is_over FROM ({events}) e"
        " GROUP BY known_by"
    )
    believed = (
        f"SELECT s.position FROM {tickets.name} s JOIN ({ends}) h ON h.known_by = {tickets['external_id']}"
        f" AND h.is_over = CASE WHEN {status} IN {OVER} THEN 1 ELSE 0 END"
    )
    carried = "".join(f", {tickets.typed(name, _KINDS[name])} AS {name}" for name in CARRIED)
    return (
        f"SELECT l.* FROM ({lines}) l WHERE l.position NOT IN ({believed})"
        f" UNION ALL SELECT s.position, e.number, e.resolved_at, e.reopened_at, e.closed_at{carried}"
        f" FROM ({events}) e JOIN {tickets.name} s ON {tickets['external_id']} = e.known_by"
        f" WHERE s.position IN ({believed})"
    )


def _of(alias: str) -> str:
    return "".join(f", {alias}.{name}" for name in CARRIED)
