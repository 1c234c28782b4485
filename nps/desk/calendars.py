"""Teams' working hours and the default owner, remembered for a few seconds."""

from nps.desk.hours import Calendar
from nps.desk.models import Team
from nps.remembered import Remembered


def _load_calendar(team_id: int) -> Calendar:
    return Team.objects.prefetch_related("hours", "holidays").get(pk=team_id).calendar()


def _load_default_team_id(_: None) -> int | None:
    return Team.objects.filter(is_active=True).order_by("pk").values_list("pk", flat=True).first()


#: team id -> Calendar
calendar_of: Remembered[int, Calendar] = Remembered(_load_calendar)
#: None -> id of the team that owns what belongs to none, or None where there is no team
default_team_id: Remembered[None, int | None] = Remembered(_load_default_team_id)
