"""The door of the web server: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class Request(WSGIRequest):
    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        # Django takes every codec for a charset, and then `charset=hex` fails where nothing can answer any more.
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
            "".encode(self.encoding or "utf-8")
        except (LookupError, UnicodeError):
            self._encoding = None


class Handler(WSGIHandler):
    request_class = Request


django.setup(set_prefix=False)
application = Handler()
