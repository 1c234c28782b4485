"""The question. GET shows it and writes no answer; POST with this page's nonce is the customer's answer."""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from nps.errors import Conflict, InvalidInput
from nps.survey import links, phrasing, reading, tokens
from nps.survey.grammar import HIGHEST, LOWEST, ScoreError, parse_score
from nps.survey.models import Invitation
from nps.survey.services import answering, clicking
from nps.survey.views import pages
from nps.survey.views.doors import SeeOther, customer_door
from nps.survey.views.pages import Visit

logger = logging.getLogger("nines.survey")


@customer_door("GET", "HEAD", "POST")
def survey(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    pk = links.invitation_id(token, at)
    if request.method != "POST":
        return _open(request, token, pk, at)
    if "change" in request.POST:
        return _change(request, token, pk, at)
    return _take(request, token, pk, at)


@customer_door("GET", "HEAD")
def hidden(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    """The link no person can see. What follows it is noted as a machine, and sees the plain question."""
    invitation = reading.for_page(links.invitation_id(token, at))
    _note(request, invitation, at, score=None, is_hidden_link=True)
    return _page_for(pages.visit(request, token, at, invitation), picked=None)


@customer_door("GET", "HEAD", "POST")
def gone(request: HttpRequest, token: str, at: datetime) -> HttpResponse:
    """Below the links, and no page of them."""
    raise tokens.DeadLink


# ---- GET -----------------------------------------------------------------------------------------------------
def _open(request: HttpRequest, token: str, pk: int, at: datetime) -> HttpResponse:
    invitation = reading.for_page(pk)
    picked = _score_or_none(request.GET.get("score"))
    # A change of language is the same visit; HEAD is a look at the address. The first plain opening is worth a row.
    is_arrival = request.method == "GET" and not {"lang", "change"} & set(request.GET)
    if is_arrival and (picked is not None or invitation.opened_at is None):
        _note(request, invitation, at, score=picked)
    visit = pages.visit(request, token, at, invitation)
    if "change" in request.GET and visit.is_editable:
        return _change_page(visit, picked=picked)
    return _page_for(visit, picked=picked)


def _page_for(visit: Visit, *, picked: int | None) -> HttpResponse:
    """The question, or the answer that stands."""
    if visit.response is not None:
        return _answered_page(visit, picked=picked)
    return _question_page(visit, picked=picked)


def _note(request: HttpRequest, invitation: Invitation, at: datetime, *, score: int | None, **facts: bool) -> None:
    """A diagnostic: where it cannot be written, the page opens all the same."""
    agent = request.headers.get("User-Agent", "")
    try:
        clicking.note_click(invitation=invitation, at=at, score=score, user_agent=agent, **facts)
    except (OperationalError, InterfaceError) as error:
        logger.warning("an opened link could not be noted: %r", error)


def _score_or_none(text: object) -> int | None:
    try:
        return parse_score(text)
    except ScoreError:
        return None


# ---- POST ----------------------------------------------------------------------------------------------------
def _take(request: HttpRequest, token: str, pk: int, at: datetime) -> HttpResponse:
    """The customer's answer. Few statements and no template on the way to a saved one: every answer passes here."""
    score, sent = pages.sent_score(request), request.POST.get("nonce", "")
    chosen = pages.asked_language(request)
    try:
        nonce = tokens.read_nonce(sent, pk, "answer", keys=settings.SURVEY_LINK_KEYS, at=at)
        answering.record_answer(invitation=reading.for_intake(pk), score=score, at=at, nonce=nonce, language=chosen)
    except tokens.BadNonce:
        return _again(request, token, pk, at, status=400)
    except InvalidInput as error:
        return _again(request, token, pk, at, status=error.status, is_wrong=True, nonce=sent)
    except answering.AlreadyAnswered as error:
        return _again(request, token, pk, at, status=error.status)
    return SeeOther(reverse("survey-why", args=[token]))


def _again(
    request: HttpRequest, token: str, pk: int, at: datetime, *, status: int, is_wrong: bool = False, nonce: str = ""
) -> HttpResponse:
    """The question once more with what was chosen, or the answer that stands already. Nothing was saved."""
    visit = pages.visit(request, token, at, reading.for_page(pk))
    picked = _score_or_none(pages.sent_score(request))
    if visit.response is not None:
        return _answered_page(visit, picked=picked, status=status, is_refused=True)
    error = visit.words.pick_one if is_wrong else visit.words.stale
    return _question_page(visit, picked=picked, error=error, nonce=nonce, is_wrong=is_wrong, status=status)


def _change(request: HttpRequest, token: str, pk: int, at: datetime) -> HttpResponse:
    """The customer's own explicit change of the answer that stands."""
    score, sent = pages.sent_score(request), request.POST.get("nonce", "")
    visit = pages.visit(request, token, at, reading.for_page(pk))
    picked = _score_or_none(score)
    if visit.response is None:
        return _question_page(visit, picked=picked, error=visit.words.stale, status=400)
    try:
        nonce = tokens.read_nonce(sent, pk, "change", keys=settings.SURVEY_LINK_KEYS, at=at)
        answering.change_score(response=visit.response, score=score, at=at, nonce=nonce)
    except tokens.BadNonce:
        if not visit.is_editable:
            return _answered_page(visit, picked=picked, status=400, is_refused=True)
        return _change_page(visit, picked=picked, error=visit.words.stale, status=400)
    except InvalidInput as error:
        if not visit.is_editable:
            return _answered_page(visit, picked=None, status=error.status, is_refused=True)
        return _change_page(visit, error=visit.words.pick_one, is_wrong=True, status=error.status)
    except Conflict as error:
        visit.response.refresh_from_db(fields=["editable_until", "score"])
        return _answered_page(visit, picked=picked, status=error.status, is_refused=True)
    return SeeOther(visit.url("survey-why"))


# ---- pages ---------------------------------------------------------------------------------------------------
def _question_page(
    visit: Visit, *, picked: int | None, error: str = "", nonce: str = "", is_wrong: bool = False, status: int = 200
) -> HttpResponse:
    words = visit.words
    hint = ""
    if picked is not None and not error:
        is_mail = visit.invitation.via == Invitation.Via.EMAIL
        hint = (words.picked_in_mail if is_mail else words.picked).format(score=picked)
    context = {
        "nonce": nonce or visit.nonce("answer"),
        "button": words.send,
        "hint": f"{hint} {words.not_saved}".strip(),
    }
    return _scale_page(visit, context, picked=picked, error=error, is_wrong=is_wrong, status=status)


def _change_page(
    visit: Visit, *, picked: int | None = None, error: str = "", is_wrong: bool = False, status: int = 200
) -> HttpResponse:
    response, words = visit.response, visit.words
    assert response is not None
    date = words.day(phrasing.local(response.answered_at, visit.invitation))
    context = {
        "nonce": visit.nonce("change"),
        "button": words.save_change,
        "hint": words.changing.format(score=response.score, date=date),
        "keep": words.keep.format(score=response.score),
        "keep_url": visit.url("survey-why"),
        "is_change": True,
    }
    visit.query["change"] = "1"
    shown = response.score if picked is None and not is_wrong else picked
    return _scale_page(visit, context, picked=shown, error=error, is_wrong=is_wrong, status=status)


def _scale_page(
    visit: Visit, context: dict[str, Any], *, picked: int | None, error: str, is_wrong: bool, status: int
) -> HttpResponse:
    words = visit.words
    asked = phrasing.question(visit.invitation.survey, words)
    if picked is not None:
        visit.query["score"] = str(picked)
    names = {LOWEST: words.low_cell, HIGHEST: words.high_cell}
    title = words.page_title.format(thing=asked, organisation=settings.ORGANISATION["name"])
    shared = {
        "title": words.error_title.format(title=title) if error else title,
        "question": asked,
        "cells": [
            {"score": score, "name": names.get(score, str(score)), "is_checked": score == picked}
            for score in range(LOWEST, HIGHEST + 1)
        ],
        "low_means": words.means.format(score=LOWEST),
        "high_means": words.means.format(score=HIGHEST),
        "action": reverse("survey", args=[visit.token]),
        "error": error,
        "is_wrong": is_wrong,
    }
    return pages.render("nps/survey/question.html", visit, {**shared, **context}, status=status)


def _answered_page(visit: Visit, *, picked: int | None, status: int = 200, is_refused: bool = False) -> HttpResponse:
    """The answer that stands. A late replay of the link ends here and changes nothing."""
    response, words = visit.response, visit.words
    assert response is not None
    date = words.day(phrasing.local(response.answered_at, visit.invitation))
    heading = words.answered.format(score=response.score, date=date)
    is_other = picked is not None and picked != response.score
    change = {"change": 1, "score": picked} if is_other else {"change": 1}
    if is_other:
        visit.query["score"] = str(picked)
    ends = phrasing.local(response.editable_until, visit.invitation)
    context = {
        "title": words.page_title.format(thing=heading, organisation=settings.ORGANISATION["name"]),
        "heading": heading,
        "unchanged": words.unchanged if is_refused or is_other else "",
        "change_url": visit.url("survey", **change) if visit.is_editable else "",
        "change_until": words.change_until.format(date=f"{words.day(ends)}, {ends:%H:%M}"),
        "why_url": visit.url("survey-why"),
        "why_label": words.edit_reason if response.reasoned_at else words.add_reason,
        "write_to_us": pages.write_to_us(words),
    }
    return pages.render("nps/survey/answered.html", visit, context, status=status)
