"""Addresses of the survey's staff pages."""

from django.urls import path

from nps.survey.views.ledger import ledger_page

urlpatterns = [path("decisions/", ledger_page, name="decisions")]
