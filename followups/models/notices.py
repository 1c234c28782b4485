"""How each person wants to hear of follow-ups, and the one mail a shift that stands in for many."""

from django.db import models

from followups.notices import KINDS, RHYTHMS

KIND_CHOICES = [(name, kind.label) for name, kind in KINDS.items()]
RHYTHM_CHOICES = [(name, rhythm.label) for name, rhythm in RHYTHMS.items()]


class NoticeChoice(models.Model):
    """One kind of mail for one person. No row: at once."""

    class Way(models.TextChoices):
        AT_ONCE = "at_once", "At once"
        DIGEST = "digest", "In my digest"
        OFF = "off", "Not at all"

    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="notice_choices", db_index=False)
    kind = models.CharField(max_length=20, choices=[*KIND_CHOICES, *RHYTHM_CHOICES])
    way = models.CharField(max_length=8, choices=Way, default=Way.AT_ONCE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "kind"], name="notice_choice_once"),
            models.CheckConstraint(condition=models.Q(way__in=["at_once", "digest", "off"]), name="notice_choice_way"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_way_display().lower()}"


class Digest(models.Model):
    """One shift of one person, and so one mail: whoever makes this row sends it."""

    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="digests", db_index=False)
    shift_starts_at = models.DateTimeField()
    shift_ends_at = models.DateTimeField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "shift_starts_at"], name="digest_once_a_shift"),
            models.CheckConstraint(
                condition=models.Q(shift_ends_at__gt=models.F("shift_starts_at")), name="digest_shift_ends"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, shift from {self.shift_starts_at:%Y-%m-%d %H:%M}"


class HeldNotice(models.Model):
    """What would have been a mail of its own and waits for the digest of this person's next shift."""

    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="held_notices")
    kind = models.CharField(max_length=20, choices=KIND_CHOICES)
    follow_up = models.ForeignKey("followups.FollowUp", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    digest = models.ForeignKey(Digest, on_delete=models.SET_NULL, null=True, blank=True, related_name="held")

    class Meta:
        indexes = [
            models.Index(fields=["user", "at"], name="held_waiting", condition=models.Q(digest__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.user}"


class Briefing(models.Model):
    """The figures of one week or morning for one person, and so one mail: whoever makes this row sends it."""

    user = models.ForeignKey("nps.User", on_delete=models.CASCADE, related_name="briefings", db_index=False)
    rhythm = models.CharField(max_length=6, choices=RHYTHM_CHOICES)
    day = models.DateField(help_text="The organisation’s day it was made for; it tells of the days before.")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "rhythm", "day"], name="briefing_once"),
            models.CheckConstraint(condition=models.Q(rhythm__in=list(RHYTHMS)), name="briefing_rhythm"),
        ]

    def __str__(self) -> str:
        return f"{self.get_rhythm_display()} for {self.user}, {self.day}"
