"""Django admin under the product's name and look."""

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig


class PortalAdmin(AdminSite):
    site_header = "Nines"
    site_title = "Nines admin"
    index_title = "Manage"


class PortalAdminConfig(AdminConfig):
    default_site = "config.admin.PortalAdmin"

    def ready(self) -> None:
        super().ready()
        # config is no app; its checks register here.
        from config import checks  # noqa: F401
