"""“Why not a 9 or 10?”: optional, on an answer that is saved already. Leaving this page loses nothing."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from nps.errors import Conflict, InvalidInput
from nps.survey import calling_back, links, phrasing, reading, tokens
from nps.survey.models import Response, Topic
from nps.survey.services import answering
from nps.survey.views import pages
from nps.survey.views.doors import SeeOther, customer_door
from nps.survey.views.pages import Visit
from nps.survey.wording import spoken, words_in

Choice = Response.ContactChoice
HIGH_FROM = 9  # from here on the question is what went well, and nobody asks whether to call


@dataclass(frozen=True)
class Draft:
    """What stands in the form: saved, or typed and not saved yet."""

    comment: str = ""
    topics: frozenset[str] = frozenset()  # slugs
    contact: str = ""


@customer_door("GET", "HEAD", "POST")
def why(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    visit = pages.visit(request, token, at, reading.for_page(links.invitation_id(token, at)))
    response = visit.response
    if response is None:
        return SeeOther(visit.url("survey"))
    if request.method == "POST":
        return _take(request, visit, response)
    if "done" in request.GET:
        visit.query["done"] = "1"
        return _thanks_page(visit, response)
    if response.reasoned_at and not visit.is_editable:
        return _thanks_page(visit, response)
    return _form_page(visit, response, _saved(response))


# ---- POST ----------------------------------------------------------------------------------------------------
def _take(request: HttpRequest, visit: Visit, response: Response) -> HttpResponse:
    draft = Draft(
        comment=request.POST.get("comment", ""),
        topics=frozenset(request.POST.getlist("topic")),
        contact=request.POST.get("contact", ""),
    )
    if switch := spoken(request.POST.get("switch")):
        # Another language for a page with text in it: the form comes back as it was, and nothing is saved.
        visit = Visit(visit.token, visit.at, visit.invitation, words_in(switch), switch, response)
        return _form_page(visit, response, draft)
    sent = request.POST.get("nonce", "")
    try:
        tokens.read_nonce(sent, visit.invitation.pk, "reason", keys=settings.SURVEY_LINK_KEYS, at=visit.at)
        _save(visit, response, draft, tokens.made_at(sent, keys=settings.SURVEY_LINK_KEYS))
    except tokens.BadNonce:
        return _form_page(visit, response, draft, error=visit.words.stale, status=400)
    except InvalidInput as error:
        said, wrong = _said(error, draft, visit)
        return _form_page(visit, response, draft, error=said, wrong=wrong, status=error.status)
    except Conflict as error:
        said = f"{visit.words.closed} {pages.write_to_us(visit.words)}"
        return _form_page(visit, response, draft, error=said, status=error.status)
    return SeeOther(visit.url("survey-why", done=1))


def _save(visit: Visit, response: Response, draft: Draft, asked_at: datetime) -> None:
    known = {topic.slug: topic for topic in _offered(response)}
    if not draft.topics <= known.keys():
        raise InvalidInput("topic must be one of those shown.", field="topic")
    is_high = response.score >= HIGH_FROM
    if not is_high and draft.contact not in {"", *(value for value, _, _ in _contacts(visit))}:
        raise InvalidInput("contact must be one of those shown.", field="contact_choice")
    if draft == Draft() and not response.reasoned_at:
        return
    answering.add_reason(
        response=response,
        at=visit.at,
        comment=draft.comment,
        # What this page did not ask stays as it was said before the score was raised.
        topics=_ticked(response) if is_high else [known[slug] for slug in sorted(draft.topics)],
        contact_choice=response.contact_choice if is_high else draft.contact,
        asked_at=asked_at,
    )


def _said(error: InvalidInput, draft: Draft, visit: Visit) -> tuple[str, str]:
    """The refusal in the customer's language, and the field it is about."""
    words = visit.words
    if error.field == "comment":
        if error.code == "too_long":
            limit = f"{answering.COMMENT_LENGTH:,}".replace(",", "\u00a0")
            length = f"{len(draft.comment):,}".replace(",", "\u00a0")
            return words.text_too_long.format(length=length, limit=limit), "comment"
        return words.text_unfit, "comment"
    return words.choose_again, "contact" if error.field == "contact_choice" else "topic"


# ---- what is offered -----------------------------------------------------------------------------------------
def _ticked(response: Response) -> list[Topic]:
    return list(response.topics.all()) if response.reasoned_at else []


