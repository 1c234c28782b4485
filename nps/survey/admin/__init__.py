"""The survey's rows in Django admin."""

from nps.survey.admin import answers, asking, surveys  # noqa: F401
