"""Which follow-ups are due when, and who may be given them. A change makes a new version; old ones stand."""

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

# Beyond these no promise means anything, and far beyond them a deadline falls past the last date there is.
MOST_HOURS, MOST_DAYS, MOST_ATTEMPTS, MOST_CHANNELS = 1000, 365, 50, 4
AT_MOST_HOURS = MaxValueValidator(MOST_HOURS, f"At most {MOST_HOURS} hours.")
SOME_HOURS = MinValueValidator(Decimal("0.01"), "More than 0 hours.")
NO_LESS_THAN_0_HOURS = MinValueValidator(0, "0 hours or more.")


class PolicyQuerySet(models.QuerySet["Policy"]):
    def current(self) -> "PolicyQuerySet":
        return self.filter(is_current=True)


class Policy(models.Model):
    slug = models.SlugField(max_length=60, db_index=False)
    version = models.PositiveIntegerField(default=1)
    is_current = models.BooleanField(default=True)
    name = models.CharField(max_length=120)
    min_score = models.PositiveSmallIntegerField()
    max_score = models.PositiveSmallIntegerField()
    covers_key_accounts = models.BooleanField(
        default=False, help_text="Every score up to the threshold of a key account falls under this policy."
    )
    first_contact_hours = models.DecimalField(
        max_digits=5, decimal_places=2, validators=[SOME_HOURS, AT_MOST_HOURS], help_text="Working hours."
    )
    close_days = models.PositiveSmallIntegerField(
        validators=[
            MinValueValidator(1, "At least 1 day."),
            MaxValueValidator(MOST_DAYS, f"At most {MOST_DAYS} days."),
        ],
        help_text="Working days.",
    )
    attempts_needed = models.PositiveSmallIntegerField(
        default=3,
        validators=[
            MinValueValidator(1, "At least 1 attempt."),
            MaxValueValidator(MOST_ATTEMPTS, f"At most {MOST_ATTEMPTS} attempts."),
        ],
        help_text="Before “could not reach” is allowed.",
    )
    attempt_days_needed = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(MOST_ATTEMPTS, f"At most {MOST_ATTEMPTS} days.")]
    )
    channels_needed = models.PositiveSmallIntegerField(
        default=2, validators=[MaxValueValidator(MOST_CHANNELS, f"At most {MOST_CHANNELS} channels.")]
    )
    next_try_hours = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=4,
        validators=[SOME_HOURS, AT_MOST_HOURS],
        help_text="Working hours from a failed attempt to the next try.",
    )
    second_clock_hours = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=8,
        validators=[NO_LESS_THAN_0_HOURS, AT_MOST_HOURS],
        help_text="Working hours overdue before a manager is told.",
    )
    most_hand_overs = models.PositiveSmallIntegerField(
        "hand-overs at shift ends, at most",
        default=2,
        validators=[MaxValueValidator(MOST_ATTEMPTS, f"At most {MOST_ATTEMPTS} hand-overs.")],
        help_text="So often an untouched one goes to the next shift; after that it stays and a lead is told.",
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
                condition=Q(max_score__lte=10, min_score__lte=F("max_score")),
                name="policy_score_range",
                violation_error_message="Scores are from 0 to 10, the lowest at or below the highest.",
            ),
            models.CheckConstraint(
                condition=Q(first_contact_hours__gt=0, close_days__gt=0, attempts_needed__gt=0),
                name="policy_positive",
                violation_error_message="First contact, closing and attempts each have to be more than 0.",
            ),
            models.CheckConstraint(
                condition=Q(
                    first_contact_hours__lte=MOST_HOURS,
                    next_try_hours__gt=0,
                    next_try_hours__lte=MOST_HOURS,
                    second_clock_hours__gte=0,
                    second_clock_hours__lte=MOST_HOURS,
                ),
                name="policy_hours",
                violation_error_message=f"Hours are at most {MOST_HOURS}, and more than 0 from one try to the next.",
            ),
            models.CheckConstraint(
                condition=Q(close_days__lte=MOST_DAYS),
                name="policy_close_days",
                violation_error_message=f"At most {MOST_DAYS} working days to close.",
            ),
            models.CheckConstraint(
                condition=Q(
                    attempts_needed__lte=MOST_ATTEMPTS,
                    attempt_days_needed__lte=MOST_ATTEMPTS,
                    channels_needed__lte=MOST_CHANNELS,
                    most_hand_overs__lte=MOST_ATTEMPTS,
                ),
                name="policy_attempts",
                violation_error_message=f"At most {MOST_ATTEMPTS} attempts on {MOST_ATTEMPTS} days, "
                f"over {MOST_CHANNELS} channels, and {MOST_ATTEMPTS} hand-overs.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"
