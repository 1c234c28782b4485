"""A story of the survey as a field of an admin page."""

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from nps.survey.stories import Story


def told(story: Story) -> SafeString:
    # Admin shows line breaks of a field, and the last one of the template is none of the story's.
    return mark_safe(render_to_string("nps/survey/_story.html", {"story": story}).strip())
