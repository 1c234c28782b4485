"""What to say on the phone: four short steps by score band and topic, in the customer's language, names filled in."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings

from followups.guide_words import ABOUT
from followups.models import CallGuide, FollowUp
from followups.models.guides import SLOT
from nps.desk.models import User
from nps.remembered import Remembered

FALLBACK = "en"
LOWEST_NEAR = 7


@dataclass(frozen=True)
class Step:
    title: str
    words: str = ""


@dataclass(frozen=True)
class Guide:
    """`driver`: the topic that it was chosen by, in words; "" for the general one. `language` is that of its words."""

    steps: tuple[Step, ...]
    band: str
    driver: str
    language: str


Rows = dict[tuple[str, str], list[tuple[str, str]]]


def _load(language: str) -> Rows:
    guides = CallGuide.objects.filter(language=language)
    return {(guide.band, guide.driver): guide.steps for guide in guides}


#: language -> the steps of each guide, by band and driver
guides_in: Remembered[str, Rows] = Remembered(_load)


def band_of(follow_up: FollowUp) -> CallGuide.Band:
    """Which words fit its score."""
    return CallGuide.Band.NEAR if follow_up.score >= LOWEST_NEAR else CallGuide.Band.LOW


def guide_for(follow_up: FollowUp, user: User, drivers: Iterable[str] = ()) -> Guide | None:
    """The guide by which `user` calls; None where no manager has left one. `drivers` are those of the ticked topics;
    the first that has a guide counts. `response.resolution.ticket` comes loaded."""
    band = band_of(follow_up)
    for language in dict.fromkeys((follow_up.language, follow_up.language.split("-")[0], FALLBACK)):
        rows = guides_in(language)
        if (band, "") in rows:
            break
    else:
        return None
    chosen = next((driver for driver in drivers if driver and (band, driver) in rows), "")
    steps = rows[band, ""]
    if chosen:
        own = rows[band, chosen]
        steps = [mine if mine[0] else general for mine, general in zip(own, steps, strict=True)]
    names = _names(follow_up, user, language)
    told = tuple(Step(filled(title, names), filled(words, names)) for title, words in steps)
    label = str(dict(CallGuide._meta.get_field("driver").flatchoices).get(chosen, "")) if chosen else ""
    return Guide(steps=told, band=str(band.label), driver=label.lower(), language=language)


def _names(follow_up: FollowUp, user: User, language: str) -> dict[str, str]:
    resolution = follow_up.response.resolution
    of_ticket, of_nothing = ABOUT.get(language) or ABOUT[FALLBACK]
    return {
        "name": follow_up.customer.first_name,
        "full_name": follow_up.customer.name,
        "caller": user.first_name or str(user),
        "organisation": settings.ORGANISATION["name"],
        "about": of_ticket.replace("{ticket}", resolution.ticket.subject) if resolution else of_nothing,
    }


def filled(text: str, names: dict[str, str]) -> str:
    """Names put in, once; whatever else stands in braces stays as it was written."""
    return SLOT.sub(lambda slot: names.get(slot[1], slot[0]), text)
