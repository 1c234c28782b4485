"""What the queue's search looks at: customer, company, ticket, and words that were said or noted. Read only.

Every word has to be found somewhere. What stands on a ticket counts only for those who may read that ticket: a search
must not tell what its page would not."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull

from followups.models import Attempt, HistoryEntry
from nps.desk.models import Message, User
from nps.desk.models.tickets import tickets_seen_by

LONGEST = 100
MOST_WORDS = 5
#: The most that a search finds, the most urgent ones: nobody reads further, another word narrows it.
MOST = 500
NUMBER = re.compile(r"#?([0-9]{1,18})")
#: Shorter ones are in nearly every phone number.
SHORTEST_PHONE = 4
TICKET = "response__resolution__ticket"


@dataclass(frozen=True)
class Found:
    """What was found in a view, in the order of the queue; `is_more` where there is more than that."""

    keys: tuple[tuple[datetime, int, int], ...]
    is_more: bool

    @property
    def ids(self) -> list[int]:
        return [pk for _, _, pk in self.keys]


def read(given: str) -> str:
    """The term as it is searched for and stands in the URL, of whatever was typed."""
    return " ".join(given.replace("\x00", " ").split())[:LONGEST].strip()


def matching(user: User, term: str) -> Q:
    """What `user` finds by `term`, a condition on follow-ups. Signs that mean something to LIKE are only signs."""
    found = Q()
    for word in term.split()[:MOST_WORDS]:
        found &= _holding(user, word)
    return found


def _holding(user: User, word: str) -> Q:
    found = _in_any(word, "customer__name", "account__name", "customer__email", "response__comment")
    if len(word) >= SHORTEST_PHONE:
        found |= Q(customer__phone__icontains=word)
    if number := NUMBER.fullmatch(word):
        # The numbers that stand on the follow-up itself, for everybody who sees it.
        found |= Q(pk=int(number[1])) | Q(**{f"{TICKET}__pk": int(number[1])})
    on_ticket = _in_any(word, f"{TICKET}__subject")
    if name := word.lstrip("#"):
        on_ticket |= Q(**{f"{TICKET}__external_id__icontains": name})
    said = Message.objects.filter(_in_any(word, "body"), ticket=OuterRef(TICKET))
    found |= tickets_seen_by(user, f"{TICKET}__") & (on_ticket | _there_is(said))
    notes = HistoryEntry.objects.filter(_in_any(word, "sentence"), follow_up=OuterRef("pk"), verb="note")
    attempts = Attempt.objects.filter(_in_any(word, "note"), follow_up=OuterRef("pk"))
    return found | _there_is(notes) | _there_is(attempts)


def _there_is(rows: QuerySet[Any]) -> Q:
    """As Exists; but PostgreSQL reads every message there ever was to answer an EXISTS among alternatives, and this one
    row by row, so that a search costs by what is open."""
    return Q(IsNull(Subquery(rows.order_by().values("pk")[:1]), False))


def _in_any(word: str, *fields: str) -> Q:
    found = Q()
    for field in fields:
        for spelling in _spellings(word):
            found |= Q(**{f"{field}__icontains": spelling})
    return found


def _spellings(word: str) -> set[str]:
    """SQLite, and PostgreSQL in the C locale, know upper and lower case of ASCII only: “ørsted” is to find “Ørsted”."""
    return {word} if word.isascii() else {word, word.lower(), word.upper(), word.capitalize()}
