"""The baseline's one view: one SELECT, two INSERTs, one transaction. No validation, no nonce, no history."""

from datetime import timedelta

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from tests.benchmarks.three.models import Answer, Asked, Call


@transaction.atomic
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    at = timezone.now()
    asked = Asked.objects.get(pk=pk)
    given = Answer.objects.create(asked=asked, score=int(request.POST["score"]), answered_at=at)
    Call.objects.create(answer=given, status="open", due_at=at + timedelta(hours=8))
    # What CommonMiddleware would add: without it the server sends chunks.
    return HttpResponse("Thank you.", headers={"Content-Length": "10"})


urlpatterns = [path("<int:pk>/", answer)]
