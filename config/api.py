"""The REST door as a whole: /api/v1/ out of the districts' routes, its description, an answer for what is not there."""

from typing import Any

from csp.decorators import csp_update
from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.urls import Resolver404, include, path, re_path, resolve
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.routers import SimpleRouter

from config.errors import PROBLEM, problem
from followups.api.routes import ROUTES as FOLLOWUPS
from nps.desk.api.routes import ROUTES as DESK
from nps.survey.api.routes import ROUTES as SURVEY

v1 = SimpleRouter()
routes: list[tuple[str, Any, str]] = [*DESK, *SURVEY, *FOLLOWUPS]
for prefix, viewset, basename in routes:
    v1.register(prefix, viewset, basename)


@method_decorator(csp_update(settings.API_DOCS_CSP), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The description, to read and to try. The only page that may set inline styles."""


def resolves(address: str) -> bool:
    """Whether something other than this refusal answers there."""
    try:
        return resolve(address).func is not nothing_here
    except Resolver404:
        return False


@csrf_exempt
def nothing_here(request: HttpRequest) -> JsonResponse:
    """A program that mistypes an address gets the same shape of refusal as for anything else."""
    is_cut = not request.path_info.endswith("/") and resolves(f"{request.path_info}/")
    hint = " Its end is missing: write a / after it." if is_cut else ""
    answer = problem(404, f"There is no such address.{hint}")
    return JsonResponse(answer.data, status=404, content_type=PROBLEM)


urlpatterns = [
    path("v1/", include((v1.urls, "api"))),
    path("schema/", SpectacularAPIView.as_view(permission_classes=[AllowAny]), name="api-schema"),
    path("docs/", DocsView.as_view(url_name="api-schema", permission_classes=[AllowAny]), name="api-docs"),
    re_path("", nothing_here),
]
