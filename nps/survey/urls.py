"""Addresses of the customer's pages. `more/` is the link no person can see."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from nps.survey import views


class Anything(StringConverter):
    """What people and machines make of a link, slashes and line breaks too."""

    regex = r"[\s\S]+"


register_converter(Anything, "anything")

urlpatterns = [
    path("s/<str:token>/", views.survey, name="survey"),
    path("s/<str:token>/why/", views.why, name="survey-why"),
    path("s/<str:token>/stop/", views.stop, name="survey-stop"),
    path("s/<str:token>/more/", views.hidden, name="survey-hidden"),
    # A link that was cut short or altered so that it has no such form is as dead as any other.
    path("s/<anything:token>/", views.gone, name="survey-gone"),
]
