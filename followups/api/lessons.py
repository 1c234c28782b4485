"""The follow-ups' REST door to what was learned: lessons and root causes."""

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from followups import effect_reports
from followups.api import shapes
from followups.models import Lesson, RootCause
from followups.report_backs import with_told
from followups.services import learning
from nps.desk.api.acting import acting_person
from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, SlugFilter, TextFilter
from nps.desk.api.viewsets import ReadViewSet
from nps.errors import InvalidInput, NotAllowed


class LessonFilter(django_filters.FilterSet):
    status = AnyOf(choices=Lesson.Status.choices)
    effect = AnyOf(choices=[choice for choice in Lesson.Effect.choices if choice[0]])
    root_cause = SlugFilter()
    owner = IdFilter(field_name="owner_id")
    team = SlugFilter()
    product = SlugFilter()
    created_at_after = InstantFilter(field_name="created_at", lookup_expr="gte")
    created_at_before = InstantFilter(field_name="created_at", lookup_expr="lt")


class RootCauseFilter(django_filters.FilterSet):
    slug = TextFilter()
    parent = IdFilter(field_name="parent_id")
    is_active = FlagFilter()


class LessonViewSet(ReadViewSet):
    queryset = Lesson.objects.all()
    serializer_class = shapes.LessonShape
    filterset_class = LessonFilter
    ordering_fields = ("id", "times_seen", "created_at")
    write_scope = "followups:write"

    def visible(self, rows: QuerySet[Lesson]) -> QuerySet[Lesson]:
        return effect_reports.with_latest(with_told(rows))

    @extend_schema(request=shapes.LessonBody, responses={201: shapes.LessonShape})
    def create(self, request: Request) -> Response:
        """Keep a lesson that came without a follow-up."""
        said = self.read(shapes.LessonBody)
        by = acting_person(request, said.pop("by"), is_required=False)
        try:
            return self.show(learning.learn(by=by, at=timezone.now(), **said), status=201)
        except InvalidInput as error:
            error.field = "text" if error.field == "lesson" else error.field
            raise

    @extend_schema(request=shapes.LessonStep)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move it along: new → accepted → in progress → in place. Managers only; 409 for a step that does not exist."""
        lesson = self.get_object()
        said = self.read(shapes.LessonStep)
        if self.asker.pk is not None and not self.asker.is_manager:
            raise NotAllowed("Only managers decide what becomes of a lesson.")
        by = acting_person(request, said.pop("by"), is_required=False)
        return self.show(learning.put(lesson=lesson, by=by, at=timezone.now(), **said))


class RootCauseViewSet(ReadViewSet):
    queryset = RootCause.objects.all()
    serializer_class = shapes.RootCauseShape
    filterset_class = RootCauseFilter
