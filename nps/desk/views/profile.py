"""A person's own settings: zone, theme, languages, keys, password."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_http_methods

from nps.desk.access import reader
from nps.desk.forms import ProfileForm
from nps.desk.services import settling_in


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Everybody's own, auditors' too."""
    user = reader(request)
    form = ProfileForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(user, name) for name in ProfileForm.base_fields},
    )
    if form.is_valid():
        settling_in.set_profile(user=user, **form.cleaned_data)
        messages.success(request, "Saved.")
        return redirect("profile")
    form.focus_first_error()
    teams = [membership.team for membership in user.memberships.select_related("team").order_by("team__name")]
    return render(request, "nps/desk/profile.html", {"form": form, "teams": teams}, status=422 if form.errors else 200)


class NewPassword(PasswordChangeView):
    template_name = "nps/desk/password.html"
    success_url = reverse_lazy("profile")

    def get_form(self, form_class: Any = None) -> PasswordChangeForm:
        form = super().get_form(form_class)
        form.use_required_attribute = False
        return form

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed.")
        return super().form_valid(form)

    def form_invalid(self, form: PasswordChangeForm) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = 422
        return response
