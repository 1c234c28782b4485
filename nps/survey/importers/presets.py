"""Column maps of answers that come with the product."""

from typing import Any

from django.apps import AppConfig
from django.utils import timezone

from nps.desk.services.mapping import install_maps
from nps.survey.grammar import HIGHEST, LOWEST

ANSWERS: dict[str, tuple[str, Any]] = {
    "seat-reviews": (
        "Reviews of airline seats, rated 1 to 10; their authors are not named",
        {
            "fields": {
                "source": {"value": "seat-reviews"},
                "external_id": {"digest": ["*"], "prefix": "seat-"},
                "score": {
                    "column": "overall_rating",
                    "values": {f"{score}.0": str(score) for score in range(LOWEST, HIGHEST + 1)},
                    "if_null": "leave out",
                },
                "comment": {"column": "content", "cut": True},
                "answered_at": {"column": "date", "nulls": ["", "1970-01-01"], "if_null": "leave out"},
                "customer_external_id": {"digest": ["*"], "prefix": "seat-"},
                "customer_name": {"value": "A reviewer"},
                "product": "airline_name",
            }
        },
    ),
}


def install(sender: AppConfig, **kwargs: Any) -> None:
    """After migrate."""
    install_maps(kind="answers", presets=ANSWERS, at=timezone.now())
