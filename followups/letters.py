"""What an e-mail to the customer begins with, in their language and with the names filled in; and whether it may be
sent at all. Read only."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from followups.guide import FALLBACK, band_of, filled
from followups.letter_words import ABOUT
from followups.models import FollowUp, Letter, LetterTemplate
from followups.models.letters import LONGEST_SUBJECT
from nps.desk.models import User
from nps.survey.models import Response, Suppression

LONGEST_TICKET = 80
THE_CUSTOMER = "The customer"
#: Signs that end a line, or do something else than being read: control, line and paragraph separators.
UNSEEN = frozenset({"Cc", "Zl", "Zp"})
WHY_SUPPRESSED = {
    Suppression.Reason.UNSUBSCRIBED: "{name} asked for no more e-mail from us.",
    Suppression.Reason.BOUNCED: "E-mail to this address came back: it does not exist.",
    Suppression.Reason.COMPLAINT: "{name} complained about e-mail from us.",
    Suppression.Reason.STAFF: "A colleague has stopped e-mail to this address.",
}


@dataclass(frozen=True)
class Draft:
    """`template` is what it began with, for colleagues; empty where it is somebody's own text, or there is none."""

    subject: str
    body: str
    language: str
    template: str = ""
    is_own: bool = False


def why_not(follow_up: FollowUp) -> str:
    """In words, why this customer must not be written to; nothing where they may. At most one statement."""
    if reason := unwanted(follow_up):
        return reason
    stopped = Suppression.objects.filter(address=follow_up.customer.email.lower(), lifted_at__isnull=True)
    return unwanted(follow_up, stopped.values_list("reason", flat=True).first() or "")


def unwanted(follow_up: FollowUp, suppressed: str = "", *, name: str = "") -> str:
    """As why_not, where the reason of the suppression that stands is known; "" is for none. The customer is called
    `name` in it, or by their own. No statement."""
    customer = follow_up.customer
    name = name or customer.first_name or THE_CUSTOMER
    if follow_up.response.contact_choice == Response.ContactChoice.NO:
        return f"{name} wants no contact."
    if not customer.email:
        return f"{name} has no e-mail address."
    return WHY_SUPPRESSED[Suppression.Reason(suppressed)].format(name=name) if suppressed else ""


def draft_for(follow_up: FollowUp, user: User) -> Draft:
    """What `user` would begin with: their own text where it did not leave, else the template of the customer's language
    and what they said, else nothing. `response.resolution.ticket` comes loaded."""
    last = letters_of(follow_up).filter(attempt__by=user).order_by("-pk").first()
    if last is not None and last.state in (Letter.State.TAKEN_BACK, Letter.State.NOT_SENT):
        return Draft(last.subject, last.body, last.language, is_own=True)
    return from_template(follow_up, user)


def letters_of(follow_up: FollowUp):
    return Letter.objects.filter(attempt__follow_up=follow_up).select_related("attempt")


def from_template(follow_up: FollowUp, user: User) -> Draft:
    """The template that fits best, filled in; an empty draft where no manager has left one."""
    drivers = list(follow_up.response.topics.order_by("position", "pk").values_list("driver", flat=True))
    template = choose(LetterTemplate.objects.filter(language__in=languages_of(follow_up)), follow_up, drivers)
    if template is None:
        return Draft("", "", follow_up.language)
    names = names_for(follow_up, user, template.language)
    subject = one_line(filled(template.subject, names))
    subject = subject if len(subject) <= LONGEST_SUBJECT else f"{subject[: LONGEST_SUBJECT - 1]}…"
    return Draft(subject, filled(template.body, names), template.language, template=template.name)


def languages_of(follow_up: FollowUp) -> list[str]:
    """In which to look for words, the best first: as the customer answered, as they were asked, as they are known to
    speak, and English."""
    known = (follow_up.language, follow_up.response.invitation.language, follow_up.customer.language)
    wanted = [code for language in known for code in (language, language.split("-")[0])]
    return list(dict.fromkeys((*wanted, FALLBACK)))


def choose(templates: Iterable[LetterTemplate], follow_up: FollowUp, drivers: list[str]) -> LetterTemplate | None:
    """The first language that has any that fits; there a ticked topic (in the customer's order) before the score before
    the general one."""
    band = band_of(follow_up)
    order = languages_of(follow_up)
    fitting = [one for one in templates if one.band in ("", band) and one.driver in ("", *drivers)]

    def rank(one: LetterTemplate) -> tuple[int, int, bool]:
        topic = drivers.index(one.driver) if one.driver else len(drivers)
        return order.index(one.language), topic, not one.band

    return min(fitting, key=rank, default=None)


def names_for(follow_up: FollowUp, user: User, language: str) -> dict[str, str]:
    resolution = follow_up.response.resolution
    of_ticket, of_nothing = ABOUT.get(language.split("-")[0]) or ABOUT[FALLBACK]
    ticket = one_line(resolution.ticket.subject) if resolution else ""
    if len(ticket) > LONGEST_TICKET:
        ticket = f"{ticket[: LONGEST_TICKET - 1]}…"
    return {
        "name": follow_up.customer.first_name,
        "full_name": follow_up.customer.name,
        "company": follow_up.account.name if follow_up.account else "",
        "agent": str(user),
        "organisation": settings.ORGANISATION["name"],
        "about": of_ticket.replace("{ticket}", ticket) if resolution else of_nothing,
        "number": str(resolution.ticket_id) if resolution else "",
    }


def one_line(text: str) -> str:
    """Without line breaks and other signs that nobody sees, one space between words."""
    return " ".join("".join(" " if unicodedata.category(sign) in UNSEEN else sign for sign in text).split())
