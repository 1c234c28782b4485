"""System checks of the wires this app hangs on."""

from typing import Any

from django.core import checks

from nps.desk import signals as desk_signals
from nps.survey import signals as survey_signals

WIRES = {
    "survey.response_recorded": (survey_signals.response_recorded, "followups.open"),
    "survey.response_changed": (survey_signals.response_changed, "followups.note"),
    "desk.customer_replied": (desk_signals.customer_replied, "followups.wake"),
}


@checks.register(checks.Tags.compatibility)
def wires_are_connected(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    """followups.E001: an answer would be stored and nobody would call."""
    return [
        checks.Error(
            f"Nothing listens to {name}: {uid} is not connected.",
            hint="Keep `followups` in INSTALLED_APPS as followups.apps.FollowUpsConfig.",
            id="followups.E001",
        )
        for name, (signal, uid) in WIRES.items()
        if not any(key[0] == uid for key, *_ in signal.receivers)
    ]
