"""Rows that are written once and stay: a correction is another row."""

from typing import Any, TypeVar

from django.db import models

M = TypeVar("M", bound=models.Model)


class IsAppendOnly(TypeError):
    """Somebody tried to change or delete what is written once."""


def _refusal(model: type[models.Model], what: str) -> IsAppendOnly:
    return IsAppendOnly(f"{model.__name__} rows cannot be {what}.")


class AppendOnlyQuerySet(models.QuerySet[M]):
    def update(self, **kwargs: Any) -> int:
        raise _refusal(self.model, "changed")

    def delete(self) -> tuple[int, dict[str, int]]:
        raise _refusal(self.model, "deleted")


class AppendOnly(models.Model):
    """Refuses every change by the ORM."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise _refusal(type(self), "changed")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise _refusal(type(self), "deleted")
