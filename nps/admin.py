"""Django admin of the app: each district registers its own rows."""

from nps.desk import admin as desk_admin  # noqa: F401
from nps.outbox import admin as outbox_admin  # noqa: F401
from nps.survey import admin as survey_admin  # noqa: F401
