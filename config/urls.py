"""All addresses, mounted once."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import health

urlpatterns: list[URLPattern | URLResolver] = [path("admin/", admin.site.urls)]
urlpatterns += [path("healthz", health.healthz, name="healthz"), path("readyz", health.readyz, name="readyz")]
urlpatterns.append(path("api/", include("config.api")))
urlpatterns.append(path("", include("nps.survey.urls")))
if settings.MAILBOX_DIR:
    urlpatterns.append(path("mailbox/", include("config.mailbox")))
