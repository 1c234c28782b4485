"""The survey's side of a ticket, for templates of any room."""

from django import template

from nps.desk.models import Resolution
from nps.survey.stories import Story, stories_of

register = template.Library()


@register.simple_tag
def survey_stories(resolutions: list[Resolution]) -> list[tuple[Resolution, Story | None]]:
    """Each resolution with what became of asking about it; None while that is not decided."""
    told = stories_of(resolution.pk for resolution in resolutions)
    return [(resolution, told.get(resolution.pk)) for resolution in resolutions]
