"""Signs of life of the worker and of beat, for /readyz and the supervisor."""

from datetime import datetime

from django.db import models


class Heartbeat(models.Model):
    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    pid = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=200, blank=True, default="")

    def __str__(self) -> str:
        return f"{self.name} at {self.at:%Y-%m-%d %H:%M:%S}"

    @classmethod
    def beat(cls, *, name: str, at: datetime, pid: int, detail: str = "") -> None:
        """Say that `name` was alive at `at` (UTC). One statement, whether the row exists or not."""
        Heartbeat.objects.bulk_create(
            [Heartbeat(name=name, at=at, pid=pid, detail=detail)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at", "pid", "detail"],
        )
