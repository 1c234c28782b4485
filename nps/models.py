"""All models of the app, one list for Django; each lives in its district."""

from nps.desk.models import *  # noqa: F403
from nps.outbox.models import *  # noqa: F403
from nps.survey.models import *  # noqa: F403
