"""The call guides that a fresh database starts from, and how a ticket is spoken of in each language."""

Steps = list[tuple[str, str]]

#: language -> (about a ticket, about nothing in particular), as they stand in a sentence that is itself quoted
ABOUT = {
    "en": ("your request ‘{ticket}’", "our support"),
    "de": ("Ihre Anfrage ‚{ticket}‘", "unseren Support"),
    "nb": ("saken din ‘{ticket}’", "supporten vår"),
    "pl": ("zgłoszenie «{ticket}»", "nasza obsługa"),
}

#: language -> the first step, the same in both bands
OPENING = {
    "en": (
        "Open",
        "Hello {name}, this is {caller} from {organisation}. You told us about {about}. Do you have five minutes?",
    ),
    "de": (
        "Beginnen",
        "Guten Tag {full_name}, hier ist {caller} von {organisation}. Es geht um {about}. Haben Sie fünf Minuten?",
    ),
    "nb": (
        "Åpne",
        "Hei {name}, dette er {caller} fra {organisation}. Det gjelder {about}. Har du fem minutter?",
    ),
    "pl": (
        "Początek",
        (
            "Dzień dobry, mówi {caller} z {organisation}. Czy to {full_name}? Dzwonię, bo oceniono u nas: "
            "{about}. Czy mamy pięć minut?"
        ),
    ),
}

#: language -> band -> the four steps of the general guide
GENERAL: dict[str, dict[str, Steps]] = {
    "en": {
        "low": [
            OPENING["en"],
            ("Listen first", "What happened from your side? Where did it go wrong?"),
            ("Repeat it back, then agree on one next step and a date", ""),
            ("Ask", "What would have made this a 9 or 10?"),
        ],
        "near": [
            OPENING["en"],
            ("Thank them, then ask", "What was good, and what was missing?"),
            ("Say what happens with it, and only that", ""),
            ("Ask", "What one thing would have made it a 9 or 10?"),
        ],
    },
    "de": {
        "low": [
            OPENING["de"],
            ("Erst zuhören", "Was ist aus Ihrer Sicht passiert? Wo ging es schief?"),
            ("In eigenen Worten wiederholen, dann einen nächsten Schritt mit Tag vereinbaren", ""),
            ("Fragen", "Was hätte daraus eine 9 oder 10 gemacht?"),
        ],
        "near": [
            OPENING["de"],
            ("Danken, dann fragen", "Was war gut, und was hat gefehlt?"),
            ("Sagen, was damit geschieht, und nur das", ""),
            ("Fragen", "Welche eine Sache hätte es zu einer 9 oder 10 gemacht?"),
        ],
    },
    "nb": {
        "low": [
            OPENING["nb"],
            ("Lytt først", "Hva skjedde fra din side? Hvor gikk det galt?"),
            ("Gjenta det, og bli så enige om ett neste steg og en dato", ""),
            ("Spør", "Hva skulle til for at det ble en 9 eller 10?"),
        ],
        "near": [
            OPENING["nb"],
            ("Takk, og spør så", "Hva var bra, og hva manglet?"),
            ("Si hva som skjer med det, og bare det", ""),
            ("Spør", "Hvilken ene ting ville gjort det til en 9 eller 10?"),
        ],
    },
    "pl": {
        "low": [
            OPENING["pl"],
            ("Najpierw słuchać", "Co się wydarzyło z Państwa strony? Gdzie poszło nie tak?"),
            ("Powtórzyć własnymi słowami, potem uzgodnić jeden następny krok i termin", ""),
            ("Zapytać", "Czego zabrakło, żeby była to 9 albo 10?"),
        ],
        "near": [
            OPENING["pl"],
            ("Podziękować, potem zapytać", "Co było dobre, a czego brakowało?"),
            ("Powiedzieć, co się z tym stanie, i tylko to", ""),
            ("Zapytać", "Jaka jedna rzecz zrobiłaby z tego 9 albo 10?"),
        ],
    },
}  # fmt: skip

