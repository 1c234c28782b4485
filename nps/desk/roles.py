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
    "benchmark": ("add", "change", "delete"),
    "suppression": ("add", "change"),
    "ticket": ("change",),
    "delivery": ("change",),
    "receiverfailure": ("change",),
    "response": ("change",),
    "apikey": ("add", "change"),
    "columnmap": ("add", "change", "delete"),
}


#: what is no business of a lead: machinery, and addresses of customers of every team
NOT_FOR_LEADS = frozenset({"apikey", "delivery", "heartbeat", "receiverfailure", "suppression"})


def make_groups(sender: AppConfig, **kwargs: Any) -> None:
    """After every migrate: the four groups exist and carry exactly these permissions of this app."""
    grant(sender.label, MANAGER_EDITS)


def grant(app_label: str, manager_edits: dict[str, tuple[str, ...]]) -> None:
    """Give each role exactly its permissions of this app; what an earlier version gave beyond them is taken back."""
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    of_app = list(Permission.objects.filter(content_type__app_label=app_label).select_related("content_type"))
    for role in Role:
        group = Group.objects.get_or_create(name=role.value)[0]
        wanted = {permission for permission in of_app if _is_of(role, permission.codename, manager_edits)}
        group.permissions.remove(*(set(of_app) - wanted))
        group.permissions.add(*wanted)


def _is_of(role: Role, codename: str, manager_edits: dict[str, tuple[str, ...]]) -> bool:
    action, _, model = codename.partition("_")
    if action == "view":
        return role in (Role.MANAGER, Role.AUDITOR) or (role == Role.LEAD and model not in NOT_FOR_LEADS)
    return role == Role.MANAGER and action in manager_edits.get(model, ())
