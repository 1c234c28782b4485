"""The follow-ups' REST door: the queue, and every act on one follow-up."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from followups.access import leads, may_give
from followups.api import shapes
from followups.models import Confirmation, FollowUp, HistoryEntry, Outcome
from followups.services import assigning, attributing, closing, confirming, reaching_out, snoozing
from followups.services.moving import ChangedMeanwhile, what_happened
from nps.desk.api.acting import acting_person
from nps.desk.api.fields import Body
from nps.desk.api.filters import AnyOf, FlagFilter, IdFilter, InstantFilter, ScoreFilter, SlugFilter
from nps.desk.api.viewsets import ReadViewSet
from nps.desk.models import User
from nps.errors import Conflict, InvalidInput, NotAllowed

#: How the verbs name a field -> the JSON pointer of this door, without its first slash.
POINTERS = {
    ("lesson", "too_short"): "lesson_text",
    ("promise_due_on", "invalid"): "promise/due_on",
    **{("subject", code): "mail/subject" for code in ("required", "line_break")},
    ("body", "required"): "mail/body",
}


@contextmanager
def pointing() -> Iterator[None]:
    """Refusals name the fields of the body."""
    try:
        yield
    except InvalidInput as error:
        error.field = POINTERS.get((error.field, error.code), error.field)
        raise


class FollowUpFilter(django_filters.FilterSet):
    status = AnyOf(choices=FollowUp.Status.choices)
    assignee = IdFilter(field_name="assignee_id")
    team = SlugFilter()
    customer = IdFilter(field_name="customer_id")
    account = IdFilter(field_name="account_id")
    response = IdFilter(field_name="response_id")
    ticket = IdFilter(field_name="response__resolution__ticket_id")
    rated_agent = IdFilter(field_name="rated_agent_id")
    root_cause = SlugFilter()
    lesson = IdFilter(field_name="lesson_id")
    outcome = AnyOf(choices=Outcome.choices)
    about = AnyOf(choices=FollowUp.About.choices[1:])
    overdue = FlagFilter(method="by_overdue")
    to_confirm = FlagFilter(field_name="second_asked_at", lookup_expr="isnull", exclude=True)
    score = ScoreFilter()
    score_min = ScoreFilter(field_name="score", lookup_expr="gte")
    score_max = ScoreFilter(field_name="score", lookup_expr="lte")
    opened_at_after = InstantFilter(field_name="opened_at", lookup_expr="gte")
    opened_at_before = InstantFilter(field_name="opened_at", lookup_expr="lt")
    due_at_before = InstantFilter(field_name="due_at", lookup_expr="lt")
    closed_at_after = InstantFilter(field_name="closed_at", lookup_expr="gte")
    closed_at_before = InstantFilter(field_name="closed_at", lookup_expr="lt")

    def by_overdue(self, rows: QuerySet[FollowUp], name: str, value: bool) -> QuerySet[FollowUp]:
        late = FollowUp.objects.overdue(timezone.now())
        return rows & late if value else rows.exclude(pk__in=late.values("pk"))


class FollowUpViewSet(ReadViewSet):
    queryset = FollowUp.objects.select_related("policy", "customer", "response__resolution")
    serializer_class = shapes.FollowUpShape
    filterset_class = FollowUpFilter
    ordering_fields = ("id", "due_at", "score", "opened_at")
    write_scope = "followups:write"

    def visible(self, rows: QuerySet[FollowUp]) -> QuerySet[FollowUp]:
        rows = rows.visible_to(self.asker)  # type: ignore[attr-defined]
        return rows.prefetch_related("promises") if self.action in ("list", "retrieve") else rows

    @extend_schema(request=shapes.AssignBody)
    @action(detail=True, methods=["post"])
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to a person, whoever has it now. Agents may pass on what is theirs; leads and managers anything."""
        follow_up, said, by = self._act(shapes.AssignBody, is_required=False)
        self._may_give(follow_up, said["to"])
        return self._shown(assigning.hand_over(follow_up=follow_up, by=by, at=timezone.now(), **said))

    @extend_schema(request=shapes.ClaimBody)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, pk: str) -> Response:
        """Take one that nobody has. 409 if another was quicker, 403 for the person the score was about."""
        follow_up, said, agent = self._act(shapes.ClaimBody, field="agent")
        return self._shown(assigning.claim(follow_up=follow_up, by=agent, at=timezone.now(), **said))

    @extend_schema(request=shapes.ByBody)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str) -> Response:
        """Give it back to nobody; it is assigned anew at once."""
        follow_up, said, by = self._act(shapes.ByBody)
        return self._shown(assigning.release(follow_up=follow_up, by=by, at=timezone.now(), **said))

    @extend_schema(request=shapes.ByBody)
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Whoever was handed it has seen it; again is the same. 403 for anybody else."""
        follow_up, said, by = self._act(shapes.ByBody)
        self._expect(follow_up, said)
        assigning.acknowledge(follow_up=follow_up, by=by, at=timezone.now())
        return self._shown(follow_up)

    @extend_schema(methods=["GET"], responses=shapes.AttemptShape(many=True), filters=False)
    @extend_schema(methods=["POST"], request=shapes.AttemptBody, responses={201: shapes.LoggedAttemptShape})
    @action(detail=True, methods=["get", "post"], filterset_class=None, ordering_fields=("id",))
    def attempts(self, request: Request, pk: str) -> Response:
        """The tries to reach the customer, newest first; POST logs one. On one that nobody has, it takes it too. With
        `mail` that e-mail is sent: 409 `not_to_be_mailed` where the customer wants none or has no address."""
        if request.method != "POST":
            return self.show_page(self.get_object().attempts.select_related("letter"), shapes.AttemptShape)
        follow_up, said, by = self._act(shapes.AttemptBody)
        with pointing():
            attempt = reaching_out.log_attempt(follow_up=follow_up, by=by, at=timezone.now(), **said)
        return self.show(attempt, status=201, shape=shapes.LoggedAttemptShape)

    @extend_schema(request=shapes.SnoozeBody)
    @action(detail=True, methods=["post"])
    def snooze(self, request: Request, pk: str) -> Response:
        """Hide it until a moment ahead; no deadline moves."""
        follow_up, said, by = self._act(shapes.SnoozeBody)
        return self._shown(snoozing.snooze(follow_up=follow_up, by=by, at=timezone.now(), **said))

    @extend_schema(request=shapes.CloseBody)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Close it with its outcome, its root cause and what was learned. `not_given` does not close it yet: a lead or
        manager is asked, and `confirm` closes it."""
        follow_up, said, by = self._act(shapes.CloseBody)
        promise = said.pop("promise")
        if promise is not None:
            promise = closing.PromiseMade(**{**promise, "owner": promise["owner"] or by})
        with pointing():
            closed = closing.close(follow_up=follow_up, by=by, at=timezone.now(), promise=promise, **said)
        return self._shown(closed)

    @extend_schema(responses=shapes.ConfirmationShape(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def confirmations(self, request: Request, pk: str) -> Response:
        """What a second person was asked, newest first; the pending one keeps it open."""
        return self.show_page(self.get_object().confirmations.all(), shapes.ConfirmationShape)

    @extend_schema(request=shapes.ByBody)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """A second person says that the customer did not give this answer: it is closed as was asked. A lead of its
        team or a manager, neither whoever asked (403 `same_person`) nor the rated person; 409 if nothing waits."""
        follow_up, said, by = self._act(shapes.ByBody)
        self._expect(follow_up, said)
        return self._shown(confirming.confirm(confirmation=self._asked(follow_up), by=by, at=timezone.now()))

    @extend_schema(request=shapes.DeclineBody)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, pk: str) -> Response:
        """A second person says no, and why: it stays open, due as before."""
        follow_up, said, by = self._act(shapes.DeclineBody)
        self._expect(follow_up, said)
        return self._shown(
            confirming.decline(confirmation=self._asked(follow_up), by=by, at=timezone.now(), answer=said["answer"])
        )

    @extend_schema(request=shapes.ByBody)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the question to a second person back."""
        follow_up, said, by = self._act(shapes.ByBody)
        self._expect(follow_up, said)
        return self._shown(confirming.withdraw(confirmation=self._asked(follow_up), by=by, at=timezone.now()))

    @extend_schema(request=shapes.AboutBody)
    @action(detail=True, methods=["post"])
    def about(self, request: Request, pk: str) -> Response:
        """Say that this score was about the product or the price, or take that back. Nothing is deleted and no score
        changes: figures show such answers apart. 403 for the person the score was about."""
        follow_up, said, by = self._act(shapes.AboutBody)
        if not said["about"]:
            said.pop("about")
            return self._shown(attributing.take_back(follow_up=follow_up, by=by, at=timezone.now(), **said))
        return self._shown(attributing.say_about(follow_up=follow_up, by=by, at=timezone.now(), **said))

    @extend_schema(request=shapes.ReopenBody)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, pk: str) -> Response:
        """Open a closed or cancelled one again. Leads and managers only."""
        follow_up, said, by = self._act(shapes.ReopenBody, is_for_leads=True)
        return self._shown(closing.reopen(follow_up=follow_up, by=by, at=timezone.now(), **said))

    @extend_schema(request=shapes.CancelBody)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Take it out of the queue with a reason. Leads and managers only."""
        follow_up, said, by = self._act(shapes.CancelBody, is_for_leads=True)
        return self._shown(closing.cancel(follow_up=follow_up, by=by, at=timezone.now(), **said))

    @extend_schema(responses=shapes.HistoryShape(many=True), filters=False)
    @action(detail=True, filterset_class=None, ordering_fields=("id",))
    def history(self, request: Request, pk: str) -> Response:
        """What happened to it, newest first."""
        return self.show_page(HistoryEntry.objects.filter(follow_up=self.get_object()), shapes.HistoryShape)

    def _act(
        self, body: type[Body], *, field: str = "by", is_required: bool = True, is_for_leads: bool = False
    ) -> tuple[FollowUp, dict[str, Any], Any]:
        """The follow-up, what was said about it, and who acts."""
        follow_up = self.get_object()
        user = self.asker
        if is_for_leads and user.pk is not None and not leads(user, follow_up):
            raise NotAllowed("Only a lead of its team or a manager may do this.")
        said = self.read(body)
        by = acting_person(self.request, said.pop(field), field=field, is_required=is_required)
        if by is not None:
            assigning.refuse_outsider(by, field=field)
            if is_for_leads and not leads(by, follow_up):
                raise NotAllowed("Only a lead of its team or a manager may do this.", field=field)
        return follow_up, said, by

    def _asked(self, follow_up: FollowUp) -> Confirmation:
        """The latest question about it; Conflict where there was none."""
        asked = follow_up.confirmations.select_related("asked_by", "root_cause", "lesson").order_by("-pk").first()
        if asked is None:
            raise Conflict("No second person was asked about this follow-up.", code="not_asked")
        asked.follow_up = follow_up
        return asked

    @staticmethod
    def _expect(follow_up: FollowUp, said: dict[str, Any]) -> None:
        expected = said.pop("expected_version")
        if expected is not None and expected != follow_up.version:
            raise ChangedMeanwhile(follow_up, what_happened(follow_up, since_version=expected))

    def _may_give(self, follow_up: FollowUp, to: User) -> None:
        if self.asker.pk is not None and not may_give(self.asker, follow_up, to):
            raise NotAllowed("You may pass on what is yours, and take what nobody has.", field="to")

    def _shown(self, follow_up: FollowUp) -> Response:
        # Not through the asker's own view: who passes it on may not see it any more.
        whole = FollowUp.objects.select_related("policy", "response__resolution")
        whole = whole.prefetch_related("promises")
        return self.show(whole.get(pk=follow_up.pk))
