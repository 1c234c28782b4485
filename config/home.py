"""The first page: each person goes to where their day is."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from nps.desk.access import reader


@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Those who see everything look at the figures; the others work the queue."""
    return redirect("dashboard" if reader(request).sees_everything else "queue")
