"""Column maps of CSV imports, saved by name."""

from django.db import models


class ColumnMap(models.Model):
    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=20, help_text="What its lines are: customers, tickets or answers.")
    spec = models.JSONField("map", help_text="Which column becomes which field; see docs/importing.md.")
    note = models.CharField(max_length=200, blank=True, default="")
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name = "column map"

    def __str__(self) -> str:
        return self.name
