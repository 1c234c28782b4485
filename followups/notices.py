"""What staff are mailed about follow-ups, by kind: for whom, and in which words. Pure."""

from dataclasses import dataclass

PREFIX = "followups."
DIGEST = "followups.digest"
BRIEFING = "followups.briefing"


@dataclass(frozen=True)
class Kind:
    """`label` and `hint` are for the person who chooses; `subject` and `why` for the mail. `is_to_holder`: no longer
    wanted once somebody else has it. `is_for_leads`: agents never get it."""

    label: str
    hint: str
    subject: str
    why: str
    is_to_holder: bool = False
    is_for_leads: bool = False


KINDS: dict[str, Kind] = {
    "assigned": Kind(
        "Given to you",
        "A follow-up is yours from now on.",
        "Call {customer} back: they gave {score}",
        "This follow-up is now yours.",
        is_to_holder=True,
    ),
    "handed_over": Kind(
        "Handed over to you",
        "By a colleague, or because a shift ended before it was due.",
        "Handed over to you: {customer}, score {score}",
        "This follow-up was handed over to you. Please acknowledge it, so that the others know.",
        is_to_holder=True,
    ),
    "reopened": Kind(
        "Opened again",
        "One that you had closed is yours again.",
        "Open again: {customer}, score {score}",
        "A follow-up that you had closed was opened again, and is yours.",
        is_to_holder=True,
    ),
    "due_soon": Kind(
        "Due soon",
        "An hour before one of yours is due.",
        "Due within the hour: {customer}",
        "This follow-up of yours is due within the hour.",
        is_to_holder=True,
    ),
    "declined": Kind(
        "Not confirmed",
        "A second person does not think that the customer did not give an answer, and it stays open.",
        "Still open: {customer}, score {score}",
        "A second person did not confirm that the customer did not give this answer.",
    ),
    "to_confirm": Kind(
        "Please confirm",
        "A colleague says that a customer did not give an answer, and a second person has to look.",
        "Please confirm: {customer} did not give this {score}",
        "A colleague says that the customer did not give this answer. It stays open until a second person says yes.",
        is_for_leads=True,
    ),
    "told_at_once": Kind(
        "Low scores at once",
        "0 to 3, a key account, or a second low score within 180 days, in a team you lead.",
        "{customer} gave {score}",
        "You asked to hear of such answers at once.",
        is_for_leads=True,
    ),
    "nobody": Kind(
        "Nobody can take it",
        "Nobody on any shift ahead may be given one of your team’s.",
        "Nobody can take {customer}, score {score}",
        "Nobody on any shift may take this follow-up.",
        is_for_leads=True,
    ),
    "overdue": Kind(
        "Overdue",
        "One of your team’s is late.",
        "Overdue: {customer}, score {score}",
        "A follow-up of your team is overdue.",
        is_for_leads=True,
    ),
    "stuck": Kind(
        "Passed on and not tried",
        "It went from shift to shift as often as its policy allows.",
        "Passed on and not tried: {customer}, score {score}",
        "This follow-up went from shift to shift and nobody has tried yet. Please see that somebody does.",
        is_for_leads=True,
    ),
    "escalated": Kind(
        "Long overdue",
        "Late by the policy’s second clock; managers are told.",
        "Long overdue: {customer}, score {score}",
        "A follow-up is overdue by its second clock.",
        is_for_leads=True,
    ),
    "handed_up": Kind(
        "Escalated by hand",
        "A manager asks you to look at one.",
        "Please look at {customer}, score {score}",
        "A manager escalated this follow-up by hand.",
        is_for_leads=True,
    ),
}


@dataclass(frozen=True)
class Rhythm:
    """A mail of figures that comes by the calendar. `days`: it tells of so many, and compares with as many before."""

    label: str
    hint: str
    days: int


RHYTHMS: dict[str, Rhythm] = {
    "weekly": Rhythm(
        "The week in figures",
        "Each Monday morning: the score against the week before, where it is lowest, what is late, what was learned.",
        7,
    ),
    "daily": Rhythm(
        "Each morning, your teams in figures",
        "The last seven days of the teams you lead against the seven before, what is overdue, what was learned.",
        7,
    ),
}


def rhythms_for(*, manages: bool, leads: bool) -> dict[str, Rhythm]:
    """The mails of figures that come to somebody who manages, and to somebody who leads a team."""
    wanted = {"weekly": manages, "daily": leads}
    return {name: rhythm for name, rhythm in RHYTHMS.items() if wanted[name]}


def kind_of(purpose: str) -> str:
    """“due_soon” of “followups.due_soon”."""
    return purpose.removeprefix(PREFIX)


def kinds_for(*, is_leading: bool) -> dict[str, Kind]:
    """Those that can reach an agent, or also somebody who leads or manages."""
    return {name: kind for name, kind in KINDS.items() if is_leading or not kind.is_for_leads}
