"""Lists and pages of Django admin: seen by whom, written how, out as CSV. Rows that nobody edits."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import DataError, models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils import timezone

from nps import csv_out
from nps.managing.acts import ActingAdmin, Row
from nps.managing.histories import change_message
from nps.managing.related import ChoosesRows, SentForms, may_be_key
from nps.managing.widgets import BY_FIELD, name_input
from nps.remembered import Remembered

ENTRIES_A_PAGE = 100
MOST_COUNTED = 100_000  # counting every row of a large table takes longer than finding the page


class CappedPaginator(Paginator):
    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows[:MOST_COUNTED].count()


class PortalModelAdmin(ChoosesRows, ActingAdmin):
    """Base of every list. `team_path` leads to the team whose leads may see the row. `csv_columns` pairs headings with
    attribute paths such as "customer__name"; `csv_related` is loaded for them beside what the list loads. `stamp` is
    the field that holds when a row was added."""

    show_full_result_count = False
    formfield_overrides = BY_FIELD
    list_per_page = 50
    paginator = CappedPaginator
    team_path: ClassVar[str] = ""
    csv_columns: ClassVar[tuple[tuple[str, str], ...]] = ()
    csv_related: ClassVar[tuple[str, ...]] = ()
    stamp: ClassVar[str] = ""

    # ---- who sees and does what -----------------------------------------------------------------------------
    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request)
        user: Any = request.user
        return rows if user.sees_everything else self.of_lead(rows, user)

    def of_lead(self, rows: models.QuerySet[Any], user: Any) -> models.QuerySet[Any]:
        """Those of `rows` that a lead sees: of the teams they lead, where rows belong to teams."""
        return rows.filter(**{f"{self.team_path}__in": user.led_team_ids}) if self.team_path else rows

    def related_links(self, row: Row) -> Iterator[tuple[str, str]]:
        """(words, address) of rows that belong to this one; shown on its page."""
        yield from ()

    def entries_of(self, row: Row) -> models.QuerySet[Any] | None:
        """The history that verbs wrote of this row, each entry with `at`, `who`, `sentence` and perhaps `note`; None
        where what was done in these pages is all there is."""
        return None

    # ---- one row --------------------------------------------------------------------------------------------
    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refusals as error:
            # Nothing was written. The form again, with what was typed and why it was refused.
            request.refusal = error  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def get_form(self, request: HttpRequest, obj: Row = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        refusal = getattr(request, "refusal", None)
        return form if refusal is None else _refused(form, refusal)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        row = kwargs.get("obj")
        if row is not None and not context.get("is_popup"):
            context["acts"] = self.acts_for(request, row)
            context["related_links"] = [(words, href) for words, href in self.related_links(row) if href]
        return super().render_change_form(request, context, *args, **kwargs)

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        return change_message(form, formsets, add)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        page = super().history_view(request, object_id, extra_context)
        context = getattr(page, "context_data", None)
        entries = None if context is None else self.entries_of(context["object"])
        if context is None or entries is None:
            return page
        pages = self.get_paginator(request, entries, ENTRIES_A_PAGE)
        shown = pages.get_page(request.GET.get(PAGE_VAR, 1))
        context |= {
            "action_list": shown,
            "page_range": pages.get_elided_page_range(shown.number),
            "pagination_required": pages.count > ENTRIES_A_PAGE,
        }
        page.template_name = "admin/told_history.html"  # type: ignore[attr-defined]
        return page

    def save_model(self, request: HttpRequest, obj: Row, form: Any, change: bool) -> None:
        """Only what was changed here is written, so that a verb running beside this form is not overwritten."""
        if not change:
            if self.stamp:
                setattr(obj, self.stamp, timezone.now())
            obj.save()
            return
        many = {field.name for field in self.opts.many_to_many}
        own = {field.name for field in self.opts.fields}
        if changed := [name for name in form.changed_data if name in own - many]:
            obj.save(update_fields=changed)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        transaction.on_commit(Remembered.forget_all)

    def delete_model(self, request: HttpRequest, obj: Row) -> None:
        super().delete_model(request, obj)
        transaction.on_commit(Remembered.forget_all)

    # ---- lists ----------------------------------------------------------------------------------------------
    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if "\x00" in "".join(value for values in request.GET.lists() for value in values[1]):
            self.message_user(request, "The address held a NUL character, which no row can match.", messages.ERROR)
            return HttpResponseRedirect(request.path)
        if not all(may_be_key(self.model, key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            self.message_user(request, "One of the rows that were chosen cannot exist; choose again.", messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return super().changelist_view(request, {"has_csv": bool(self.csv_columns), **(extra_context or {})})

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError, DataError) as error:
            # A year or an id beyond all numbers, typed into the address: only the statement itself refuses it.
            raise IncorrectLookupParameters(error) from error

    def get_changelist_formset(self, request: HttpRequest, **kwargs: Any) -> Any:
        rows = super().get_changelist_formset(request, **kwargs)
        for name, field in rows.form.base_fields.items():
            name_input(field, str(field.label or name))
        return rows

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}_csv"
        own = [path("csv/", self.admin_site.admin_view(self.csv_view), name=name)] if self.csv_columns else []
        return own + super().get_urls()

    def csv_view(self, request: HttpRequest) -> Any:
        """The list with the filters of the address, all pages of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect("..")
        listed: Any = self.list_select_related or ()
        rows = rows.select_related(*listed, *self.csv_related)
        headings = [heading for heading, _ in self.csv_columns]
        cells = (
            [csv_out.follow(row, trail) for _, trail in self.csv_columns] for row in rows.iterator(chunk_size=1000)
        )
        return csv_out.download(f"{self.opts.model_name}s.csv", headings, cells)


def _refused(form: Any, refusal: Exception) -> Any:
    """`form`, never valid: it says why the verb refused, beside the field if it named one."""

    def clean(self: Any) -> Any:
        cleaned = super(shown, self).clean()
        field = getattr(refusal, "field", "")
        self.add_error(field if field in self.fields else None, str(refusal))
        return cleaned

    shown: Any = type(f"Refused{form.__name__}", (form,), {"clean": clean})
    return shown


def titled(title: str, kind: type[admin.FieldListFilter]) -> type[admin.FieldListFilter]:
    """`kind` under a name that people use."""

    def begin(self: Any, *args: Any, **kwargs: Any) -> None:
        kind.__init__(self, *args, **kwargs)
        self.title = title

    return type(f"Titled{kind.__name__}", (kind,), {"__init__": begin})


class ReadOnlyAdmin(PortalModelAdmin):
    """Rows that verbs write: nobody adds, edits or deletes them here, the superuser included."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return False


class KeptAdmin(PortalModelAdmin):
    """Rows that are edited and switched off, never deleted: others point at them for ever."""

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return False


class ReadOnlyInline(SentForms, admin.TabularInline):
    """What belongs to a row, to be read beside it. `team_path` as in PortalModelAdmin, where a row can carry those of
    several teams."""

    extra = 0
    max_num = 0
    can_delete = False
    related: ClassVar[tuple[str, ...]] = ()
    order: ClassVar[tuple[str, ...]] = ("-pk",)
    team_path: ClassVar[str] = ""

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        rows = super().get_queryset(request).select_related(*self.related).order_by(*self.order)
        user: Any = request.user
        if self.team_path and not user.sees_everything:
            rows = rows.filter(**{f"{self.team_path}__in": user.led_team_ids})
        return rows

    def has_add_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row = None) -> bool:
        return False
