"""Say that a survey's wording or rules were edited."""

from django.db.models import F

from nps.remembered import Remembered
from nps.survey.models import Survey


def revised(*, survey: Survey) -> None:
    """The survey's next version; every process sees it within a few seconds, this one at once."""
    Survey.objects.filter(pk=survey.pk).update(version=F("version") + 1)
    Remembered.forget_all()
