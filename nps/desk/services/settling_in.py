"""A person's own settings."""

from nps.desk.models import User
from nps.desk.zones import validate_zone


def set_profile(
    *, user: User, time_zone: str, theme: str, languages: list[str], uses_keys: bool, stays_on_task: bool
) -> User:
    """Write the five; ValidationError for a zone that does not exist."""
    validate_zone(time_zone)
    user.time_zone, user.theme, user.languages = time_zone, User.Theme(theme), languages
    user.uses_keys, user.stays_on_task = uses_keys, stays_on_task
    user.save(update_fields=["time_zone", "theme", "languages", "uses_keys", "stays_on_task"])
    return user
