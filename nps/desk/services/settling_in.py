"""A person's own settings."""

from nps.desk.models import User
from nps.desk.zones import validate_zone


def set_profile(*, user: User, time_zone: str, theme: str, languages: list[str]) -> User:
    """Write the three; ValidationError for a zone that does not exist."""
    validate_zone(time_zone)
    user.time_zone, user.theme, user.languages = time_zone, User.Theme(theme), languages
    user.save(update_fields=["time_zone", "theme", "languages"])
    return user
