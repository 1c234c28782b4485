"""What was measured of a lesson that is in place, day by day: append-only."""

from django.db import models
from django.db.models import F, Q

from nps.append_only import AppendOnly


class Measurement(AppendOnly):
    """One lesson on one day. Cases of its cause out of the resolutions in its scope, before and since."""

    class Verdict(models.TextChoices):
        TOO_EARLY = "too_early", "Too early to tell"
        NONE_SEEN = "none_seen", "No effect seen"
        PROVEN = "proven", "Proven"

    lesson = models.ForeignKey(
        "followups.Lesson", on_delete=models.PROTECT, related_name="measurements", db_index=False
    )
    measured_on = models.DateField(help_text="The organisation’s day.")
    at = models.DateTimeField()
    in_place_on = models.DateField("in place since")
    scope = models.CharField(max_length=300, help_text="In words, as it was then.")
    verdict = models.CharField(max_length=10, choices=Verdict)
    sentence = models.TextField()
    is_controlled = models.BooleanField(default=False, help_text="What happened outside the scope was subtracted.")
    before_carried = models.PositiveIntegerField()
    before_resolved = models.PositiveIntegerField()
    after_carried = models.PositiveIntegerField()
    after_resolved = models.PositiveIntegerField()
    difference = models.FloatField(help_text="Since minus before, in cases per 100 resolutions.")
    low = models.FloatField("interval from")
    high = models.FloatField("interval to")
    figures = models.JSONField(default=dict, help_text="The windows, answers, NPS, and what was outside the scope.")

    class Meta:
        verbose_name = "measured effect"
        constraints = [
            models.UniqueConstraint(fields=["lesson", "in_place_on", "measured_on"], name="measurement_once_a_day"),
            models.CheckConstraint(
                condition=Q(before_carried__lte=F("before_resolved"), after_carried__lte=F("after_resolved")),
                name="measurement_of_its_tickets",
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["too_early", "none_seen", "proven"]), name="measurement_verdict"
            ),
            models.CheckConstraint(condition=Q(low__lte=F("high")), name="measurement_interval"),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def label(self) -> str:
        """The verdict; not “proven” where there was nothing to compare with."""
        if self.verdict == self.Verdict.PROVEN and not self.is_controlled:
            return "Fewer since, not compared"
        return str(self.get_verdict_display())
