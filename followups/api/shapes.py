"""The follow-ups' REST door: what goes in and what comes out."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from followups import effect_reports
from followups.models import (
    Attempt,
    Confirmation,
    FollowUp,
    HistoryEntry,
    Lesson,
    LessonEntry,
    Letter,
    Measurement,
    Outcome,
    Policy,
    Promise,
    ReportBack,
    RootCause,
)
from followups.models.letters import LONGEST_BODY, LONGEST_SUBJECT
from followups.models.report_backs import LONGEST_TEXT
from followups.services.learning import LONGEST
from followups.services.writing import Written
from nps.desk.api.fields import Body, Id, Instant, Language, Ref, SlugRef, Text
from nps.desk.api.ticket_shapes import ActiveUser, Responsible
from nps.desk.models import Product, Team


class PolicyShape(serializers.ModelSerializer):
    class Meta:
        model = Policy
        fields = ["slug", "version"]
        read_only_fields = fields


class PromiseShape(serializers.ModelSerializer):
    class Meta:
        model = Promise
        fields = ["id", "text", "due_on", "owner", "made_at", "kept_at", "broken_at"]
        read_only_fields = fields


class ConfirmationShape(serializers.ModelSerializer):
    """What was asked of a second person: “not given by the customer”."""

    class Meta:
        model = Confirmation
        fields = ["id", "state", "asked_by", "asked_at", "reason", "root_cause", "decided_by", "decided_at", "answer"]
        read_only_fields = fields


class FollowUpShape(serializers.ModelSerializer):
    ticket = serializers.IntegerField(source="response.resolution.ticket_id", read_only=True, allow_null=True)
    comment = serializers.CharField(source="response.comment", read_only=True)
    contact_choice = serializers.CharField(source="response.contact_choice", read_only=True)
    policy = PolicyShape(read_only=True)
    promises = PromiseShape(many=True, read_only=True)
    outcome = serializers.ChoiceField([("", "Not closed"), *Outcome.choices], read_only=True)

    class Meta:
        model = FollowUp
        fields = [
            "id", "version", "status", "assignee", "score", "comment", "contact_choice", "response", "ticket",
            "customer", "account", "team", "rated_agent", "language", "policy", "opened_at", "assigned_at",
            "acknowledged_at", "first_contact_due_at", "close_due_at", "due_at", "snoozed_until", "reached_at",
            "closed_at", "closed_by", "attempts_made", "escalation", "is_repeat_detractor", "has_nobody_eligible",
            "outcome", "outcome_note", "second_asked_at", "confirmed_by", "root_cause", "lesson_kind", "lesson",
            "about", "about_by", "about_at", "ask_again_on", "asked_again", "not_asked_again", "promises",
        ]  # fmt: skip
        read_only_fields = fields


class LetterShape(serializers.ModelSerializer):
    """The e-mail of an attempt, and what became of it."""

    state = serializers.ChoiceField(Letter.State.choices, read_only=True)

    class Meta:
        model = Letter
        fields = ["subject", "body", "language", "recipient", "state", "leaves_at", "sent_at", "why"]
        read_only_fields = fields


class AttemptShape(serializers.ModelSerializer):
    mail = LetterShape(source="letter", read_only=True, allow_null=True, default=None)

    class Meta:
        model = Attempt
        fields = ["id", "follow_up", "via", "result", "at", "by", "note", "undone_at", "mail"]
        read_only_fields = fields


class LoggedAttemptShape(AttemptShape):
    """The attempt, and what it made of the follow-up."""

    status = serializers.CharField(source="follow_up.status", read_only=True)
    version = serializers.IntegerField(source="follow_up.version", read_only=True)
    due_at = serializers.DateTimeField(source="follow_up.due_at", read_only=True)

    class Meta(AttemptShape.Meta):
        fields = [*AttemptShape.Meta.fields, "status", "version", "due_at"]
        read_only_fields = fields


class HistoryShape(serializers.ModelSerializer):
    detail = serializers.DictField(read_only=True)

    class Meta:
        model = HistoryEntry
        fields = ["id", "at", "actor", "verb", "from_status", "to_status", "sentence", "detail"]
        read_only_fields = fields


class MeasurementShape(serializers.ModelSerializer):
    """Cases of the lesson's cause out of the resolutions in its scope, before it was put in place and since."""

    class Meta:
        model = Measurement
        fields = [
            "measured_on", "in_place_on", "scope", "verdict", "sentence", "is_controlled", "before_carried",
            "before_resolved", "after_carried", "after_resolved", "difference", "low", "high",
        ]  # fmt: skip
        read_only_fields = fields


