"""How every process writes its log: one line each, tracebacks included without what is a customer's."""

import logging
from typing import Any

from nps.redacting import redacted


class DiscreetFormatter(logging.Formatter):
    """Errors of drivers quote rows, mail servers quote addresses, and paths of survey pages are keys."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return redacted(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        return redacted(super().formatException(ei))
