"""The baseline's tiny tables, made for the run."""

# ruff: noqa: DJ008 - nobody reads these rows

from django.db import models


class Asked(models.Model):
    language = models.CharField(max_length=10, default="en")

    class Meta:
        app_label = "three"


class Answer(models.Model):
    asked = models.ForeignKey(Asked, on_delete=models.PROTECT)
    score = models.PositiveSmallIntegerField()
    answered_at = models.DateTimeField()

    class Meta:
        app_label = "three"


class Call(models.Model):
    answer = models.ForeignKey(Answer, on_delete=models.PROTECT)
    status = models.CharField(max_length=12)
    due_at = models.DateTimeField()

    class Meta:
        app_label = "three"
