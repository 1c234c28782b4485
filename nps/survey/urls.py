"""Addresses of the customer's pages. `more/` is the link no person can see."""

from django.urls import path

from nps.survey import views

urlpatterns = [
    path("s/<str:token>/", views.survey, name="survey"),
    path("s/<str:token>/why/", views.why, name="survey-why"),
    path("s/<str:token>/stop/", views.stop, name="survey-stop"),
    path("s/<str:token>/more/", views.hidden, name="survey-hidden"),
]
