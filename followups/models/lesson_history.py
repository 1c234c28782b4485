"""What happened to a lesson, step by step: append-only."""

from django.db import models

from followups.models.lessons import Lesson
from nps.append_only import AppendOnly


class LessonEntry(AppendOnly):
    """One step of one lesson: who, when, from which status to which, and why."""

    class Verb(models.TextChoices):
        WRITE = "write", "Written"
        STEP = "step", "Moved along"
        REVISE = "revise", "Rewritten"
        MEASURE = "measure", "Measured"

    lesson = models.ForeignKey(Lesson, on_delete=models.PROTECT, related_name="history", db_index=False)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        "nps.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Empty: a program by its key, or else the product.",
        db_index=False,
    )
    key = models.ForeignKey(
        "nps.ApiKey",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="API key",
        db_index=False,
    )
    verb = models.CharField(max_length=10, choices=Verb)
    from_status = models.CharField(max_length=12, choices=Lesson.Status, blank=True, default="")
    to_status = models.CharField(max_length=12, choices=Lesson.Status, blank=True, default="")
    sentence = models.TextField(help_text="What happened, for people.")
    note = models.TextField(blank=True, default="", help_text="Why, in the words of whoever did it.")
    detail = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name = "step of a lesson"
        verbose_name_plural = "steps of lessons"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(verb__in=["write", "step", "revise", "measure"]), name="lessonentry_verb"
            ),
        ]
        indexes = [
            models.Index(fields=["lesson", "at", "id"], name="history_of_lesson"),
            models.Index(fields=["actor"], name="lesson_history_of_actor", condition=models.Q(actor__isnull=False)),
            models.Index(fields=["key"], name="lesson_history_of_key", condition=models.Q(key__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def who(self) -> str:
        """A person, a program by its key (for a person, or by itself), or the product."""
        if self.key is None:
            return str(self.actor or "Nines")
        return f"{self.actor}, by the key {self.key.name}" if self.actor else f"The key {self.key.name}"
