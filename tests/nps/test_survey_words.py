"""Every language says everything, with the same blanks, and fits where English fits."""

import re
from dataclasses import fields
from datetime import date
from string import Formatter

import pytest
from django.conf import settings

from nps.survey.wording import LANGUAGES, Words, negotiated, spoken, words_in

ENGLISH = LANGUAGES["en"]
TEXTS = [one.name for one in fields(Words) if one.name != "months"]


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_has_every_text_with_the_blanks_of_the_english_one(code) -> None:
    words = LANGUAGES[code]
    assert words.code == code
    for name in TEXTS:
        text = getattr(words, name)
        assert text == text.strip() != "", name
        assert "  " not in text, name
        assert blanks(text) == blanks(getattr(ENGLISH, name)), name
    assert len(set(words.months)) == 12


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_nothing_was_left_in_english(code) -> None:
    same = {"code", "page_title", "date_form"}
    left = [name for name in TEXTS if getattr(LANGUAGES[code], name) == getattr(ENGLISH, name)]
    assert set(left) <= same | {"send_reason"}, left  # “Send” is Norwegian as well


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_text_names_a_band_or_what_a_score_sets_off(code) -> None:
    for name in TEXTS:
        assert not re.search(r"detractor|promoter|passive|kritiker|\bNPS\b", getattr(LANGUAGES[code], name), re.I)


@pytest.mark.parametrize("code", LANGUAGES)
def test_labels_stay_short_enough_for_a_phone(code) -> None:
    words = LANGUAGES[code]
    for name in ("send", "save_change", "change", "send_reason", "skip_reason", "try_again", "low", "high"):
        assert len(getattr(words, name)) <= 32, name
    assert len(words.subject_ticket) <= 60


def test_days_and_numbers() -> None:
    day = date(2026, 3, 5)
    assert [words.day(day) for words in LANGUAGES.values()] == ["5 March", "5. März", "5. mars", "5 marca"]
    assert ENGLISH.counted("quiet", 1) == "At most one survey a day."
    assert ENGLISH.counted("quiet", 90) == "At most one survey every 90 days."


def test_the_languages_are_those_of_the_settings() -> None:
    assert dict(settings.LANGUAGES) == {words.code: words.own_name for words in LANGUAGES.values()}


@pytest.mark.parametrize(
    ("code", "found"),
    [("de-AT", "de"), ("DE_ch", "de"), ("no", "nb"), ("nn-NO", "nb"), ("fr", ""), ("", ""), (None, ""), ("d", "")],
)
def test_codes_are_read_kindly(code, found) -> None:
    assert spoken(code) == found


def test_the_first_language_we_speak_is_taken() -> None:
    assert words_in("fr", None, "pl-PL", "de").code == "pl"
    assert words_in("fr").code == "en"
    assert negotiated("fr;q=1, de;q=0.2, nb;q=0.9").code == "nb"
    assert negotiated(",;=,de;q=abc").code == "en"
