"""What a fresh database is given so that the product works at once: one survey and the topics customers can tick."""

from typing import Any

from django.apps import AppConfig

from nps.survey.models import Survey, Topic

#: slug, driver, is_last, labels by language
TOPICS: list[tuple[str, str, bool, dict[str, str]]] = [
    ("too-long", "promptness", False, {
        "en": "It took too long", "de": "Es hat zu lange gedauert",
        "nb": "Det tok for lang tid", "pl": "Trwało to zbyt długo"}),
    ("explain-twice", "competence", False, {
        "en": "I had to explain it twice", "de": "Ich musste es zweimal erklären",
        "nb": "Jeg måtte forklare det to ganger", "pl": "Trzeba było tłumaczyć dwa razy"}),
    ("came-back", "competence", False, {
        "en": "The problem came back", "de": "Das Problem kam wieder",
        "nb": "Problemet kom tilbake", "pl": "Problem wrócił"}),
    ("hard-to-reach", "promptness", False, {
        "en": "Hard to reach a person", "de": "Schwer, jemanden zu erreichen",
        "nb": "Vanskelig å nå en person", "pl": "Trudno dotrzeć do człowieka"}),
    ("unclear", "courtesy", False, {
        "en": "The answer was unclear", "de": "Die Antwort war unklar",
        "nb": "Svaret var uklart", "pl": "Odpowiedź była niejasna"}),
    ("price", "price", False, {
        "en": "Price or billing", "de": "Preis oder Rechnung", "nb": "Pris eller faktura", "pl": "Cena lub faktura"}),
    ("product", "product", False, {
        "en": "The product itself", "de": "Das Produkt selbst", "nb": "Selve produktet", "pl": "Sam produkt"}),
    ("other", "other", True, {
        "en": "Something else", "de": "Etwas anderes", "nb": "Noe annet", "pl": "Coś innego"}),
]  # fmt: skip


def install(sender: AppConfig, **kwargs: Any) -> None:
    """After migrate, where no survey was ever made. What a manager changed is never touched."""
    if not Survey.objects.exists():
        Survey.objects.create(name="After support", slug="after-support", is_default=True)
    if not Topic.objects.exists():
        Topic.objects.bulk_create(
            Topic(slug=slug, driver=driver, is_last=is_last, labels=labels, position=position)
            for position, (slug, driver, is_last, labels) in enumerate(TOPICS)
        )
