"""What an answer was found to be about, once somebody looked. It moves no score and takes no answer away."""

from nps.errors import InvalidInput
from nps.survey.models import Response


def found(*, response_id: int, about: str) -> None:
    """Write down what it was about, one of Response.About; "" takes that back. InvalidInput for anything else."""
    if about not in Response.About.values:
        raise InvalidInput(f"about must be one of {', '.join(filter(None, Response.About.values))}.", field="about")
    Response.objects.filter(pk=response_id).update(about=about)
