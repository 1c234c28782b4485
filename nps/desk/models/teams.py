"""Teams, who belongs to them, and when they work."""

from datetime import time

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q

from nps.desk.hours import Calendar
from nps.desk.zones import validate_zone


class Weekday(models.IntegerChoices):
    MONDAY = 0
    TUESDAY = 1
    WEDNESDAY = 2
    THURSDAY = 3
    FRIDAY = 4
    SATURDAY = 5
    SUNDAY = 6


class Team(models.Model):
    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(max_length=80, unique=True)
    time_zone = models.CharField(max_length=60, default="UTC", validators=[validate_zone])
    follows_sun = models.BooleanField(default=False, help_text="Works around the clock: every hour is a working hour.")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name

    def calendar(self) -> Calendar:
        """The working hours as a pure value; a team that has none yet works around the clock, since a deadline of hours
        that never come could not be named. Two statements unless `hours` and `holidays` are prefetched."""
        week: list[list[tuple[time, time]]] = [[] for _ in range(7)]
        for row in self.hours.all():
            week[row.weekday].append((row.starts, row.ends))
        return Calendar(
            zone=self.time_zone,
            weekly=tuple(tuple(sorted(day)) for day in week),
            holidays=frozenset(day.on for day in self.holidays.all()),
            always_open=self.follows_sun or not any(week),
        )


class WorkingHours(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="hours", db_index=False)
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts = models.TimeField()
    ends = models.TimeField(help_text="00:00 means midnight at the end of the day.")

    class Meta:
        verbose_name_plural = "working hours"
        constraints = [
            models.UniqueConstraint(fields=["team", "weekday", "starts"], name="working_hours_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="working_hours_weekday"),
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")) | Q(ends=time(0)), name="working_hours_end_after_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts:%H:%M}–{self.ends:%H:%M}"


class Holiday(models.Model):
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="holidays", db_index=False)
    on = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "on"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.on} {self.name}"


class Membership(models.Model):
    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="memberships", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)
    takes_outreach = models.BooleanField(default=True, help_text="May be given calls back to customers of this team.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.team}"

    def clean(self) -> None:
        if self.is_lead and not self.user.is_active:
            raise ValidationError({"is_lead": "A lead must be an active user."})
