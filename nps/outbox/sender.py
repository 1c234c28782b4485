"""The envelope and the wire: one SMTP connection per batch, each outcome named."""

import enum
import random
import secrets
import smtplib
from dataclasses import dataclass
from datetime import timedelta
from email.utils import formataddr, parseaddr
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.utils.functional import cached_property

from nps.outbox.purposes import Mail


class VerdictKind(enum.Enum):
    SENT = "sent"
    UNWANTED = "unwanted"
    BOUNCED = "bounced"  # 5xx on the recipient: no retry
    REFUSED = "refused"  # 5xx on the message: no retry, visible as "not sent"
    LATER = "later"  # 4xx: back off
    LOST = "lost"  # the connection broke before the 250: perhaps accepted
    UNREACHABLE = "unreachable"  # no connection at all: back off, and do not try the rest of the batch


@dataclass(frozen=True)
class Verdict:
    kind: VerdictKind
    detail: str = ""


def backoff(attempts: int) -> timedelta:
    """10 s, 20 s, 40 s … at most 1 h, each ± 20 % so that retries do not come in step."""
    seconds = min(10 * 2 ** min(attempts - 1, 12), 3600)
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))


class Message(EmailMultiAlternatives):
    """A mail whose MIME parts are made once, when it is composed, and not again while the server waits for it."""

    @cached_property
    def _made(self) -> Any:
        made = super().message()
        if made.is_multipart():
            # The standard library looks for a boundary by a regular expression that it compiles anew for each mail.
            made.set_boundary(f"=_{secrets.token_hex(16)}")
        return made

    def message(self, **options: Any) -> Any:
        return self._made


def compose(mail: Mail, *, recipient: str, message_id: str) -> Message:
    """ValueError for a header or an address that cannot be written, such as one with a line break in it."""
    message = Message(
        subject=" ".join(mail.subject.split()),
        body=mail.text,
        from_email=_from(mail),
        to=[recipient],
        reply_to=[mail.reply_to] if mail.reply_to else None,
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", **mail.headers},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.message()
    return message


def _from(mail: Mail) -> str | None:
    """None stands for the house's own address under its own name."""
    if not mail.from_name:
        return None
    return formataddr((mail.from_name, parseaddr(settings.DEFAULT_FROM_EMAIL)[1]))


class Sender:
    """Sends over one connection, which is opened at the first mail and again after it broke."""

    def __init__(self) -> None:
        self._connection = get_connection(fail_silently=False)
        self._is_open = False

    def __enter__(self) -> "Sender":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        self._is_open = False
        try:
            self._connection.close()
        except (OSError, smtplib.SMTPException):
            self._connection.connection = None  # type: ignore[attr-defined]

    def send(self, message: Message) -> Verdict:
        """One mail to one recipient. Every failure comes back as a verdict; nothing is raised."""
        if not self._is_open:
            try:
                self._connection.open()
            except (OSError, smtplib.SMTPException) as error:
                self._close()
                return Verdict(VerdictKind.UNREACHABLE, f"mail server not reached: {error}")
            self._is_open = True
        message.connection = self._connection
        try:
            message.send()
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            return self._refused(code, text, VerdictKind.BOUNCED)
        except smtplib.SMTPServerDisconnected as error:
            self._close()
            return Verdict(VerdictKind.LOST, f"connection lost: {error}")
        except smtplib.SMTPResponseException as error:
            return self._refused(error.smtp_code, error.smtp_error, VerdictKind.REFUSED)
        except (OSError, smtplib.SMTPException) as error:
            self._close()
            return Verdict(VerdictKind.LOST, f"connection lost: {error}")
        except ValueError as error:
            return Verdict(VerdictKind.REFUSED, f"could not be written as a mail: {error}")
        return Verdict(VerdictKind.SENT)

    def _refused(self, code: int, text: bytes | str, permanent: VerdictKind) -> Verdict:
        said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        detail = f"mail server said {code} {said}"
        if code == 421:
            self._close()
        return Verdict(permanent if code >= 500 else VerdictKind.LATER, detail)
