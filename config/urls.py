"""All addresses, mounted once."""

from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, URLResolver, include, path

from config import health
from config.dashboard import dashboard, dashboard_csv
from config.home import home
from nps.desk.views.signing_in import SignIn

handler500 = "config.outage.server_error"

urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]
urlpatterns += [path("healthz", health.healthz, name="healthz"), path("readyz", health.readyz, name="readyz")]
urlpatterns.append(path("api/", include("config.api")))
urlpatterns.append(path("", include("nps.survey.urls")))
urlpatterns += [
    path("", home, name="home"),
    path("dashboard/", dashboard, name="dashboard"),
    path("dashboard/csv/", dashboard_csv, name="dashboard-csv"),
    path("login/", SignIn.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("", include("nps.survey.staff_urls")),
    path("", include("nps.desk.urls")),
    path("", include("followups.urls")),
]
if settings.MAILBOX_DIR:
    urlpatterns.append(path("mailbox/", include("config.mailbox")))
