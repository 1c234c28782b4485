"""Which survey a team's customers are asked, remembered for a few seconds."""

from nps.remembered import Remembered
from nps.survey.models import Survey


def _load(team_id: int | None) -> Survey | None:
    active = Survey.objects.filter(is_active=True).order_by("pk")
    chosen = active.filter(teams=team_id).first() if team_id is not None else None
    return chosen or active.filter(is_default=True).first()


#: team id (or None) -> the active survey meant for it, else the default one, else None
survey_for: Remembered[int | None, Survey | None] = Remembered(_load)
