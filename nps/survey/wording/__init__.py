"""The customer's languages: which there are, and which one fits a code. Pure."""

from nps.survey.wording.de import GERMAN
from nps.survey.wording.en import ENGLISH
from nps.survey.wording.nb import NORWEGIAN
from nps.survey.wording.pl import POLISH
from nps.survey.wording.words import Words

__all__ = ["LANGUAGES", "Words", "negotiated", "spoken", "words_in"]

#: code -> words, in the order of the language menu; the first is what everybody else gets
LANGUAGES: dict[str, Words] = {one.code: one for one in (ENGLISH, GERMAN, NORWEGIAN, POLISH)}
_OTHER_NAMES = {"no": "nb", "nn": "nb"}


def spoken(code: object) -> str:
    """The code of the language we have for `code` (“de-AT” is “de”, “no” is “nb”), or "" where we have none."""
    main = str(code or "").replace("_", "-").partition("-")[0].lower()
    main = _OTHER_NAMES.get(main, main)
    return main if main in LANGUAGES else ""


def words_in(*codes: object) -> Words:
    """The words of the first of `codes` that we speak; English if none."""
    for code in codes:
        if known := spoken(code):
            return LANGUAGES[known]
    return ENGLISH


def negotiated(accept_language: str) -> Words:
    """The words for an Accept-Language header, by its weights; English if none of it is spoken here."""
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:500].split(",")):
        code, _, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=")) if parameter else 1.0
        except ValueError:
            continue
        if weight > 0 and spoken(code):
            weighed.append((-weight, place, code))
    return words_in(*(code for _, _, code in sorted(weighed)))
