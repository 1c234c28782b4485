"""The follow-ups' REST door to what was learned: lessons and root causes."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from followups import effect_reports
from followups.api import shapes
from followups.models import Lesson, ReportBack, RootCause
from followups.report_backs import audience_of, may_tell, with_told
from followups.services import learning, reporting_back
from nps.desk.api.acting import acting_key, acting_person
from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, SlugFilter, TextFilter, refuse_unknown
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

    def get_serializer_class(self) -> type[BaseSerializer]:
        """A list carries no histories."""
        return shapes.LessonShape if self.action == "list" else shapes.WholeLessonShape

    @extend_schema(request=shapes.LessonBody, responses={201: shapes.WholeLessonShape})
    def create(self, request: Request) -> Response:
        """Keep a lesson that came without a follow-up."""
        said = self.read(shapes.LessonBody)
        by = acting_person(request, said.pop("by"), is_required=False)
        try:
            return self.show(learning.learn(by=by, key=acting_key(request), at=timezone.now(), **said), status=201)
        except InvalidInput as error:
            error.field = "text" if error.field == "lesson" else error.field
            raise

    @extend_schema(request=shapes.LessonStep)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Move it along: new → accepted → in progress → in place, which needs `change` and `owner`; write both anew,
        and its scope. Managers only; 409 for a step that does not exist, and for `no_effect` unless that was
        measured."""
        lesson = self.get_object()
        said = self.read(shapes.LessonStep)
        if self.asker.pk is not None and not self.asker.is_manager:
            raise NotAllowed("Only managers decide what becomes of a lesson.")
        by = acting_person(request, said.pop("by"), is_required=False)
        who: dict[str, Any] = {"by": by, "key": acting_key(request), "at": timezone.now()}
        if "status" in said:
            return self.show(learning.put(lesson=lesson, **who, **said))
        learning.revise(lesson=lesson, facts=said["facts"], note=said["note"], **who)
        return self.show(lesson)

    @extend_schema(
        parameters=[OpenApiParameter("whom", enum=ReportBack.Whom.values, default=ReportBack.Whom.LINKED.value)],
        responses=shapes.AudienceShape,
        filters=False,
    )
    @action(detail=True, methods=["get"], filterset_class=None, pagination_class=None)
    def audience(self, request: Request, pk: str) -> Response:
        """Who would be told now what came of it: those whose answers it came from, or with `whom=cause` everybody with
        its root cause. For whoever may tell them."""
        lesson = self._to_be_told()
        refuse_unknown(request, {"whom", "format"})
        whom = request.query_params.get("whom", ReportBack.Whom.LINKED)
        if whom not in ReportBack.Whom.values:
            raise ValidationError({"whom": [f"One of {', '.join(ReportBack.Whom.values)}."]})
        return self.show(audience_of(lesson, whom, timezone.now()), shape=shapes.AudienceShape)  # type: ignore[arg-type]

    @extend_schema(request=shapes.TellBody, responses={201: shapes.ReportBackShape})
    @action(detail=True, methods=["post"])
    def tell(self, request: Request, pk: str) -> Response:
        """“You told us, we changed”: mail each of them once. For its owner, a lead of its team, a manager; 409 where it
        is not in place (`not_in_place`), nobody is left (`nobody`) or others would be told than `shown`
        (`audience_changed`)."""
        lesson = self._to_be_told()
        said = self.read(shapes.TellBody)
        by = acting_person(request, said.pop("by"), is_required=False)
        try:
            made = reporting_back.report_back(lesson=lesson, by=by, at=timezone.now(), **said)
        except InvalidInput as error:
            error.field = f"texts/{error.field}" if said["texts"] else "texts"
            raise
        return self.show(made, status=201, shape=shapes.ReportBackShape)

    def _to_be_told(self) -> Lesson:
        lesson: Lesson = self.get_object()
        if self.asker.pk is not None and not may_tell(self.asker, lesson):
            raise NotAllowed("Its owner, a lead of its team or a manager tells customers what came of a lesson.")
        return lesson


class RootCauseViewSet(ReadViewSet):
    queryset = RootCause.objects.all()
    serializer_class = shapes.RootCauseShape
    filterset_class = RootCauseFilter