#: language -> driver -> band -> steps 2 and 3; an empty title leaves the general one
BY_DRIVER: dict[str, dict[str, dict[str, Steps]]] = {
    "en": {
        "promptness": {
            "low": [("Ask about the waiting", "How long did you wait, and what did the waiting cost you?"),
                    ("Name a time you can keep, and who keeps it", "")],
            "near": [("Thank them, then ask", "Where did it take longer than you had expected?"), ("", "")],
        },
        "competence": {
            "low": [("Let them tell it once", "What did you have to explain again, and to whom?"),
                    ("Say it back in their words, so that they need not say it again", "")],
            "near": [("Thank them, then ask", "What did you have to ask for twice?"), ("", "")],
        },
        "courtesy": {
            "low": [("Ask about the answer", "Which answer was unclear, or came across wrongly?"),
                    ("Say sorry once and plainly, then what is clear now", "")],
            "near": [("Thank them, then ask", "Which answer could have been clearer?"), ("", "")],
        },
        "product": {
            "low": [("Ask what it stops", "What does it keep you from doing, and since when?"),
                    ("Say what is known and when they hear from us; promise no feature", "")],
            "near": [("Thank them, then ask", "What do you miss most in the product?"), ("", "")],
        },
        "price": {
            "low": [("Ask about the amount", "Which invoice is it, and what had you expected?"),
                    ("Look at the invoice together; name who may decide about money", "")],
            "near": [("Thank them, then ask", "What would make it worth its price?"), ("", "")],
        },
    },
    "de": {
        "promptness": {
            "low": [("Nach dem Warten fragen", "Wie lange haben Sie gewartet, und was hat Sie das Warten gekostet?"),
                    ("Eine Zeit nennen, die zu halten ist, und wer sie hält", "")],
            "near": [("Danken, dann fragen", "Wo hat es länger gedauert, als Sie erwartet hatten?"), ("", "")],
        },
        "competence": {
            "low": [("Einmal erzählen lassen", "Was mussten Sie noch einmal erklären, und wem?"),
                    ("In den Worten des Kunden wiederholen, damit es das letzte Mal war", "")],
            "near": [("Danken, dann fragen", "Wonach mussten Sie zweimal fragen?"), ("", "")],
        },
        "courtesy": {
            "low": [("Nach der Antwort fragen", "Welche Antwort war unklar oder kam falsch an?"),
                    ("Einmal und schlicht um Entschuldigung bitten, dann sagen, was jetzt klar ist", "")],
            "near": [("Danken, dann fragen", "Welche Antwort hätte klarer sein können?"), ("", "")],
        },
        "product": {
            "low": [("Fragen, was es verhindert", "Woran hindert es Sie, und seit wann?"),
                    ("Sagen, was bekannt ist und wann wir uns melden; keine Funktion versprechen", "")],
            "near": [("Danken, dann fragen", "Was fehlt Ihnen am Produkt am meisten?"), ("", "")],
        },
        "price": {
            "low": [("Nach dem Betrag fragen", "Um welche Rechnung geht es, und was hatten Sie erwartet?"),
                    ("Die Rechnung gemeinsam ansehen; sagen, wer über Geld entscheidet", "")],
            "near": [("Danken, dann fragen", "Was würde es seinen Preis wert machen?"), ("", "")],
        },
    },
    "nb": {
        "promptness": {
            "low": [("Spør om ventingen", "Hvor lenge ventet du, og hva kostet ventingen deg?"),
                    ("Nevn et tidspunkt du kan holde, og hvem som holder det", "")],
            "near": [("Takk, og spør så", "Hvor tok det lengre tid enn du hadde ventet?"), ("", "")],
        },
        "competence": {
            "low": [("La dem fortelle én gang", "Hva måtte du forklare på nytt, og til hvem?"),
                    ("Gjenta med deres egne ord, så de slipper å si det igjen", "")],
            "near": [("Takk, og spør så", "Hva måtte du be om to ganger?"), ("", "")],
        },
        "courtesy": {
            "low": [("Spør om svaret", "Hvilket svar var uklart, eller ble oppfattet feil?"),
                    ("Beklag én gang og enkelt, og si så hva som er klart nå", "")],
            "near": [("Takk, og spør så", "Hvilket svar kunne vært klarere?"), ("", "")],
        },
        "product": {
            "low": [("Spør hva det hindrer", "Hva hindrer det deg i, og siden når?"),
                    ("Si hva som er kjent og når de hører fra oss; lov ingen funksjon", "")],
            "near": [("Takk, og spør så", "Hva savner du mest i produktet?"), ("", "")],
        },
        "price": {
            "low": [("Spør om beløpet", "Hvilken faktura gjelder det, og hva hadde du ventet?"),
                    ("Se på fakturaen sammen; si hvem som bestemmer om penger", "")],
            "near": [("Takk, og spør så", "Hva skulle til for at det var verdt prisen?"), ("", "")],
        },
    },
    "pl": {
        "promptness": {
            "low": [("Zapytać o czekanie", "Jak długo trwało czekanie i ile Państwa kosztowało?"),
                    ("Podać termin, którego da się dotrzymać, i kto go dotrzyma", "")],
            "near": [("Podziękować, potem zapytać", "Gdzie trwało to dłużej, niż można było się spodziewać?"),
                     ("", "")],
        },
        "competence": {
            "low": [("Dać opowiedzieć jeden raz", "Co trzeba było tłumaczyć ponownie i komu?"),
                    ("Powtórzyć słowami klienta, żeby nie musiał mówić tego znowu", "")],
            "near": [("Podziękować, potem zapytać", "O co trzeba było prosić dwa razy?"), ("", "")],
        },
        "courtesy": {
            "low": [("Zapytać o odpowiedź", "Która odpowiedź była niejasna albo zabrzmiała niewłaściwie?"),
                    ("Przeprosić raz i prosto, potem powiedzieć, co już jest jasne", "")],
            "near": [("Podziękować, potem zapytać", "Która odpowiedź mogła być jaśniejsza?"), ("", "")],
        },
        "product": {
            "low": [("Zapytać, w czym to przeszkadza", "W czym to przeszkadza i od kiedy?"),
                    ("Powiedzieć, co wiadomo i kiedy się odezwiemy; nie obiecywać funkcji", "")],
            "near": [("Podziękować, potem zapytać", "Czego najbardziej brakuje w produkcie?"), ("", "")],
        },
        "price": {
            "low": [("Zapytać o kwotę", "O którą fakturę chodzi i jakiej kwoty się Państwo spodziewali?"),
                    ("Obejrzeć fakturę razem; powiedzieć, kto decyduje o pieniądzach", "")],
            "near": [("Podziękować, potem zapytać", "Co sprawiłoby, że byłoby to warte swojej ceny?"), ("", "")],
        },
    },
}  # fmt: skip
