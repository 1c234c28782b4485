"""What is asked, in which words, and how often."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

MOST_DELAY_MINUTES = 365 * 24 * 60
MOST_REMINDER_DAYS = 365
MOST_DAYS = 3650
AT_MOST_DAYS = MaxValueValidator(MOST_DAYS, f"At most {MOST_DAYS} days.")


class Survey(models.Model):
    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False, help_text="Asked where no other survey is meant for the team.")
    teams = models.ManyToManyField("nps.Team", blank=True, related_name="surveys")
    delay_minutes = models.PositiveIntegerField(
        default=0,
        validators=[MaxValueValidator(MOST_DELAY_MINUTES, f"At most {MOST_DELAY_MINUTES} minutes, which is a year.")],
        help_text="From the resolution to the mail.",
    )
    reminder_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_REMINDER_DAYS, f"At most {MOST_REMINDER_DAYS} days.")],
        help_text="Days without an answer before one reminder; empty means none.",
    )
    quiet_days = models.PositiveSmallIntegerField(
        default=0,
        validators=[AT_MOST_DAYS],
        help_text="Days in which one person is asked at most once; 0 means every resolution asks.",
    )
    sample_percent = models.PositiveSmallIntegerField(
        default=100,
        validators=[MaxValueValidator(100, "At most 100 percent.")],
        help_text="Share of resolutions that are asked.",
    )
    link_days = models.PositiveSmallIntegerField(
        default=90,
        validators=[MinValueValidator(1, "At least 1 day."), AT_MOST_DAYS],
        help_text="Days until the link stops working.",
    )
    version = models.PositiveIntegerField(default=1, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sample_percent__lte=100),
                name="survey_sample_percent",
                violation_error_message="The share is at most 100 percent.",
            ),
            models.CheckConstraint(
                condition=Q(link_days__gte=1, link_days__lte=MOST_DAYS),
                name="survey_link_days",
                violation_error_message=f"A link works for 1 to {MOST_DAYS} days.",
            ),
            models.CheckConstraint(
                condition=Q(delay_minutes__lte=MOST_DELAY_MINUTES),
                name="survey_delay_minutes",
                violation_error_message=f"The mail leaves at most {MOST_DELAY_MINUTES} minutes, a year, after.",
            ),
            models.CheckConstraint(
                condition=Q(reminder_days__isnull=True) | Q(reminder_days__lte=MOST_REMINDER_DAYS),
                name="survey_reminder_days",
                violation_error_message=f"The reminder leaves after at most {MOST_REMINDER_DAYS} days.",
            ),
            models.CheckConstraint(
                condition=Q(quiet_days__lte=MOST_DAYS),
                name="survey_quiet_days",
                violation_error_message=f"The quiet time is at most {MOST_DAYS} days.",
            ),
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="survey_one_default"),
        ]

    def __str__(self) -> str:
        return self.name


class SurveyWording(models.Model):
    """The organisation's own words; where a text is empty, the product's own words of that language stand."""

    survey = models.ForeignKey(Survey, on_delete=models.CASCADE, related_name="wordings", db_index=False)
    language = models.CharField(max_length=10)
    question = models.CharField(max_length=300, blank=True, default="")
    why_low = models.CharField("question after 0–8", max_length=200, blank=True, default="")
    why_high = models.CharField("question after 9–10", max_length=200, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["survey", "language"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.survey} ({self.language})"
