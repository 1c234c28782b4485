"""All addresses, mounted once."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, URLResolver, include, path

from config import health
from config.dashboard import dashboard
from config.home import home

urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]
urlpatterns += [path("healthz", health.healthz, name="healthz"), path("readyz", health.readyz, name="readyz")]
urlpatterns.append(path("api/", include("config.api")))
urlpatterns.append(path("", include("nps.survey.urls")))
urlpatterns += [
    path("", home, name="home"),
    path("dashboard/", dashboard, name="dashboard"),
    path("login/", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include("nps.desk.urls")),
    path("", include("followups.urls")),
]
if settings.MAILBOX_DIR:
    urlpatterns.append(path("mailbox/", include("config.mailbox")))
