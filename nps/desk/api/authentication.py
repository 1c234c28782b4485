"""The desk's REST door: who is asking. Programs show `Authorization: Bearer nines_…`, people have a session."""

from datetime import datetime

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from nps.desk.models import ApiKey
from nps.desk.models.keys import digest


class ServiceUser:
    """Whoever acts through a key. Sees everything its scopes let it read; whom it acts for is named in each body."""

    pk = id = None
    is_authenticated = is_active = True
    is_anonymous = is_staff = is_superuser = False
    sees_everything = True
    is_manager = is_lead = is_auditor = False
    roles: frozenset[str] = frozenset()
    team_ids: frozenset[int] = frozenset()
    led_team_ids: frozenset[int] = frozenset()

    def __init__(self, key: ApiKey) -> None:
        self.key = key

    def __str__(self) -> str:
        return str(self.key)

    @property
    def may_write(self) -> bool:
        return any(scope.endswith(":write") for scope in self.key.scopes)


class ApiKeyAuthentication(BaseAuthentication):
    """`request.auth` is the ApiKey and `request.user` a ServiceUser. 401 for a key that is unknown, over or revoked."""

    keyword = b"bearer"

    def authenticate(self, request: Request) -> tuple[ServiceUser, ApiKey] | None:
        scheme, _, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != self.keyword:
            return None
        try:
            key = ApiKey.objects.filter(hashed=digest(secret.strip().decode("ascii"))).first()
        except UnicodeDecodeError:
            key = None
        at = timezone.now()
        self._refuse(key, at)
        assert key is not None
        key.note_use(at)
        return ServiceUser(key), key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'

    @staticmethod
    def _refuse(key: ApiKey | None, at: datetime) -> None:
        if key is None:
            raise AuthenticationFailed("This API key is not known. Send “Authorization: Bearer nines_…”.")
        if key.revoked_at is not None:
            raise AuthenticationFailed("This API key was revoked; ask for a new one.")
        if key.expires_at is not None and key.expires_at <= at:
            raise AuthenticationFailed(f"This API key expired on {key.expires_at:%Y-%m-%d}; ask for a new one.")


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "nps.desk.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A key of a program, made with `manage.py create_api_key` or in the admin. Reading needs the"
            " scope `read`, writing the one named with each operation.",
        }
