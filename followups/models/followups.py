"""The outreach follow-up: one per answer of 8 or below."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from nps.survey.models import SurveyDecision


class Outcome(models.TextChoices):
    SOLVED = "solved", "Solved for the customer"
    BETTER = "better", "Better, work continues"
    EXPLAINED = "explained", "Explained, cannot change it"
    PROMISED = "promised", "Promise made"
    ESCALATED = "escalated", "Escalated"
    NO_CONTACT = "no_contact", "No contact wanted"
    NOT_REACHED = "not_reached", "Could not reach"
    WRONG_CONTACT = "wrong_contact", "Wrong contact"
    NOT_GIVEN = "not_given", "Not given by the customer"
    DUPLICATE = "duplicate", "Duplicate"


UNCLOSED = ("open", "assigned", "in_progress")


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def unclosed(self) -> "FollowUpQuerySet":
        return self.filter(status__in=UNCLOSED)

    def waiting(self) -> "FollowUpQuerySet":
        """Not yet anybody's."""
        return self.filter(status="open")

    def awake(self, at: datetime) -> "FollowUpQuerySet":
        return self.filter(Q(snoozed_until__isnull=True) | Q(snoozed_until__lte=at))

    def snoozed(self, at: datetime) -> "FollowUpQuerySet":
        return self.unclosed().filter(snoozed_until__gt=at)

    def overdue(self, at: datetime) -> "FollowUpQuerySet":
        return self.unclosed().filter(due_at__lt=at)

    def visible_to(self, user) -> "FollowUpQuerySet":
        """Agents: their own and the unassigned of their teams. Leads: their whole teams. Managers, auditors: all."""
        if user.sees_everything:
            return self
        mine = Q(assignee_id=user.pk) | Q(team_id__in=user.team_ids, assignee__isnull=True)
        if user.led_team_ids:
            mine |= Q(team_id__in=user.led_team_ids)
        return self.filter(mine)

    def asking_again(self) -> "FollowUpQuerySet":
        """Closed with a day on which the customer is to be asked again, and not asked yet."""
        return self.filter(status="closed", ask_again_on__isnull=False, asked_again__isnull=True, not_asked_again="")

    def in_queue_order(self) -> "FollowUpQuerySet":
        """Most urgent first: due soonest (so longest overdue on top), then the lower score."""
        return self.order_by("due_at", "score", "pk")


