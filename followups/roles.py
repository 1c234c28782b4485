"""What each role may do in Django admin with the rows of this app."""

from typing import Any

from django.apps import AppConfig

from nps.desk.roles import grant

MANAGER_EDITS: dict[str, tuple[str, ...]] = {
    "policy": ("add", "change"),
    "rootcause": ("add", "change"),
    "callguide": ("add", "change", "delete"),
    "lettertemplate": ("add", "change", "delete"),
    "lesson": ("add", "change"),
    "promise": ("change",),
    "confirmation": ("change",),
    "followup": ("change",),
    "noticechoice": ("add", "change", "delete"),
}


def give_permissions(sender: AppConfig, **kwargs: Any) -> None:
    grant(sender.label, MANAGER_EDITS)
