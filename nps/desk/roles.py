"""The groups that carry the roles, and what each may do in Django admin with the rows of this app."""

from typing import Any

from django.apps import AppConfig, apps

from nps.desk.models.users import Role

#: model -> actions of a manager beyond "view". What is not listed is read-only even for managers.
MANAGER_EDITS: dict[str, tuple[str, ...]] = {
    "account": ("add", "change"),
    "customer": ("add", "change"),
    "product": ("add", "change"),
    "tag": ("add", "change", "delete"),
    "team": ("add", "change"),
    "workinghours": ("add", "change", "delete"),
    "holiday": ("add", "change", "delete"),
    "membership": ("add", "change", "delete"),
    "shift": ("add", "change", "delete"),
    "absence": ("add", "change", "delete"),
    "user": ("add", "change"),
    "survey": ("add", "change"),
    "surveywording": ("add", "change", "delete"),
    "topic": ("add", "change"),
    "suppression": ("add", "change"),
    "ticket": ("change",),
    "delivery": ("change",),
    "response": ("change",),
    "apikey": ("add", "change"),
}


def make_groups(sender: AppConfig, **kwargs: Any) -> None:
    """After every migrate: the four groups exist and carry exactly these permissions of this app."""
    grant(sender.label, MANAGER_EDITS)


def grant(app_label: str, manager_edits: dict[str, tuple[str, ...]]) -> None:
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    groups = {role: Group.objects.get_or_create(name=role.value)[0] for role in Role}
    of_app = Permission.objects.filter(content_type__app_label=app_label).select_related("content_type")
    for permission in of_app:
        action, _, model = permission.codename.partition("_")
        if action == "view":
            for role in (Role.MANAGER, Role.AUDITOR, Role.LEAD):
                groups[role].permissions.add(permission)
        elif action in manager_edits.get(model, ()):
            groups[Role.MANAGER].permissions.add(permission)
