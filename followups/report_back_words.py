"""“You told us, we changed” in the customer's languages: the frame around what a colleague wrote."""

from dataclasses import dataclass

from nps.survey.wording import words_in


@dataclass(frozen=True)
class Frame:
    """`intro`, `because` and `stop` stand around the colleague's text; {date} is the day of the customer's answer."""

    subject: str
    intro: str
    thanks: str
    because: str
    stop: str


FRAMES: dict[str, Frame] = {
    "en": Frame(
        subject="You told us, and we changed something",
        intro="On {date} you told us what could be better. We have listened, and this is what we changed:",
        thanks="Thank you for telling us. If it does not help you, reply to this e-mail: a person reads it.",
        because="You get this because you answered our question on {date}.",
        stop="Stop these e-mails and our surveys",
    ),
    "de": Frame(
        subject="Sie haben es uns gesagt, und wir haben etwas geändert",
        intro="Am {date} haben Sie uns gesagt, was besser sein könnte. Wir haben zugehört und Folgendes geändert:",
        thanks="Danke, dass Sie es uns gesagt haben. Falls es Ihnen nicht hilft, antworten Sie auf diese E-Mail: Ein"
        " Mensch liest sie.",
        because="Sie erhalten diese E-Mail, weil Sie am {date} auf unsere Frage geantwortet haben.",
        stop="Diese E-Mails und unsere Umfragen abbestellen",
    ),
    "nb": Frame(
        subject="Du sa fra, og vi har endret noe",
        intro="{date} fortalte du oss hva som kunne vært bedre. Vi har lyttet, og dette har vi endret:",
        thanks="Takk for at du sa fra. Hjelper det deg ikke, så svar på denne e-posten: Et menneske leser den.",
        because="Du får denne e-posten fordi du svarte på spørsmålet vårt {date}.",
        stop="Stopp disse e-postene og undersøkelsene våre",
    ),
    "pl": Frame(
        subject="Zgłosili to nam Państwo, a my coś zmieniliśmy",
        intro="{date} napisali nam Państwo, co mogłoby być lepsze. Wysłuchaliśmy i oto, co zmieniliśmy:",
        thanks="Dziękujemy za tę opinię. Jeśli zmiana nie pomoże, prosimy odpowiedzieć na tę wiadomość: przeczyta ją"
        " człowiek.",
        because="Otrzymują Państwo tę wiadomość, ponieważ {date} odpowiedzieli Państwo na nasze pytanie.",
        stop="Rezygnuję z takich wiadomości i ankiet",
    ),
}


def frame_in(language: str) -> Frame:
    """Of the language that the survey's words would be in."""
    return FRAMES[words_in(language).code]
