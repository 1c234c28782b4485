"""The desk's REST door: what a key's scopes and a person's roles allow."""

from typing import TYPE_CHECKING, cast

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from nps.desk.models import ApiKey, User

if TYPE_CHECKING:  # the framework reads its settings, and so this module, while it is still being imported
    from rest_framework.views import APIView


class ScopePermission(BasePermission):
    """Reading needs the scope `read` or any role; writing needs the view's `write_scope` or a role that writes.

    What a person may not see is kept out by the querysets (404); this is about what they may do (403)."""

    message = "You may not do this."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.user is None:
            return False
        if request.method not in view.allowed_methods:
            return True  # and the answer is 405, not 403
        is_reading = request.method in SAFE_METHODS
        if isinstance(request.auth, ApiKey):
            scope = "read" if is_reading else getattr(view, "write_scope", "")
            self.message = f"This API key lacks the scope {scope}."
            return scope in request.auth.scopes
        user = cast(User, request.user)
        if is_reading:
            self.message = "You have no role here; ask a manager for one."
            return user.has_role
        self.message = "Auditors read everything and change nothing." if user.is_auditor else type(self).message
        return user.may_write
