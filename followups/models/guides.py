"""What to say when calling back: four short steps, by score and topic, in the customer's language."""

import re

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from nps.survey.models import Topic

STEPS = (1, 2, 3, 4)
#: What may stand in braces in the words of a step.
NAMES = ("name", "full_name", "caller", "organisation", "about")
SLOT = re.compile(r"\{([^{}]*)\}")


class CallGuide(models.Model):
    """For answers of one band. A guide for a driver fills only the steps that are different there; the others are those
    of the general one."""

    class Band(models.TextChoices):
        LOW = "low", "Score 0 to 6"
        NEAR = "near", "Score 7 and above"

    band = models.CharField(max_length=4, choices=Band)
    driver = models.CharField(
        max_length=12,
        choices=Topic.Driver,
        blank=True,
        default="",
        help_text="Of a topic the customer ticked; empty is the general guide.",
    )
    language = models.CharField(max_length=10, help_text="A code such as en; English stands in for what is not there.")
    title_1 = models.CharField("step 1", max_length=120, blank=True, default="")
    words_1 = models.CharField("what to say", max_length=400, blank=True, default="")
    title_2 = models.CharField("step 2", max_length=120, blank=True, default="")
    words_2 = models.CharField("what to say", max_length=400, blank=True, default="")
    title_3 = models.CharField("step 3", max_length=120, blank=True, default="")
    words_3 = models.CharField("what to say", max_length=400, blank=True, default="")
    title_4 = models.CharField("step 4", max_length=120, blank=True, default="")
    words_4 = models.CharField("what to say", max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["band", "driver", "language"],
                name="callguide_once",
                violation_error_message="There is such a guide already; change that one.",
            ),
            models.CheckConstraint(
                condition=~Q(driver="") | ~(Q(title_1="") | Q(title_2="") | Q(title_3="") | Q(title_4="")),
                name="callguide_whole",
                violation_error_message="The general guide needs a title for each of its four steps.",
            ),
        ]

    def __str__(self) -> str:
        what = f", {self.get_driver_display().lower()}" if self.driver else ""
        return f"{self.get_band_display()}{what} ({self.language})"

    @property
    def steps(self) -> list[tuple[str, str]]:
        """(title, words) of the four; both empty where the general guide's stands."""
        return [(getattr(self, f"title_{step}"), getattr(self, f"words_{step}")) for step in STEPS]

    def clean(self) -> None:
        wrong = {}
        for field in (f"{part}_{step}" for part in ("title", "words") for step in STEPS):
            unknown = [name for name in SLOT.findall(getattr(self, field)) if name not in NAMES]
            if unknown:
                known = ", ".join(f"{{{name}}}" for name in NAMES)
                wrong[field] = f"{{{unknown[0]}}} is nothing that can be filled in; known are {known}."
        for step in STEPS:
            if getattr(self, f"words_{step}") and not getattr(self, f"title_{step}"):
                wrong.setdefault(f"title_{step}", "Words need a title of their own above them.")
        if wrong:
            raise ValidationError(wrong)
