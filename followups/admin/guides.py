"""Call guides: what to say, by score, topic and language. Beside the follow-up they are read only."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.forms import Textarea

from followups.models import CallGuide
from followups.models.guides import NAMES, STEPS
from nps.managing import BY_FIELD, PortalModelAdmin


@admin.register(CallGuide)
class CallGuideAdmin(PortalModelAdmin):
    list_display = ("__str__", "band", "driver", "language", "title_1", "title_2", "title_3", "title_4")
    list_filter = ("band", "driver", "language")
    search_fields = tuple(f"{part}_{step}" for part in ("title", "words") for step in STEPS)
    ordering = ("language", "band", "driver")
    formfield_overrides = {**BY_FIELD, models.CharField: {}}
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("band", "driver", "language"),)}),
        *(
            (
                f"Step {step}",
                {
                    "fields": (f"title_{step}", f"words_{step}"),
                    "description": f"Filled in: {', '.join(f'{{{name}}}' for name in NAMES)}." if step == 1 else "",
                },
            )
            for step in STEPS
        ),
    )

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name.startswith("words_"):
            kwargs["widget"] = Textarea(attrs={"rows": 2})
        return super().formfield_for_dbfield(db_field, request, **kwargs)