class FollowUp(models.Model):
    class Status(models.TextChoices):
        OPEN = "open", "Nobody’s yet"
        ASSIGNED = "assigned", "Assigned"
        IN_PROGRESS = "in_progress", "In progress"
        CLOSED = "closed", "Closed"
        CANCELLED = "cancelled", "Cancelled"

    class LessonKind(models.TextChoices):
        NONE = "", "—"
        NEW = "new", "New lesson"
        KNOWN = "known", "Known lesson"
        NOTHING_NEW = "nothing_new", "Nothing new"

    class About(models.TextChoices):
        NOT_SAID = "", "—"
        PRODUCT = "product", "The product"
        PRICE = "price", "The price"

    class Escalation(models.IntegerChoices):
        NONE = 0, "—"
        DUE_SOON = 1, "Due soon: agent told"
        LEAD = 2, "Lead told"
        MANAGER = 3, "Manager told"

    response = models.OneToOneField("nps.Response", on_delete=models.PROTECT, related_name="+")
    policy = models.ForeignKey("followups.Policy", on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey("nps.Customer", on_delete=models.PROTECT, related_name="+", db_index=False)
    account = models.ForeignKey("nps.Account", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    team = models.ForeignKey("nps.Team", on_delete=models.PROTECT, related_name="+")
    rated_agent = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    score = models.PositiveSmallIntegerField(help_text="As last given; every correction is kept with the answer.")
    language = models.CharField(max_length=10, default="en")
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    assignee = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="followups", db_index=False
    )
    version = models.PositiveIntegerField(default=1)
    opened_at = models.DateTimeField()
    first_contact_due_at = models.DateTimeField()
    close_due_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="The next thing to do is due; the queue is sorted by this.")
    assigned_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField("first contact at", null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    attempts_made = models.PositiveIntegerField(default=0)
    hand_overs = models.PositiveSmallIntegerField(
        default=0,
        help_text="Times it went on untouched at the end of a shift, since a person last gave it to somebody.",
    )
    escalation = models.PositiveSmallIntegerField(choices=Escalation, default=Escalation.NONE)
    is_repeat_detractor = models.BooleanField(default=False, help_text="A second score of 6 or below within 180 days.")
    has_nobody_eligible = models.BooleanField(default=False, help_text="At the last look nobody could be given this.")
    outcome = models.CharField(max_length=14, choices=Outcome, blank=True, default="")
    outcome_note = models.TextField(blank=True, default="")
    confirmed_by = models.ForeignKey(
        "nps.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The second person who confirms “not given by the customer”.",
        db_index=False,
    )
    second_asked_at = models.DateTimeField(
        "second person asked at",
        null=True,
        blank=True,
        help_text="Since when “not given by the customer” waits for a second person; it is not closed before.",
    )
    root_cause = models.ForeignKey(
        "followups.RootCause",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followups",
        db_index=False,
    )
    lesson_kind = models.CharField(max_length=12, choices=LessonKind, blank=True, default="")
    lesson = models.ForeignKey(
        "followups.Lesson",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="followups",
        db_index=False,
    )
    about = models.CharField(
        "said to be about",
        max_length=7,
        choices=About,
        blank=True,
        default="",
        help_text="Said by whoever works on it; the answer carries it, or what the root cause says.",
    )
    about_by = models.ForeignKey(
        "nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    about_at = models.DateTimeField(null=True, blank=True)
    ask_again_on = models.DateField(null=True, blank=True)
    asked_again = models.OneToOneField(
        "nps.Invitation",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="The question of that day; its answer says whether it helped.",
    )
    not_asked_again = models.CharField(
        "why not asked again", max_length=20, choices=SurveyDecision.Reason, blank=True, default=""
    )

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = "follow-up"
        constraints = [
            models.CheckConstraint(condition=Q(score__lte=10), name="followup_score"),
            models.CheckConstraint(
                condition=Q(status__in=["closed", "cancelled"])
                | Q(outcome="", lesson_kind="", closed_at__isnull=True, closed_by__isnull=True),
                name="followup_open_has_no_ending",
            ),
            models.CheckConstraint(condition=Q(outcome__in=["", *Outcome.values]), name="followup_outcome"),
            models.CheckConstraint(
                condition=Q(status="open", assignee__isnull=True)
                | Q(status__in=["assigned", "in_progress", "closed"], assignee__isnull=False)
                | Q(status="cancelled"),
                name="followup_assignee_by_status",
            ),
            models.CheckConstraint(
                condition=~Q(status="closed")
                | (Q(root_cause__isnull=False, closed_at__isnull=False) & ~Q(outcome="") & ~Q(lesson_kind="")),
                name="followup_closed_is_complete",
            ),
            models.CheckConstraint(
                condition=Q(lesson_kind__in=["new", "known"], lesson__isnull=False)
                | Q(lesson_kind__in=["", "nothing_new"], lesson__isnull=True),
                name="followup_lesson_by_kind",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="not_given") | Q(confirmed_by__isnull=False), name="followup_not_given_confirmed"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_by__isnull=True) | Q(closed_by__isnull=True) | ~Q(confirmed_by=F("closed_by")),
                name="followup_second_person",
            ),
            models.CheckConstraint(
                condition=Q(second_asked_at__isnull=True) | ~Q(status__in=["closed", "cancelled"]),
                name="followup_second_asked",
            ),
            models.CheckConstraint(
                condition=Q(about="", about_at__isnull=True, about_by__isnull=True)
                | Q(about__in=["product", "price"], about_at__isnull=False, about_by__isnull=False),
                name="followup_about_by",
            ),
        ]
        indexes = [
            models.Index(
                fields=["assignee", "due_at", "score", "id"],
                name="followup_mine",
                condition=Q(status__in=list(UNCLOSED)),
            ),
            models.Index(
                fields=["team", "due_at", "score", "id"],
                name="followup_team",
                condition=Q(status__in=list(UNCLOSED)),
            ),
            models.Index(
                fields=["due_at", "score", "id"],
                name="followup_due",
                condition=Q(status__in=list(UNCLOSED)),
            ),
            models.Index(fields=["opened_at"], name="followup_waiting", condition=Q(status="open")),
            models.Index(fields=["-opened_at"], include=["root_cause"], name="followup_by_time"),
            models.Index(fields=["customer", "-opened_at"], name="followup_of_customer"),
            # What an answer just opened has none of: every index more is paid for while the customer waits.
            models.Index(
                fields=["assignee", "-assigned_at"], name="followup_assignee", condition=Q(assignee__isnull=False)
            ),
            *(
                models.Index(fields=[name], name=f"followup_{name}", condition=Q(**{f"{name}__isnull": False}))
                for name in ("closed_by", "confirmed_by", "about_by", "root_cause", "lesson")
            ),
            models.Index(fields=["-closed_at"], name="followup_closed", condition=Q(status="closed")),
            models.Index(
                fields=["ask_again_on"],
                name="followup_ask_again",
                condition=Q(status="closed", ask_again_on__isnull=False, asked_again__isnull=True, not_asked_again=""),
            ),
        ]

    def __str__(self) -> str:
        return f"Follow-up {self.pk}"

    @property
    def is_unclosed(self) -> bool:
        return self.status in UNCLOSED