def _offered(response: Response) -> list[Topic]:
    """Topics in an order of this answer's own, “something else” last; what was ticked is offered even if retired."""
    if response.score >= HIGH_FROM:
        return []
    offered = {topic.pk: topic for topic in [*Topic.objects.filter(is_active=True), *_ticked(response)]}
    return sorted(offered.values(), key=lambda topic: (topic.is_last, _draw(response, topic)))


def _draw(response: Response, topic: Topic) -> bytes:
    return hashlib.sha256(f"{response.pk}:{topic.slug}".encode()).digest()


def _contacts(visit: Visit) -> list[tuple[str, str, str]]:
    """(value, label, last digits of the number): only ways that are open, none chosen beforehand."""
    words = visit.words
    digits = "".join(sign for sign in visit.invitation.customer.phone if sign.isdigit())
    found: list[tuple[str, str, str]] = []
    if len(digits) >= 6:
        found.append((Choice.PHONE, words.contact_phone, f"{digits[-4:-2]} {digits[-2:]}"))
    if pages.address_of(visit.invitation):
        found.append((Choice.EMAIL, words.contact_email, ""))
    return [*found, (Choice.NO, words.contact_no, "")]


def _saved(response: Response) -> Draft:
    if not response.reasoned_at:
        return Draft()
    topics = frozenset(topic.slug for topic in _ticked(response))
    return Draft(response.comment, topics, response.contact_choice)


# ---- pages ---------------------------------------------------------------------------------------------------
def _form_page(
    visit: Visit, response: Response, draft: Draft, *, error: str = "", wrong: str = "", status: int = 200
) -> HttpResponse:
    words, is_high = visit.words, response.score >= HIGH_FROM
    asked = phrasing.why(visit.invitation.survey, words, is_high=is_high)
    saved = words.saved.format(score=response.score)
    organisation = settings.ORGANISATION["name"]
    title = words.page_title.format(thing=asked, organisation=organisation)
    context = {
        "title": words.error_title.format(title=title) if error else title,
        "saved": saved,
        "change_url": visit.url("survey", change=1) if visit.is_editable else "",
        "question": asked,
        "lead": words.why_high_lead if is_high else words.why_low_lead,
        "comment": draft.comment,
        "topics": [
            {"slug": topic.slug, "label": topic.label(words.code), "is_checked": topic.slug in draft.topics}
            for topic in _offered(response)
        ],
        "contacts": [] if is_high else [_contact(words, one, draft) for one in _contacts(visit)],
        "nonce": visit.nonce("reason"),
        "action": reverse("survey-why", args=[visit.token]),
        "done_url": visit.url("survey-why", done=1),
        "next": _next(visit, response),
        "error": error,
        "wrong": wrong,
    }
    return pages.render("nps/survey/why.html", visit, context, status=status)


def _contact(words: Any, offered: tuple[str, str, str], draft: Draft) -> dict[str, Any]:
    value, label, digits = offered
    before, _, after = label.partition("{phone}")
    ending = words.number_ending.format(digits=digits)
    return {
        "value": value,
        "before": before,
        "after": after,
        "digits": digits,
        "ending": ending,
        "is_checked": value == draft.contact,
    }


def _next(visit: Visit, response: Response) -> str:
    """What happens next, with the promise in working days where there is one; nothing after a 9 or 10."""
    if response.score >= HIGH_FROM:
        return ""
    days = calling_back.working_days(response)
    return visit.words.counted("next_within", days) if days else visit.words.next_low


def _thanks_page(visit: Visit, response: Response) -> HttpResponse:
    words = visit.words
    has_reason = bool(response.reasoned_at)
    may_write = visit.is_editable or not has_reason
    said = (words.thanks_reason if has_reason else words.thanks_score).format(score=response.score)
    no_contact = response.contact_choice == Choice.NO
    context = {
        "title": words.page_title.format(thing=words.thanks, organisation=settings.ORGANISATION["name"]),
        "said": said,
        "comment": response.comment,
        "topics": [topic.label(words.code) for topic in _ticked(response)],
        "next": words.nobody_calls if no_contact else _next(visit, response),
        "edit_url": visit.url("survey-why") if may_write else "",
        "edit_label": words.edit_reason if has_reason else words.add_reason,
        "change_url": visit.url("survey", change=1) if visit.is_editable else "",
        "closed": f"{words.closed} {pages.write_to_us(words)}" if not may_write else "",
    }
    return pages.render("nps/survey/thanks.html", visit, context)
