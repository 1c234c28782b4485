"""Tickets of another system, with every time they were resolved and reopened. History: nobody is asked about them.

A ticket that is known by its source and external id stays as it stands, with all that was done on it here."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from nps.desk import signals
from nps.desk.importers import folding, kinds, names, people
from nps.desk.importers.customers import strike_repeated
from nps.desk.importers.sources import SOURCE, is_known_as, key_of, source_of
from nps.desk.models import Channel, Customer, Message, Resolution, Ticket
from nps.errors import InvalidInput
from nps.importing.fields import Field
from nps.importing.findings import Findings
from nps.importing.mapping import Map
from nps.importing.merging import among, insert_returning, insert_selected
from nps.importing.plans import Columns
from nps.importing.staging import Staging

TICKETS, CUSTOMERS = Ticket._meta.db_table, Customer._meta.db_table
STATUSES = tuple(Ticket.Status.values)
OVER = ("resolved", "closed")
WHO = ("agent", "resolved_by")
TEAM = "Imported"
UNKNOWN_CONTACTS = "Imported: contacts are not known"


class TicketImporter:
    """One run. `history`: staged lines of another file that say when each ticket changed its status, or None."""

    kind = "tickets"
    noun = "tickets"
    options: ClassVar = {"email_taken": people.EMAIL_TAKEN}
    fields = (
        Field("external_id", kinds.text(120), "the ticket's id in the other system", is_required=True),
        Field("source", kinds.text(40), f"the name of that system; else {SOURCE}"),
        Field("subject", kinds.text(300), "what it is about; else its id"),
        Field("body", kinds.text(20_000), "what the customer wrote first"),
        *people.named_fields("customer_"),
        *people.ACCOUNT_FIELDS,
        Field("team", kinds.text(80), f"the team's name; else {TEAM}"),
        Field("agent", kinds.text(150), "who is responsible: a login, an address or a name"),
        Field("resolved_by", kinds.text(150), "who resolved it; else the agent"),
        Field("product", kinds.text(120), "the product's name"),
        Field("channel", kinds.choice(Channel.values), f"one of {', '.join(Channel.values)}; else email"),
        Field("status", kinds.choice(STATUSES), f"one of {', '.join(STATUSES)}; else resolved where there is a time"),
        kinds.moment("opened_at", "when it was opened", is_required=True),
        kinds.moment("resolved_at", "when it was resolved last"),
        kinds.moment("closed_at", "when it was closed"),
        kinds.moment("updated_at", "when it was changed last; the time of resolving where nothing else says it"),
        kinds.moment("event_at", "when the change of this line was made; where there is a line a change"),
        kinds.number("contacts", "conversations with the customer"),
        kinds.number("handovers", "times it was passed on"),
        kinds.flag("is_duplicate", "merged into another ticket"),
    )

    def __init__(self, mapping: Map, at: datetime, history: Staging | None = None) -> None:
        self._mapping, self._at, self._history = mapping, at, history
        self._resolutions: Staging | None = None
        self._directory: names.Directory | None = None

    @staticmethod
    def accept(mapping: Map) -> None:
        """InvalidInput where the map does not say whose the tickets are, or when what was done."""
        has = mapping.names
        if not has & {"customer_external_id", "customer_email"}:
            raise InvalidInput("The map needs customer_external_id or customer_email: every ticket is somebody's.",
                               field="fields", code="map")  # fmt: skip
        if mapping.events and not {"event_at", "status"} <= has:
            raise InvalidInput("A file with a line a change needs event_at and status.", field="fields", code="map")
        if not has & {"status", "resolved_at"}:
            raise InvalidInput("The map needs status or resolved_at: which tickets are solved?", field="fields",
                               code="map")  # fmt: skip
        people.accept_account(mapping)

    # ---- line by line ----------------------------------------------------------------------------------------
    def check(self, columns: Columns) -> Iterator[tuple[int, str, str, str]]:
        values, size = columns.values, len(columns.lines)
        nothing: list[Any] = [None] * size
        get = values.get
        if not self._mapping.events:
            status = get("status") or ["resolved" if at else "open" for at in get("resolved_at") or nothing]
            rows = zip(status, values["opened_at"], *(get(n) or nothing for n in _TIMES), strict=True)
            for index, (state, opened_at, *times) in enumerate(rows):
                if state in OVER:
                    yield from _wrong_times(index, opened_at, times)
        owners = zip(get("customer_external_id") or nothing, get("customer_email") or nothing, strict=True)
        for index, owner in enumerate(owners):
            if owner == (None, None):
                yield index, "customer", "Nothing says whose ticket this is.", "An id or an address of the customer."

    # ---- all lines -------------------------------------------------------------------------------------------
    def look(self, staging: Staging, findings: Findings) -> Staging:
        key, order = key_of(staging), self._mapping.events
        if order:
            final = folding.last_lines(staging, key, order)
            events = folding.resolutions_of_events(staging, key, order)
            chosen = folding.of_tickets(final, key_of(final), events)
        else:
            strike_repeated(staging, findings, key, names=("external_id",))
            final = staging
            chosen = folding.resolutions_of_lines(staging, _status(staging))
            if self._history is not None:
                chosen = folding.refined(staging, _status(staging), self._history, chosen)
        people.look_at_addresses(
            people.Names(final, "customer_"), findings, taken=self._mapping.options.get("email_taken", "refuse")
        )
        self._resolutions = folding.settle_resolutions(final, chosen)
        self._directory = names.Directory(final, _named(final, self._resolutions))
        return final

    def prepare(self, staging: Staging) -> Counter[str]:
        assert self._directory is not None
        return Counter(self._directory.settle())

    def write(self, staging: Staging, low: int, high: int) -> Counter[str]:
        made = Counter[str]()
        made["accounts"] = people.write_accounts(staging, low, high, self._at)
        made["customers"] = people.write_customers(people.Names(staging, "customer_"), low, high, self._at)
        new = self._write_tickets(staging, low, high)
        made["tickets"] = len(new)
        if new:
            resolutions = self._write_resolutions(staging, low, high, new)
            made["resolutions"] = len(resolutions)
            self._write_messages(staging, low, high, new)
            signals.history_imported.send(Ticket, resolution_ids=resolutions, at=self._at)
        return made

    def foresee(self, staging: Staging) -> Counter[str]:
        assert self._directory is not None
        assert self._resolutions is not None
        foreseen = people.foresee(people.Names(staging, "customer_"))
        is_new = _is_unknown(staging)
        with staging.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {staging.name} s WHERE {is_new}")
            foreseen["tickets"] = cursor.fetchone()[0]
            cursor.execute(
                f"SELECT count(*) FROM {self._resolutions.name} r JOIN {staging.name} s ON s.position = r.position"
                f" WHERE {is_new}"
            )
            foreseen["resolutions"] = cursor.fetchone()[0]
        return foreseen + Counter(self._directory.counts())

    # ---- a portion -------------------------------------------------------------------------------------------
    def _write_tickets(self, staging: Staging, low: int, high: int) -> list[int]:
        assert self._resolutions is not None
        joins, customer_id = people.joined(people.Names(staging, "customer_"))
        status, is_over = _status(staging), f"{_status(staging)} IN {OVER}"
        resolved_at = f"CASE WHEN {is_over} THEN r.resolved_at END"
        return insert_returning(
            staging.connection,
            Ticket,
            {
                "source": source_of(staging),
                "external_id": staging["external_id"],
                "subject": f"COALESCE({staging['subject']}, {staging['external_id']})",
                "customer_id": customer_id,
                "team_id": "nt.id",
                "assignee_id": "na.id",
                "product_id": "np.id",
                "channel": f"COALESCE({staging['channel']}, '{Channel.EMAIL.value}')",
                "status": status,
                "opened_at": staging["opened_at"],
                "updated_at": f"COALESCE({_changed_at(staging)}, {resolved_at}, {staging['opened_at']})",
                "resolved_at": resolved_at,
                "contacts": f"COALESCE({staging.typed('contacts', 'number')}, 0)",
                "handovers": f"COALESCE({staging.typed('handovers', 'number')}, 0)",
                "resolutions_made": "COALESCE(r.made, 0)",
                "is_duplicate": f"COALESCE({staging.typed('is_duplicate', 'flag')}, FALSE)",
            },
            f"FROM {staging.name} s {joins}{_names_joined(staging)}"
            f" LEFT JOIN (SELECT position, COUNT(*) AS made, MAX(resolved_at) AS resolved_at"
            f" FROM {self._resolutions.name} WHERE position BETWEEN %s AND %s GROUP BY position) r"
            f" ON r.position = s.position WHERE s.position BETWEEN %s AND %s AND {_is_unknown(staging)}"
            f" ORDER BY {key_of(staging)}",
            [low, high, low, high],
        )

    def _write_resolutions(self, staging: Staging, low: int, high: int, new: list[int]) -> list[int]:
        assert self._resolutions is not None
        is_new, keys = among(staging.connection, "t.id", new)
        is_closed = "r.closed_at IS NOT NULL AND r.reopened_at IS NULL"
        is_known = "r.contacts IS NOT NULL"
        # Contacts that nobody counted are not claimed to have been one.
        is_first = f"{is_known} AND r.contacts <= 1 AND r.number = 1 AND COALESCE(r.handovers, 0) = 0"
        assumed, pending = Resolution.Acceptance.ASSUMED.value, Resolution.Acceptance.PENDING.value
        return insert_returning(
            staging.connection,
            Resolution,
            {
                "ticket_id": "t.id",
                "number": "r.number",
                "resolved_at": "r.resolved_at",
                "resolved_by_id": "COALESCE(nb.id, na.id)",
                "customer_id": "t.customer_id",
                "account_id": "c.account_id",
                "agent_id": "COALESCE(na.id, nb.id)",
                "team_id": "COALESCE(nt.id, t.team_id)",
                "product_id": "t.product_id",
                "channel": "t.channel",
                "contacts": "COALESCE(r.contacts, 0)",
                "handovers": "COALESCE(r.handovers, 0)",
                "is_first_contact": f"CASE WHEN {is_first} THEN TRUE ELSE FALSE END",
                "first_contact_exception": f"CASE WHEN {is_known} THEN '' ELSE '{UNKNOWN_CONTACTS}' END",
                "acceptance": f"CASE WHEN {is_closed} THEN '{assumed}' ELSE '{pending}' END",
                "accepted_at": f"CASE WHEN {is_closed} THEN r.closed_at END",
                "reopened_at": "r.reopened_at",
            },
            f"FROM {self._resolutions.name} r JOIN {staging.name} s ON s.position = r.position"
            f" JOIN {TICKETS} t ON {_is_ticket(staging)} JOIN {CUSTOMERS} c ON c.id = t.customer_id"
            f"{names.joined('na', names.PERSON, 'r.agent')}{names.joined('nb', names.PERSON, 'r.resolved_by')}"
            f"{names.joined('nt', names.TEAM, 'r.team')}"
            f" WHERE r.position BETWEEN %s AND %s AND {is_new} ORDER BY t.id, r.number",
            [low, high, keys],
        )

    def _write_messages(self, staging: Staging, low: int, high: int, new: list[int]) -> None:
        if not staging.has("body"):
            return
        is_new, keys = among(staging.connection, "t.id", new)
        insert_selected(
            staging.connection,
            Message,
            {"ticket_id": "t.id", "body": staging["body"], "created_at": staging["opened_at"]},
            f"FROM {staging.name} s JOIN {TICKETS} t ON {_is_ticket(staging)}"
            f" WHERE s.position BETWEEN %s AND %s AND {is_new} AND {staging['body']} IS NOT NULL ORDER BY t.id",
            [low, high, keys],
            constants={"kind": Message.Kind.CUSTOMER.value},
        )


_TIMES = ("resolved_at", "closed_at", "updated_at")


def _wrong_times(index: int, opened_at: str, times: list[str | None]) -> Iterator[tuple[int, str, str, str]]:
    resolved_at = next((at for at in times if at), None)
    if resolved_at is None:
        yield index, "resolved_at", "It is resolved, and nothing says when.", "A time; or updated_at in the map."
    elif resolved_at < opened_at:
        yield (
            index,
            "resolved_at",
            f"It was resolved at {resolved_at} UTC, before it was opened at {opened_at} UTC.",
            "The later of the two times as the resolution; check format and zone of both.",
        )


# ---- pieces of statements ------------------------------------------------------------------------------------
def _is_ticket(staging: Staging) -> str:
    return is_known_as(staging, "t")


def _is_unknown(staging: Staging) -> str:
    return f"NOT EXISTS (SELECT 1 FROM {TICKETS} t WHERE {_is_ticket(staging)})"


def _status(staging: Staging) -> str:
    if staging.has("status"):
        return f"COALESCE({staging['status']}, 'open')"
    return f"CASE WHEN {staging.typed('resolved_at', 'moment')} IS NULL THEN 'open' ELSE 'resolved' END"


def _changed_at(staging: Staging) -> str:
    return f"COALESCE({staging.typed('event_at', 'moment')}, {staging.typed('updated_at', 'moment')})"


def _named(tickets: Staging, resolutions: Staging) -> list[names.Named]:
    """Where names stand: on the lines, and on the resolutions that hold those of earlier lines."""
    lines, earlier = f"FROM {tickets.name} s", f"FROM {resolutions.name}"
    teams = f"SELECT COALESCE({tickets['team']}, '{TEAM}') AS name {lines}"
    return [
        names.Named(names.TEAM, (teams, f"SELECT team AS name {earlier}")),
        names.Named(
            names.PERSON,
            (f"SELECT {tickets['agent']} AS name {lines}", *(f"SELECT {who} AS name {earlier}" for who in WHO)),
        ),
        names.Named(names.PRODUCT, (f"SELECT {tickets['product']} AS name {lines}",)),
    ]


def _names_joined(staging: Staging) -> str:
    return (
        names.joined("nt", names.TEAM, f"COALESCE({staging['team']}, '{TEAM}')")
        + names.joined("na", names.PERSON, staging["agent"])
        + names.joined("np", names.PRODUCT, staging["product"])
    )
