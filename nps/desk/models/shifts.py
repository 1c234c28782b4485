"""Who works when: recurring shifts in the person's own zone, and absences."""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from nps.desk.hours import Away, ShiftPattern
from nps.desk.zones import validate_zone


def validate_weekdays(value: object) -> None:
    if not (isinstance(value, list) and value and all(type(day) is int and 0 <= day <= 6 for day in value)):
        raise ValidationError("Weekdays must be a list of numbers from 0 (Monday) to 6 (Sunday), such as [0, 1, 2].")


class Shift(models.Model):
    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="shifts")
    name = models.CharField(max_length=40, help_text="Such as Day, Evening, Night.")
    weekdays = models.JSONField(default=list, validators=[validate_weekdays], help_text="0 is Monday, 6 is Sunday.")
    starts = models.TimeField(help_text="Local time in the zone below.")
    ends = models.TimeField(help_text="At or before the start means the next day.")
    time_zone = models.CharField(max_length=60, validators=[validate_zone])
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="shift_valid_range",
                violation_error_message="“Valid to” is before “valid from”; it has to be that day or a later one.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.starts:%H:%M}–{self.ends:%H:%M} {self.time_zone}"

    def pattern(self) -> ShiftPattern:
        return ShiftPattern(
            user_id=self.user_id,
            name=self.name,
            zone=self.time_zone,
            weekdays=frozenset(self.weekdays),
            starts=self.starts,
            ends=self.ends,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def ending_after(self, at: datetime) -> "AbsenceQuerySet":
        return self.filter(ends_at__gt=at)


class Absence(models.Model):
    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="absences")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=120, blank=True, default="")

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="absence_end_after_start")]

    def __str__(self) -> str:
        return f"{self.user} away {self.starts_at:%Y-%m-%d}–{self.ends_at:%Y-%m-%d}"

    def away(self) -> Away:
        return Away(user_id=self.user_id, starts_at=self.starts_at, ends_at=self.ends_at)
