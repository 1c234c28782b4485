"""The desk's REST door: a body is one JSON object in UTF-8 of a bearable size."""

import json
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from nps.errors import InvalidInput


def _refuse_constant(name: str) -> None:
    raise ParseError(f"{name} is not JSON.")


class ObjectParser(BaseParser):
    """400 for what is not JSON, 413 beyond DATA_UPLOAD_MAX_MEMORY_SIZE, 422 for JSON that is not an object."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raw = stream.read(most + 1)
        if len(raw) > most:
            raise RequestDataTooBig(f"The body is over {most:,} bytes long.")
        try:
            body = json.loads(raw.decode("utf-8"), parse_constant=_refuse_constant)
        except RecursionError:
            raise ParseError("The body is nested too deeply.") from None
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start} is wrong.") from None
        except ValueError as error:
            raise ParseError(f"The body is not JSON: {error}.") from None
        if not isinstance(body, dict):
            raise InvalidInput("The body must be a JSON object, such as {}.")
        return body
