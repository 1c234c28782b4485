"""The survey's rows in Django admin."""

from nps.survey.admin import answers, asking, benchmarks, resolutions, surveys  # noqa: F401
