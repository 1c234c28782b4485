"""Answers out of a CSV. Each is one by its source and external id, however often its file is imported.

An answer about a ticket that is here belongs to the resolution it was given after, and takes its snapshot; any other
says itself which team, agent and product it is about, or nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from nps.desk.importers import kinds, names, people
from nps.desk.importers.customers import strike_repeated
from nps.desk.importers.sources import SOURCE, is_known_as, key_of, source_of
from nps.desk.models import Channel, Customer, Resolution, Ticket
from nps.errors import InvalidInput
from nps.importing.fields import Field
from nps.importing.findings import REFUSED, BadFile, Findings
from nps.importing.kinds import Checked
from nps.importing.mapping import Map
from nps.importing.merging import among, insert_returning, insert_selected
from nps.importing.plans import Columns
from nps.importing.running import strike
from nps.importing.staging import Staging
from nps.survey.choosing import survey_for
from nps.survey.grammar import ScoreError, parse_score
from nps.survey.models import Invitation, Response, Survey
from nps.survey.services.answering import COMMENT_LENGTH

TICKETS, RESOLUTIONS, CUSTOMERS = Ticket._meta.db_table, Resolution._meta.db_table, Customer._meta.db_table
INVITATIONS, RESPONSES = Invitation._meta.db_table, Response._meta.db_table
WITH_RESOLUTIONS = "import_answers"


class AnswerImporter:
    """One run."""

    kind = "answers"
    noun = "answers"
    options: ClassVar = {"email_taken": people.EMAIL_TAKEN}
    fields = (
        Field("external_id", kinds.text(120), "the answer's id in the other system", is_required=True),
        Field("source", kinds.text(40), f"the name of that system; else {SOURCE}"),
        Field("score", lambda asked: Checked(parse_score, ScoreError, sql="number"), "0 to 10", "number", True),
        Field("comment", kinds.text(COMMENT_LENGTH), "what was said with it"),
        kinds.moment("answered_at", "when it was given", is_required=True),
        Field("language", kinds.language, "such as en or pt-BR"),
        Field("survey", kinds.text(120), "the short name of the survey it belongs to; else the default one"),
        Field("ticket_external_id", kinds.text(120), "the id of the ticket it is about"),
        Field("ticket_source", kinds.text(40), "the system of that id; else the answer's own"),
        *people.named_fields("customer_"),
        *people.ACCOUNT_FIELDS,
        Field("team", kinds.text(80), "the team it is about"),
        Field("agent", kinds.text(150), "the agent it is about: a login, an address or a name"),
        Field("product", kinds.text(120), "the product it is about"),
        Field("channel", kinds.choice(Channel.values), f"one of {', '.join(Channel.values)}"),
    )

    def __init__(self, mapping: Map, at: datetime) -> None:
        self._mapping, self._at = mapping, at
        self._has_ticket = "ticket_external_id" in mapping.names
        self._directory: names.Directory | None = None
        self._default_survey: int | None = None

    @staticmethod
    def accept(mapping: Map) -> None:
        """InvalidInput where the map does not say whose the answers are."""
        if not mapping.names & {"customer_external_id", "customer_email", "ticket_external_id"}:
            raise InvalidInput(
                "The map needs customer_external_id, customer_email or ticket_external_id: whose answers are these?"
                " Where nobody knows, a digest of the line makes each its own person.",
                field="fields",
                code="map",
            )
        people.accept_account(mapping)

    # ---- line by line ----------------------------------------------------------------------------------------
    def check(self, columns: Columns) -> Iterator[tuple[int, str, str, str]]:
        owners = ("customer_external_id", "customer_email", "ticket_external_id")
        given = [columns.values[name] for name in owners if name in columns.values]
        for index, cells in enumerate(zip(*given, strict=True)):
            if not any(cells):
                yield index, "customer", "Nothing says whose answer this is.", "An id or an address, or a ticket."

    # ---- all lines -------------------------------------------------------------------------------------------
    def look(self, staging: Staging, findings: Findings) -> Staging:
        strike_repeated(staging, findings, key_of(staging), names=("external_id",))
        self._look_at_surveys(staging, findings)
        final = self._find_resolutions(staging, findings) if self._has_ticket else staging
        people.look_at_addresses(self._names(final), findings, taken=self._mapping.options.get("email_taken", "refuse"))
        named = [(names.TEAM, "team"), (names.PERSON, "agent"), (names.PRODUCT, "product")]
        self._directory = names.Directory(
            final,
            [names.Named(kind, (f"SELECT {final[field]} AS name FROM {final.name} s",)) for kind, field in named],
        )
        return final

    def _look_at_surveys(self, staging: Staging, findings: Findings) -> None:
        default = survey_for(None)
        if default is None and not staging.has("survey"):
            raise BadFile("No survey is active that the answers could belong to.", "Make one the default in admin.")
        self._default_survey = default.pk if default else None
        if not staging.has("survey"):
            return
        unknown = (
            f"SELECT s.position, s.line, {staging['survey']} AS survey FROM {staging.name} s LEFT JOIN"
            f" {Survey._meta.db_table} v ON v.slug = {staging['survey']} WHERE v.id IS NULL"
            + (f" AND {staging['survey']} IS NOT NULL" if default else "")
        )
        slugs = ", ".join(Survey.objects.order_by("slug").values_list("slug", flat=True))
        strike(
            staging,
            findings,
            unknown,
            became=REFUSED,
            tell=lambda row: ("survey", f"There is no survey {row[2]}.", f"One of {slugs}."),
        )

    def _find_resolutions(self, staging: Staging, findings: Findings) -> Staging:
        """Beside each line the resolution it is about: the last one before the answer, else the first."""
        system = f"COALESCE({staging['ticket_source']}, {source_of(staging)})"
        about = (
            f"SELECT r.id FROM {TICKETS} t JOIN {RESOLUTIONS} r ON r.ticket_id = t.id WHERE t.source = {system}"
            f" AND t.external_id = {staging['ticket_external_id']} AND NOT (t.external_id = '')"
        )
        before = f"{about} AND r.resolved_at <= {staging['answered_at']} ORDER BY r.number DESC LIMIT 1"
        first = f"{about} ORDER BY r.number LIMIT 1"
        final = staging.derived(
            WITH_RESOLUTIONS,
            f"SELECT s.*, COALESCE(({before}), ({first})) AS resolution_id FROM {staging.name} s",
        )
        ticket = final["ticket_external_id"]
        lost = (
            f"SELECT s.position, s.line, {ticket} FROM {final.name} s"
            f" WHERE {ticket} IS NOT NULL AND s.resolution_id IS NULL"
        )
        strike(
            final,
            findings,
            lost,
            became=REFUSED,
            tell=lambda row: ("ticket_external_id", f"No ticket {row[2]} was ever resolved here.",
                              "Import the tickets first; check ticket_source."),
        )  # fmt: skip
        self._strike_asked(final, findings)
        return final

    def _strike_asked(self, final: Staging, findings: Findings) -> None:
        """A resolution has one answer: that of its own invitation, or the first that came in."""
        standing = (
            f"SELECT s.position, s.line, i.id FROM {final.name} s JOIN {INVITATIONS} i ON i.resolution_id ="
            f" s.resolution_id WHERE NOT (i.source = {source_of(final)} AND i.external_id = {final['external_id']})"
        )
        right = "One answer for each time a ticket was resolved."
        strike(
            final,
            findings,
            standing,
            became=REFUSED,
            tell=lambda row: ("ticket_external_id", f"Invitation {row[2]} asks about this resolution already.", right),
        )
        twice = (
            "SELECT y.position, y.line, y.first_line FROM (SELECT s.position, s.line, FIRST_VALUE(s.line) OVER w AS"
            " first_line, FIRST_VALUE(s.position) OVER w AS first_position"
            f" FROM {final.name} s WHERE s.resolution_id IS NOT NULL"
            " WINDOW w AS (PARTITION BY s.resolution_id ORDER BY s.position)) y WHERE y.position <> y.first_position"
        )
        strike(
            final,
            findings,
            twice,
            became=REFUSED,
            tell=lambda row: ("ticket_external_id", f"Line {row[2]:,} is about the same resolution.", right),
        )

    def prepare(self, staging: Staging) -> Counter[str]:
        assert self._directory is not None
        return Counter(self._directory.settle())

    def foresee(self, staging: Staging) -> Counter[str]:
        assert self._directory is not None
        foreseen = people.foresee(self._names(staging))
        with staging.connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {staging.name} s WHERE {_is_unknown(staging)}")
            foreseen["answers"] = cursor.fetchone()[0]
        return foreseen + Counter(self._directory.counts())

    # ---- a portion -------------------------------------------------------------------------------------------
    def write(self, staging: Staging, low: int, high: int) -> Counter[str]:
        made = Counter[str]()
        made["accounts"] = people.write_accounts(staging, low, high, self._at)
        made["customers"] = people.write_customers(self._names(staging), low, high, self._at)
        new = self._write_invitations(staging, low, high)
        made["answers"] = self._write_responses(staging, low, high, new) if new else 0
        return made

    def _names(self, staging: Staging) -> people.Names:
        return people.Names(staging, "customer_")

    def _write_invitations(self, staging: Staging, low: int, high: int) -> list[int]:
        joins, customer_ids = "", []
        if self._has_ticket:
            joins += f" LEFT JOIN {RESOLUTIONS} r ON r.id = s.resolution_id"
            customer_ids.append("r.customer_id")
        if self._names(staging).is_there:
            also, customer_id = people.joined(self._names(staging))
            joins, customer_ids = joins + also, [*customer_ids, customer_id]
        survey = "" if self._default_survey is None else f", {self._default_survey}"
        return insert_returning(
            staging.connection,
            Invitation,
            {
                "survey_id": f"COALESCE(v.id{survey})" if survey else "v.id",
                "customer_id": f"COALESCE({', '.join(customer_ids)})" if len(customer_ids) > 1 else customer_ids[0],
                "resolution_id": "s.resolution_id" if self._has_ticket else "CAST(NULL AS bigint)",
                "language": f"COALESCE({staging['language']}, {staging['customer_language']}, 'en')",
                # Its link is nobody's to use: it was never sent, and ended when the answer was given.
                "created_at": staging["answered_at"],
                "expires_at": staging["answered_at"],
                "source": source_of(staging),
                "external_id": staging["external_id"],
            },
            f"FROM {staging.name} s LEFT JOIN {Survey._meta.db_table} v ON v.slug = {staging['survey']}{joins}"
            f" WHERE s.position BETWEEN %s AND %s AND {_is_unknown(staging)} ORDER BY {key_of(staging)}",
            [low, high],
            constants={"via": Invitation.Via.IMPORTED.value},
        )

    def _write_responses(self, staging: Staging, low: int, high: int, new: Sequence[int]) -> int:
        is_new, keys = among(staging.connection, "i.id", new)
        answered_at, comment = staging["answered_at"], staging["comment"]
        return insert_selected(
            staging.connection,
            Response,
            {
                "invitation_id": "i.id",
                "survey_id": "i.survey_id",
                "customer_id": "i.customer_id",
                "score": staging["score"],
                "comment": f"COALESCE({comment}, '')",
                "language": "i.language",
                "answered_at": answered_at,
                "reasoned_at": f"CASE WHEN {comment} IS NOT NULL THEN {answered_at} END",
                "editable_until": answered_at,
                "resolution_id": "i.resolution_id",
                "account_id": "CASE WHEN r.id IS NULL THEN c.account_id ELSE r.account_id END",
                "team_id": "COALESCE(r.team_id, nt.id)",
                "agent_id": "COALESCE(r.agent_id, na.id)",
                "product_id": "COALESCE(r.product_id, np.id)",
                "channel": f"COALESCE(r.channel, {staging['channel']}, '')",
                "shift_name": "COALESCE(r.shift_name, '')",
            },
            f"FROM {staging.name} s JOIN {INVITATIONS} i ON {_is_invitation(staging)}"
            f" JOIN {CUSTOMERS} c ON c.id = i.customer_id LEFT JOIN {RESOLUTIONS} r ON r.id = i.resolution_id"
            f"{names.joined('nt', names.TEAM, staging['team'])}{names.joined('na', names.PERSON, staging['agent'])}"
            f"{names.joined('np', names.PRODUCT, staging['product'])}"
            f" WHERE s.position BETWEEN %s AND %s AND {is_new} ORDER BY i.id",
            [low, high, keys],
            constants={"origin": Response.Origin.IMPORTED.value, "is_history": True},
        )


def imported_responses(staging: Staging, low: int, high: int) -> list[int]:
    """The keys of the answers of these lines, those of an earlier run among them."""
    with staging.connection.cursor() as cursor:
        cursor.execute(
            f"SELECT a.id FROM {staging.name} s JOIN {INVITATIONS} i ON {_is_invitation(staging)}"
            f" JOIN {RESPONSES} a ON a.invitation_id = i.id WHERE s.position BETWEEN %s AND %s ORDER BY a.id",
            [low, high],
        )
        return [row[0] for row in cursor.fetchall()]


# ---- pieces of statements ------------------------------------------------------------------------------------
def _is_invitation(staging: Staging) -> str:
    return is_known_as(staging, "i")


def _is_unknown(staging: Staging) -> str:
    return f"NOT EXISTS (SELECT 1 FROM {INVITATIONS} i WHERE {_is_invitation(staging)})"
