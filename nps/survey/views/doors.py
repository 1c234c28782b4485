"""What every customer page does: read the clock, shut out dead links, say honestly when the database is away."""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from nps.survey import tokens
from nps.survey.models import Invitation
from nps.survey.views import pages

logger = logging.getLogger("nines.survey")

View = Callable[[HttpRequest, str, datetime], HttpResponse]
Door = Callable[[HttpRequest, str], HttpResponse]

HEADERS = {
    "Cache-Control": "private, no-store",
    # The address is the key: no other site may learn it from a click.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


class SeeOther(HttpResponseRedirect):
    """After a POST: the next page is asked for by GET."""

    status_code = 303


def customer_door(*methods: str) -> Callable[[View], Door]:
    """A view of (request, token, at). No CSRF cookie here: what a POST needs is the signed nonce of its page."""

    def decorate(view: View) -> Door:
        @csrf_exempt
        @require_http_methods(list(methods))
        @wraps(view)
        def door(request: HttpRequest, token: str) -> HttpResponse:
            try:
                response = view(request, token, pages.now())
            except (tokens.DeadLink, Invitation.DoesNotExist):
                response = pages.dead(request)
            except (OperationalError, InterfaceError) as error:
                logger.warning("a customer's page met a database that is away: %r", error)
                response = pages.trouble(request)
            except RequestDataTooBig:
                response = pages.too_big(request)
            for name, value in HEADERS.items():
                response[name] = value
            return response

        return door

    return decorate
