"""The survey mail: one question, eleven links, and a text part that says the same. A hot path: no statement beyond
mails.load, and the eleven cells are joined, not rendered."""

from functools import cache

from django.conf import settings
from django.template.loader import get_template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from nps.outbox.purposes import Mail
from nps.survey import links, phrasing
from nps.survey.grammar import HIGHEST, LOWEST
from nps.survey.models import Invitation
from nps.survey.phrasing import Occasion
from nps.survey.wording import LANGUAGES, Words, words_in

ONE_CLICK = "List-Unsubscribe=One-Click"  # RFC 8058
FONT = mark_safe("font-family:-apple-system,'Segoe UI',Roboto,Helvetica,'Liberation Sans',Arial,sans-serif")
_CELL = (
    "display:block;padding:15px 0;border:1px solid #86817a;border-radius:8px;background-color:#ffffff;color:#1b2126;"
    f"{FONT};font-size:17px;line-height:20px;font-weight:bold;text-decoration:none"
)


def render(invitation: Invitation, *, is_reminder: bool) -> Mail:
    """The mail of an invitation from mails.load, in its language or else in English."""
    words = words_in(invitation.language)
    occasion = phrasing.occasion_of(invitation, words)
    address, stop_address = links.survey_url(invitation), links.stop_url(invitation)
    subject = _subject(words, occasion, is_reminder=is_reminder)
    context = {
        "words": words,
        "organisation": settings.ORGANISATION,
        "font": FONT,
        "subject": subject,
        "hello": _hello(words, invitation.customer.first_name),
        "about": _about(words, occasion),
        "is_reminder": is_reminder,
        "question": phrasing.question(invitation.survey, words),
        "url": address,
        "cells": _cells(words, address),
        "languages": [one for one in LANGUAGES.values() if one is not words],
        "because": _because(words, occasion),
        "quiet": _quiet(words, invitation.survey.quiet_days),
        "stop_url": stop_address,
        "hidden_url": links.hidden_url(invitation),
    }
    return Mail(
        subject=subject,
        text=f"{get_template('nps/email/survey.txt').render(context).strip()}\n",
        html=str(get_template("nps/email/survey.html").render(context)),
        headers={"List-Unsubscribe": f"<{stop_address}>", "List-Unsubscribe-Post": ONE_CLICK},
    )


@cache
def _cell_parts(words: Words) -> list[tuple[str, str]]:
    """What stands before and after each cell's address. A line break after each: lines over 998 bytes would have the
    whole part encoded as quoted-printable, which takes longer than everything else here."""
    parts = []
    for score in range(LOWEST, HIGHEST + 1):
        title = escape(words.cell_title.format(score=score))
        before = '<td class="n" width="9.09%" align="center" style="padding:0 2px"><a class="b" href="'
        after = f'?score={score}" title="{title}" style="{_CELL}">{score}</a></td>\n'
        parts.append((before, after))
    return parts


def _cells(words: Words, address: str) -> SafeString:
    link = escape(address)
    return mark_safe("".join(f"{before}{link}{after}" for before, after in _cell_parts(words)))


def _subject(words: Words, occasion: Occasion | None, *, is_reminder: bool) -> str:
    if occasion is not None:
        text = words.subject_reminder_ticket if is_reminder else words.subject_ticket
        return text.format(number=occasion.number)
    text = words.subject_reminder if is_reminder else words.subject
    return text.format(organisation=settings.ORGANISATION["name"])


def _hello(words: Words, name: str) -> str:
    return words.hello.format(name=name.strip()) if name.strip() else words.hello_nobody


def _about(words: Words, occasion: Occasion | None) -> str:
    if occasion is None:
        return words.mail_about_nothing
    text = words.mail_about_by if occasion.agent else words.mail_about
    return text.format(agent=occasion.agent, subject=occasion.subject, date=occasion.date)


def _because(words: Words, occasion: Occasion | None) -> str:
    if occasion is None:
        return words.because.format(organisation=settings.ORGANISATION["name"])
    return words.because_ticket.format(number=occasion.number)


def _quiet(words: Words, days: int) -> str:
    return words.counted("quiet", days) if days else ""
