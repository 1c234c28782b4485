"""E-mail templates, with what they look like filled in; and the e-mails that were written, which nobody edits."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.html import format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe

from followups.guide import FALLBACK, filled
from followups.letter_words import ABOUT
from followups.models import Letter, LetterTemplate
from followups.models.letters import SLOTS
from nps.managing import BY_FIELD, PortalModelAdmin, ReadOnlyAdmin

#: Stands in for a customer where a template is looked at.
EXAMPLE = {
    "name": "Ingrid",
    "full_name": "Ingrid Solheim",
    "company": "Fjordvik Freight",
    "agent": "Sanna Holm",
    "organisation": "Tidewell",
    "number": "48213",
}
TICKET = {"en": "Refund not received", "de": "Erstattung fehlt", "nb": "Refusjon mangler", "pl": "Brak zwrotu"}


@admin.register(LetterTemplate)
class LetterTemplateAdmin(PortalModelAdmin):
    list_display = ("name", "language", "band", "driver", "subject")
    list_filter = ("language", "band", "driver")
    search_fields = ("name", "subject", "body")
    ordering = ("language", "band", "driver", "pk")
    formfield_overrides = {**BY_FIELD, models.CharField: {}}
    readonly_fields = ("preview",)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("name", "language"), ("band", "driver"))}),
        (
            "What is sent",
            {
                "fields": ("subject", "body", "preview"),
                "description": f"Filled in: {'; '.join(f'{{{name}}} – {words}' for name, words in SLOTS.items())}.",
            },
        ),
    )

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None:
            return self.fieldsets
        (first, second) = self.fieldsets
        return first, (second[0], {**second[1], "fields": ("subject", "body")})

    @admin.display(description="as it would be sent")
    def preview(self, row: LetterTemplate) -> SafeString:
        """As saved, to an example of a customer."""
        code = row.language.split("-")[0]
        about = ABOUT.get(code, ABOUT[FALLBACK])[0].replace("{ticket}", TICKET.get(code, TICKET[FALLBACK]))
        names = {**EXAMPLE, "about": about}
        return format_html(
            '<div class="preview" lang="{}"><p><b>{}</b></p>{}</div>',
            row.language,
            filled(row.subject, names),
            mark_safe(linebreaks(filled(row.body, names), autoescape=True).replace("\n", "")),  # admin breaks lines too
        )


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    list_display = ("leaves_at", "follow_up", "by", "recipient", "subject", "state", "why")
    list_filter = (
        ("sent_at", admin.EmptyFieldListFilter),
        ("bounced_at", admin.EmptyFieldListFilter),
        ("failed_at", admin.EmptyFieldListFilter),
        ("cancelled_at", admin.EmptyFieldListFilter),
        "language",
    )
    list_select_related = ("attempt__follow_up", "attempt__by")
    search_fields = ("=recipient", "subject", "attempt__follow_up__customer__name", "attempt__by__username")
    date_hierarchy = "leaves_at"
    ordering = ("-pk",)
    team_path = "attempt__follow_up__team"
    csv_columns = (
        ("leaves at", "leaves_at"),
        ("follow-up", "attempt__follow_up_id"),
        ("by", "attempt__by"),
        ("recipient", "recipient"),
        ("subject", "subject"),
        ("sent at", "sent_at"),
        ("not sent at", "failed_at"),
        ("bounced at", "bounced_at"),
        ("why not", "why"),
    )

    @admin.display(description="follow-up")
    def follow_up(self, row: Letter) -> Any:
        return row.attempt.follow_up

    @admin.display(description="by")
    def by(self, row: Letter) -> Any:
        return row.attempt.by

    @admin.display(description="what became of it")
    def state(self, row: Letter) -> str:
        return row.state_words
