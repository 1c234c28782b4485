"""What each role may do in Django admin with the rows of this app."""

from typing import Any

from django.apps import AppConfig

from nps.desk.roles import grant

MANAGER_EDITS: dict[str, tuple[str, ...]] = {
    "policy": ("add", "change"),
    "rootcause": ("add", "change"),
    "lesson": ("add", "change"),
    "promise": ("change",),
    "followup": ("change",),
}


def give_permissions(sender: AppConfig, **kwargs: Any) -> None:
    grant(sender.label, MANAGER_EDITS)
