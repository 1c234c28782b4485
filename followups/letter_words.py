"""The e-mail templates that a fresh database starts from, and the words around every letter, by language."""

#: language -> (about a ticket, about nothing in particular), in the form that stands by itself
ABOUT = {
    "en": ("your request “{ticket}”", "our support"),
    "de": ("Ihre Anfrage „{ticket}“", "unser Support"),
    "nb": ("saken din «{ticket}»", "supporten vår"),
    "pl": ("zgłoszenie „{ticket}”", "nasza obsługa"),
}

#: language -> the line below every letter: why it came
BECAUSE = {
    "en": "You get this e-mail because you answered our question. A reply reaches us.",
    "de": "Sie erhalten diese E-Mail, weil Sie auf unsere Frage geantwortet haben. Ihre Antwort erreicht uns.",
    "nb": "Du får denne e-posten fordi du svarte på spørsmålet vårt. Svarer du, når det oss.",
    "pl": "Otrzymują Państwo tę wiadomość, ponieważ odpowiedzieli Państwo na nasze pytanie. Odpowiedź do nas dotrze.",
}

#: language -> band -> (name, subject, text)
TEMPLATES: dict[str, dict[str, tuple[str, str, str]]] = {
    "en": {
        "low": (
            "What went wrong",
            "Your answer about {about}",
            """Hello {name},

thank you for your answer about {about}. It was not a 9 or 10, and I would like to understand why.

What happened from your side, and what would have made it right? You can simply reply to this e-mail; I read it \
myself. If you would rather talk, tell me a number and a time that suits you, and I will call.

{agent}
{organisation}""",
        ),
        "near": (
            "What was missing",
            "Your answer about {about}",
            """Hello {name},

thank you for your answer about {about}. It was good, but not a 9 or 10, and I would like to know what was missing.

What one thing would have made it better? A line in reply is enough; I read it myself.

{agent}
{organisation}""",
        ),
    },
    "de": {
        "low": (
            "Was schiefging",
            "Ihre Rückmeldung: {about}",
            """Guten Tag {full_name},

vielen Dank für Ihre Rückmeldung ({about}). Eine 9 oder 10 war es nicht, und ich möchte verstehen, warum.

Was ist aus Ihrer Sicht passiert, und was hätte es richtig gemacht? Antworten Sie einfach auf diese E-Mail; ich \
lese sie selbst. Wenn Sie lieber sprechen, nennen Sie mir eine Nummer und eine Zeit, die Ihnen passt, dann rufe ich \
an.

Mit freundlichen Grüßen
{agent}
{organisation}""",
        ),
        "near": (
            "Was gefehlt hat",
            "Ihre Rückmeldung: {about}",
            """Guten Tag {full_name},

vielen Dank für Ihre Rückmeldung ({about}). Sie war gut, aber keine 9 oder 10, und ich möchte wissen, was gefehlt hat.

Was hätte es besser gemacht? Eine Zeile als Antwort genügt; ich lese sie selbst.

Mit freundlichen Grüßen
{agent}
{organisation}""",
        ),
    },
    "nb": {
        "low": (
            "Hva som gikk galt",
            "Svaret ditt om {about}",
            """Hei {name},

takk for svaret ditt om {about}. Det ble ikke en 9 eller 10, og jeg vil gjerne forstå hvorfor.

Hva skjedde fra din side, og hva skulle til for at det ble riktig? Du kan bare svare på denne e-posten; jeg leser \
den selv. Vil du heller snakke, så gi meg et nummer og et tidspunkt som passer, så ringer jeg.

Vennlig hilsen
{agent}
{organisation}""",
        ),
        "near": (
            "Hva som manglet",
            "Svaret ditt om {about}",
            """Hei {name},

takk for svaret ditt om {about}. Det var bra, men ikke en 9 eller 10, og jeg vil gjerne vite hva som manglet.

Hvilken ene ting hadde gjort det bedre? En linje til svar er nok; jeg leser den selv.

Vennlig hilsen
{agent}
{organisation}""",
        ),
    },
    "pl": {
        "low": (
            "Co poszło nie tak",
            "Państwa odpowiedź: {about}",
            """Dzień dobry,

dziękuję za odpowiedź ({about}). Nie była to 9 ani 10 i chcę zrozumieć dlaczego.

Co się stało z Państwa perspektywy i co trzeba było zrobić inaczej? Wystarczy odpowiedzieć na tę wiadomość; czytam \
ją osobiście. Jeśli wolą Państwo porozmawiać, proszę podać numer i dogodną porę, a zadzwonię.

Z poważaniem
{agent}
{organisation}""",
        ),
        "near": (
            "Czego zabrakło",
            "Państwa odpowiedź: {about}",
            """Dzień dobry,

dziękuję za odpowiedź ({about}). Była dobra, ale nie 9 ani 10, i chcę wiedzieć, czego zabrakło.

Co jedno sprawiłoby, że byłoby lepiej? Wystarczy jedno zdanie w odpowiedzi; czytam ją osobiście.

Z poważaniem
{agent}
{organisation}""",
        ),
    },
}  # fmt: skip
