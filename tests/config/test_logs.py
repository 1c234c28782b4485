"""A log names what broke and where, and nobody."""

import logging
import sys

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction

from config.logs import DiscreetFormatter
from nps.redacting import in_short, redacted
from nps.survey.models import Invitation
from tests.survey_visits import invited

LINE = DiscreetFormatter("%(levelname)s %(name)s %(message)s")


def logged(message: str, *args: object, error: BaseException | None = None) -> str:
    trace = (type(error), error, error.__traceback__) if error else None
    return LINE.format(logging.LogRecord("nines", logging.ERROR, __file__, 1, message, args, trace))


def test_every_process_logs_through_it() -> None:
    handlers = settings.LOGGING["handlers"].values()
    names = {settings.LOGGING["formatters"][handler["formatter"]]["()"] for handler in handlers}
    assert names == {"config.logs.DiscreetFormatter"}


@pytest.mark.django_db
def test_a_row_that_broke_a_constraint_is_not_quoted() -> None:
    invitation = invited(name="Ingrid Solheim", email="ingrid@fjordvik.example")
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        Invitation.objects.create(
            survey=invitation.survey,
            customer=invitation.customer,
            resolution=invitation.resolution,
            address="ingrid@fjordvik.example",
            language="nb",
            created_at=invitation.created_at,
            expires_at=invitation.expires_at,
        )
    error = caught.value
    assert connection.vendor != "postgresql" or "DETAIL" in str(error), "otherwise this test shows nothing"
    text = logged("it failed: %r", error, error=error)
    assert "IntegrityError" in text
    assert "Invitation.objects.create" in text
    assert "test_logs.py" in text
    for personal in ("ingrid", "fjordvik", "DETAIL"):
        assert personal not in text


ROW = (
    'new row for relation "nps_response" violates check constraint "response_score"\n'
    "DETAIL:  Failing row contains (7, 99, Too\nslow, mara@x.example).\n"
)
CUT = """failed: IntegrityError('new row for relation "nps_response" violates check constraint "response_score\""""


def test_chained_errors_keep_their_traces_and_lose_their_rows() -> None:
    try:
        try:
            raise IntegrityError(ROW)
        except IntegrityError as inner:
            raise RuntimeError(f"could not: {ROW}") from inner
    except RuntimeError as error:
        text = logged("broken", error=error)
    assert "Too" not in text
    assert "slow" not in text
    assert text.count("response_score") == 2
    assert "The above exception was the direct cause" in text
    assert text.count("Traceback") == 2


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"failed: {IntegrityError(ROW)!r}", CUT),
        ("Service Unavailable: /s/0.AWt_nADkda4U/why/", "Service Unavailable: /s/…/why/"),
        ("{'mara@x.example': (550, b'no such user')}", "{'…@…': (550, b'no such user')}"),
        ('invalid input syntax for type integer: "Ingrid"', "invalid input syntax for type integer: …"),
        ("celery@vm.example.org ready.", "celery@vm.example.org ready."),
        ("receiver on_response_recorded failed", "receiver on_response_recorded failed"),
    ],
)
def test_what_is_kept_of_a_line(said: str, kept: str) -> None:
    assert redacted(said).startswith(kept)


def test_an_error_in_short() -> None:
    assert in_short(IntegrityError(ROW)).startswith('IntegrityError: new row for relation "nps_response"')
    assert "\n" not in in_short(IntegrityError(ROW))
    assert in_short(KeyError()) == "KeyError"


def test_an_exception_logged_with_the_handler_of_the_settings(capsys: pytest.CaptureFixture[str]) -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(LINE)
    logger = logging.Logger("nines.test")
    logger.addHandler(handler)
    try:
        raise IntegrityError(ROW)
    except IntegrityError:
        logger.exception("no follow-up could be opened for response %s", 7)
    out = capsys.readouterr().out
    assert "no follow-up could be opened for response 7" in out
    assert "Traceback" in out
    assert "Too" not in out
