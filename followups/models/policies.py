"""Which follow-ups are due when, and who may be given them. A change makes a new version; old ones stand."""

from django.db import models
from django.db.models import F, Q


class PolicyQuerySet(models.QuerySet["Policy"]):
    def current(self) -> "PolicyQuerySet":
        return self.filter(is_current=True)


class Policy(models.Model):
    slug = models.SlugField(max_length=60)
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    name = models.CharField(max_length=120)
    min_score = models.PositiveSmallIntegerField()
    max_score = models.PositiveSmallIntegerField()
    covers_key_accounts = models.BooleanField(
        default=False, help_text="Every score up to the threshold of a key account falls under this policy."
    )
    first_contact_hours = models.DecimalField(max_digits=5, decimal_places=2, help_text="Working hours.")
    close_days = models.PositiveSmallIntegerField(help_text="Working days.")
    attempts_needed = models.PositiveSmallIntegerField(default=3, help_text="Before “could not reach” is allowed.")
    attempt_days_needed = models.PositiveSmallIntegerField(default=2)
    channels_needed = models.PositiveSmallIntegerField(default=2)
    next_try_hours = models.DecimalField(
        max_digits=5, decimal_places=2, default=4, help_text="Working hours from a failed attempt to the next try."
    )
    second_clock_hours = models.DecimalField(
        max_digits=5, decimal_places=2, default=8, help_text="Working hours overdue before a manager is told."
    )
    tells_lead_at_once = models.BooleanField(default=False)
    allows_rated_agent = models.BooleanField(default=False)
    uses_any_team = models.BooleanField(
        default=True, help_text="Where the owning team has nobody on shift, any team may help."
    )
    fallback_teams = models.ManyToManyField("nps.Team", blank=True, related_name="+")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("nps.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "policies"
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="policy_version_once"),
            models.UniqueConstraint(fields=["slug"], condition=Q(is_current=True), name="policy_one_current"),
            models.CheckConstraint(
                condition=Q(max_score__lte=10, min_score__lte=F("max_score")), name="policy_score_range"
            ),
            models.CheckConstraint(
                condition=Q(first_contact_hours__gt=0, close_days__gt=0, attempts_needed__gt=0),
                name="policy_positive",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"