class LessonShape(serializers.ModelSerializer):
    measured = serializers.SerializerMethodField()
    told_customers = serializers.SerializerMethodField(help_text="How many were told what was changed.")
    told_at = serializers.SerializerMethodField(help_text="When the latest of them were.")

    def get_told_customers(self, lesson: Lesson) -> int:
        return getattr(lesson, "told_count", None) or 0

    def get_told_at(self, lesson: Lesson) -> datetime | None:
        return getattr(lesson, "told_at", None)

    @extend_schema_field(MeasurementShape(allow_null=True))
    def get_measured(self, lesson: Lesson) -> dict[str, Any] | None:
        row = effect_reports.current(lesson)
        return None if row is None else dict(MeasurementShape(row).data)

    class Meta:
        model = Lesson
        fields = [
            "id", "text", "root_cause", "status", "change", "owner", "team", "product", "in_place_on", "effect",
            "measured", "told_customers", "told_at", "times_seen", "created_at", "created_by",
        ]  # fmt: skip
        read_only_fields = fields


class LessonEntryShape(serializers.ModelSerializer):
    """One step of a lesson: who, when, from which status to which, and why."""

    key = serializers.CharField(
        source="key.name", read_only=True, allow_null=True, default=None, help_text="Of the program that did it."
    )
    detail = serializers.DictField(read_only=True)

    class Meta:
        model = LessonEntry
        fields = ["id", "at", "actor", "key", "verb", "from_status", "to_status", "sentence", "note", "detail"]
        read_only_fields = fields


class WholeLessonShape(LessonShape):
    """One lesson with every step it took, oldest first."""

    history = serializers.SerializerMethodField()

    @extend_schema_field(LessonEntryShape(many=True))
    def get_history(self, lesson: Lesson) -> list[dict[str, Any]]:
        steps = lesson.history.select_related("key").order_by("at", "pk")
        return list(LessonEntryShape(steps, many=True).data)

    class Meta(LessonShape.Meta):
        fields = [*LessonShape.Meta.fields, "history"]
        read_only_fields = fields


class ListenerShape(serializers.Serializer):
    customer = serializers.IntegerField(source="follow_up.customer_id")
    follow_up = serializers.IntegerField(source="follow_up.pk", help_text="Of the answer that the mail speaks of.")
    language = serializers.CharField()
    why_not = serializers.CharField(help_text="In words; empty for whoever is told.")


class AudienceShape(serializers.Serializer):
    """Who would be told, and who not and why."""

    mark = serializers.CharField(help_text="Send it as `shown`: 409 if somebody else would be told by then.")
    languages = serializers.DictField(child=serializers.IntegerField(), help_text="Language -> how many hear it.")
    told = ListenerShape(many=True)
    not_told = ListenerShape(many=True)


class ReportBackShape(serializers.ModelSerializer):
    queued = serializers.SerializerMethodField(help_text="How many are told.")

    def get_queued(self, made: ReportBack) -> int:
        return made.mails.count()

    class Meta:
        model = ReportBack
        fields = ["id", "lesson", "whom", "texts", "by", "at", "queued"]
        read_only_fields = fields


