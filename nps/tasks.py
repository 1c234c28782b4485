"""All tasks of the app, one list for Celery."""

from nps.desk.tasks import *  # noqa: F403
from nps.outbox.tasks import *  # noqa: F403
from nps.survey.tasks import *  # noqa: F403
