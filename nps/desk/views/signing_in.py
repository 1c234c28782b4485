"""Signing in; and again, when the sign-in ran out in the middle of something."""

from typing import Any

from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from nps.desk import carrying


class SignIn(LoginView):
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        # Signed in again in another tab meanwhile: what is carried is shown all the same.
        if request.user.is_authenticated and (carried := self._carried()):
            return self._resume(carried)
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        carried = self._carried()
        return self._resume(carried) if carried else response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, carried=self.request.POST.get(carrying.FIELD, ""))

    def _carried(self) -> carrying.Carried | None:
        return carrying.unpack(self.request.POST.get(carrying.FIELD, ""))

    def _resume(self, carried: carrying.Carried) -> HttpResponse:
        return render(self.request, "registration/resume.html", {"carried": carried})


def again(request: HttpRequest) -> HttpResponse:
    """To somebody whose sign-in ran out: the sign-in page, and what they typed with it."""
    is_read = request.method in ("GET", "HEAD")
    page = request.get_full_path() if is_read else carrying.came_from(request)
    packed = "" if is_read else carrying.pack(request)
    if not packed:
        return redirect_to_login(page)
    context = {"form": AuthenticationForm(request), "carried": packed, REDIRECT_FIELD_NAME: page}
    return render(request, "registration/login.html", context, status=401)