class TellBody(Body):
    texts = serializers.DictField(
        child=Text(max_length=LONGEST_TEXT),
        help_text="Language -> what was changed, in a sentence or two. Who speaks none of them is not told.",
    )
    whom = serializers.ChoiceField(ReportBack.Whom.choices, default=ReportBack.Whom.LINKED)
    shown = Text(max_length=40, default="", help_text="The `mark` of the audience that was looked at.")
    by = ActiveUser(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["shown"] = attrs["shown"] or None
        return attrs


class RootCauseShape(serializers.ModelSerializer):
    class Meta:
        model = RootCause
        fields = ["id", "parent", "slug", "name", "attributable_to", "position", "is_active"]
        read_only_fields = fields


class ActBody(Body):
    """An act on one follow-up. With `version`: 409 `changed_meanwhile` if that is not the present one."""

    version = Id(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["expected_version"] = attrs.pop("version")
        return attrs


class ByBody(ActBody):
    by = ActiveUser(default=None, allow_null=True, help_text="Who does it; a key has to say.")


class AssignBody(ByBody):
    to = Responsible()
    note = Text(max_length=500, default="")


class ClaimBody(ActBody):
    agent = ActiveUser(default=None, allow_null=True, help_text="Who takes it; a key has to say.")


class MailBody(Body):
    """An e-mail to the customer, as it is to be sent."""

    subject = Text(max_length=LONGEST_SUBJECT, help_text="One line.")
    body = Text(max_length=LONGEST_BODY, help_text="Plain text.")
    language = Language(default="", help_text="Of its words; that of the follow-up unless given.")

    def validate(self, attrs: dict[str, Any]) -> Written:
        return Written(**attrs)


class AttemptBody(ByBody):
    via = serializers.ChoiceField(Attempt.Via.choices)
    result = serializers.ChoiceField(Attempt.Result.choices)
    note = Text(default="")
    mail = MailBody(
        default=None,
        allow_null=True,
        help_text="With `via` email and `result` emailed: this is sent to the customer, a few seconds later.",
    )


class SnoozeBody(ByBody):
    until = Instant()


class PromiseBody(Body):
    text = Text(max_length=LONGEST)
    due_on = serializers.DateField()
    owner = Responsible(default=None, allow_null=True, help_text="Who keeps it: whoever closes unless given.")


class CloseBody(ByBody):
    outcome = serializers.ChoiceField(Outcome.choices)
    root_cause = SlugRef(RootCause, only={"is_active": True})
    lesson_kind = serializers.ChoiceField([choice for choice in FollowUp.LessonKind.choices if choice[0]])
    lesson_text = Text(max_length=LONGEST, default="", help_text="Of a new lesson: one full sentence.")
    lesson = Ref(Lesson, default=None, allow_null=True, help_text="The known lesson.")
    note = Text(default="")
    promise = PromiseBody(default=None, allow_null=True)
    ask_again_on = serializers.DateField(default=None, allow_null=True)


class AboutBody(ByBody):
    about = serializers.ChoiceField(
        [*FollowUp.About.choices[1:], ("", "Nothing said")],
        allow_blank=True,
        help_text="`product` or `price`; an empty text takes back what was said.",
    )


class DeclineBody(ByBody):
    answer = Text(max_length=LONGEST, help_text="Why it stays open.")


class ReopenBody(ByBody):
    reason = Text(max_length=500, default="")


class CancelBody(ByBody):
    reason = Text(max_length=500)


class LessonBody(Body):
    text = Text(max_length=LONGEST)
    root_cause = SlugRef(RootCause, only={"is_active": True})
    change = Text(max_length=LONGEST, default="")
    owner = Responsible(default=None, allow_null=True)
    team = SlugRef(Team, default=None, allow_null=True, help_text="Scope; null means all.")
    product = SlugRef(Product, default=None, allow_null=True, help_text="Scope; null means all.")
    by = ActiveUser(default=None, allow_null=True)


class LessonStep(Body):
    """A step, what is to be written anew, or both at once."""

    status = serializers.ChoiceField(Lesson.Status.choices, required=False)
    in_place_on = serializers.DateField(required=False, help_text="With in_place; today unless given.")
    change = Text(max_length=LONGEST, required=False, allow_blank=True, help_text="What is changed; in_place needs it.")
    owner = Responsible(required=False, allow_null=True, help_text="Who answers for the change; in_place needs one.")
    team = SlugRef(Team, required=False, allow_null=True, help_text="Scope; null means all.")
    product = SlugRef(Product, required=False, allow_null=True, help_text="Scope; null means all.")
    note = Text(max_length=LONGEST, default="", help_text="Why; it stands in the history.")
    by = ActiveUser(default=None, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs["facts"] = {name: attrs.pop(name) for name in ("change", "owner", "team", "product") if name in attrs}
        if "status" not in attrs and not attrs["facts"]:
            raise serializers.ValidationError({"status": ["Send a status, or what is to be written anew."]})
        if "status" not in attrs and attrs.get("in_place_on") is not None:
            raise serializers.ValidationError({"in_place_on": ["A day goes with the status in_place only."]})
        return attrs
