"""What a fresh database is given: the three default policies and the root causes a manager starts from."""

from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from followups.models import Policy, RootCause

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


def install(sender: AppConfig, **kwargs: Any) -> None:
    """After migrate, where there is none yet. What a manager changed is never touched."""
    with transaction.atomic():
        if not Policy.objects.exists():
            at = timezone.now()
            Policy.objects.bulk_create(Policy(created_at=at, **fields) for fields in POLICIES)
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
