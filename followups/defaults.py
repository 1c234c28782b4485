"""What a fresh database is given: the default policies, root causes, call guides and e-mail templates a manager starts
from."""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from followups.guide_words import BY_DRIVER, GENERAL
from followups.letter_words import TEMPLATES
from followups.models import CallGuide, LetterTemplate, Policy, RootCause

POLICIES = [
    {
        "slug": "low", "name": "0–3 and key accounts", "min_score": 0, "max_score": 3, "covers_key_accounts": True,
        "first_contact_hours": 4, "close_days": 3, "attempts_needed": 3, "tells_lead_at_once": True,
        "next_try_hours": 2,
    },
    {
        "slug": "middle", "name": "4–6", "min_score": 4, "max_score": 6,
        "first_contact_hours": 8, "close_days": 5, "attempts_needed": 3, "next_try_hours": 4,
    },
    {
        "slug": "near", "name": "7–8", "min_score": 7, "max_score": 8,
        "first_contact_hours": 16, "close_days": 8, "attempts_needed": 2, "channels_needed": 1, "next_try_hours": 8,
    },
]  # fmt: skip

#: first level (what customers expect of support), attributable to, second level
CAUSES: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("Availability of service", "process", [("Opening hours", "process"), ("Hard to reach a person", "process")]),
    ("Knowledge of the representative", "agent", [("Wrong answer", "agent"), ("Unclear answer", "agent")]),
    ("Rapid response", "process", [("Slow first reply", "process"), ("No call back", "agent")]),
    ("Professionalism", "agent", [("Tone", "agent"), ("Promise not kept", "agent")]),
    ("Rapid resolution", "process", [("Waited on another team", "process"), ("Waited on a supplier", "process")]),
    (
        "Quality of product",
        "product",
        [("Product defect", "product"), ("Missing feature", "product"), ("Outage", "product")],
    ),
    ("Complete resolution", "agent", [("Problem came back", "agent"), ("Solved only in part", "agent")]),
    ("Self-help resources", "process", [("Article missing", "process"), ("Article wrong", "process")]),
    ("Proactive updates", "process", [("Not told about progress", "agent"), ("Not told about an outage", "process")]),
    ("Policy or price", "price", [("Price", "price"), ("Terms of contract", "price"), ("Invoice wrong", "process")]),
    (
        "Hand-over between agents",
        "handover",
        [("Had to explain it twice", "handover"), ("Lost at shift change", "handover")],
    ),
    (
        "Customer’s side",
        "customer",
        [("Expectation beyond the contract", "customer"), ("Mistake at the customer", "customer")],
    ),
]


def call_guides() -> Iterator[CallGuide]:
    """The general guide of each band and language, and what is different for a topic's driver."""
    for language, bands in GENERAL.items():
        for band, steps in bands.items():
            yield CallGuide(band=band, language=language, **_step_fields(dict(enumerate(steps, start=1))))
    for language, drivers in BY_DRIVER.items():
        for driver, bands in drivers.items():
            for band, (second, third) in bands.items():
                fields = _step_fields({2: second, 3: third})
                yield CallGuide(band=band, driver=driver, language=language, **fields)


def _step_fields(steps: dict[int, tuple[str, str]]) -> dict[str, str]:
    fields = {}
    for number, (title, words) in steps.items():
        fields |= {f"title_{number}": title, f"words_{number}": words}
    return fields


def letter_templates() -> Iterator[LetterTemplate]:
    """One for each band and language."""
    for language, bands in TEMPLATES.items():
        for band, (name, subject, body) in bands.items():
            yield LetterTemplate(name=name, language=language, band=band, subject=subject, body=body)


def install(sender: AppConfig, **kwargs: Any) -> None:
    """After migrate, where there is none yet. What a manager changed is never touched."""
    with transaction.atomic():
        if not Policy.objects.exists():
            at = timezone.now()
            Policy.objects.bulk_create(Policy(created_at=at, **fields) for fields in POLICIES)
        if not CallGuide.objects.exists():
            CallGuide.objects.bulk_create(call_guides())
        if not LetterTemplate.objects.exists():
            LetterTemplate.objects.bulk_create(letter_templates())
        if not RootCause.objects.exists():
            for position, (name, attributable_to, children) in enumerate(CAUSES):
                parent = RootCause.objects.create(
                    name=name, slug=slugify(name), attributable_to=attributable_to, position=position
                )
                RootCause.objects.bulk_create(
                    RootCause(
                        parent=parent,
                        name=child,
                        slug=f"{parent.slug}-{slugify(child)}",
                        attributable_to=whose,
                        position=place,
                    )
                    for place, (child, whose) in enumerate(children)
                )
