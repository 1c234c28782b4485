"""Figures count every row of a period. What was counted of a day that has not changed since is kept, and not counted
again: a page of ninety days counts today and the few days to which something was added.

Each row that a figure counts depends on rows of its own customer, on what is called how, and on the clock. So the
database writes down, in the transaction that changes them, whose rows have changed (touching.py). `note_changes` turns
that into new versions of every day on which such a customer has rows; until then those days are counted anew. What is
kept lies in the cache under the version of its day. Where the cache (Redis), the triggers (SQLite has none) or the task
that notes changes is missing, everything is counted, as without this module. Days are those of UTC, whatever the zone
of a report; the ends of a period that are no whole day are counted too."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.cache import cache as shared
from django.db import connection, transaction

logger = logging.getLogger("nines.figures")

Span = tuple[datetime, datetime]
Rows = list[dict[str, Any]]
#: rows of a figure for these spans; whether each with its day
Ask = Callable[[tuple[Span, ...], bool], Iterable[Mapping[str, Any]]]

SECONDS = 24 * 3600
#: changes that are not noted yet, beyond which every day is counted
MOST_PENDING = 2_000
#: days of a period, beyond which none is kept: to read so many takes longer than to count
MOST_DAYS = 400
#: of the days of a period, beyond which share with changes that are not noted yet all are counted at once
MOST_DIRTY = 0.25
#: a cache that takes longer than this is not asked again for a while, in seconds
PATIENCE, PAUSE = 0.3, 10.0
#: rows of one figure on one day, beyond which it is quicker to count them all than to read what was kept
MOST_ROWS = 400
EVER = date(1, 1, 1)
DAY = timedelta(days=1)
#: (table, its time) of all that is counted by a day; every one has a customer_id
_DATED: list[tuple[str, str]] = []
_COUNTING: set[Path] = set()


def register(table: str, at: str) -> None:
    """Rows of `table` are counted by the day of their column `at`, and have a `customer_id`."""
    if (table, at) not in _DATED:
        _DATED.append((table, at))


def counted_in(folder: Path, *names: str) -> None:
    """Figures that keep days are in these files of `folder`: with other files nothing that was kept counts."""
    _COUNTING.update(folder / name for name in names)


@cache
def _shape() -> str:
    return sha256(b"".join(path.read_bytes() for path in sorted(_COUNTING))).hexdigest()


def is_available() -> bool:
    """Whether the database writes down what changes."""
    return settings.KEEPS_DAYS and connection.vendor == "postgresql"


def note_changes() -> int:
    """Give a new version to every day on which somebody has rows whose rows have changed. How many days. One statement:
    who reads meanwhile sees the change as pending, or the new version. 0 while another process does it."""
    if connection.vendor != "postgresql":
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('nps.kept_days'))")
        if cursor.fetchone() != (True,):
            return 0
        cursor.execute(
            f"WITH gone AS (DELETE FROM nps_touched RETURNING customer_id, at), days AS ({_days('gone')}"
            f" UNION SELECT DATE '{EVER}' FROM gone WHERE customer_id IS NULL)"
            " INSERT INTO nps_touchedday (day, version)"
            " SELECT day, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM days"
            " ON CONFLICT (day) DO UPDATE SET version = EXCLUDED.version"
        )
        return int(cursor.rowcount)


def forget() -> None:
    """Everything is counted anew: after rows came in past the triggers, such as by a restored backup."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO nps_touched (customer_id) VALUES (NULL)")


def _days(touched: str) -> str:
    """The days of all dated rows of the customers in `touched`, and the days on which such rows were before."""
    parts = [f"SELECT (at AT TIME ZONE 'UTC')::date AS day FROM {touched} WHERE at IS NOT NULL"]
    # As an array: they are few, and a join would read the table.
    few = f"ARRAY(SELECT customer_id FROM {touched} WHERE customer_id IS NOT NULL)"
    parts += [
        f"SELECT ({at} AT TIME ZONE 'UTC')::date FROM {table} WHERE customer_id = ANY ({few})" for table, at in _DATED
    ]
    return " UNION ".join(parts)


class Days:
    """The days of [since, until), aware, as they were when this was made: their versions, and which have changes that
    are not noted yet."""

    def __init__(self, since: datetime, until: datetime) -> None:
        self.since, self.until = since.astimezone(UTC), until.astimezone(UTC)
        first = self.since.date() if self.since.time() == time(0) else self.since.date() + DAY
        number = (self.until.date() - first).days
        self._whole = [first + timedelta(days=n) for n in range(number)] if number <= MOST_DAYS else []
        self._versions: dict[date, int] = {}
        self._dirty: set[date] = set()
        if self._whole:
            self._look()
        if len(self._dirty) > MOST_DIRTY * len(self._whole):
            self._whole = []

    def _look(self) -> None:
        last, several = self._whole[-1], f"(SELECT * FROM nps_touched LIMIT {MOST_PENDING + 1})"
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH pending AS MATERIALIZED {several}"
                " SELECT day, version FROM nps_touchedday WHERE day BETWEEN %s AND %s OR day = %s"
                f" UNION ALL SELECT day, NULL FROM ({_days('pending')}) changed WHERE day BETWEEN %s AND %s"
                " UNION ALL SELECT %s, NULL FROM pending"
                f" HAVING count(*) > {MOST_PENDING} OR bool_or(customer_id IS NULL)",
                [self._whole[0], last, EVER, self._whole[0], last, EVER],
            )
            for day, version in cursor.fetchall():
                if version is None:
                    self._dirty.add(day)
                else:
                    self._versions[day] = version
        if EVER in self._dirty:
            self._dirty.update(self._whole)
        self._dirty &= set(self._whole)

    def rows(self, figure: str, narrowing: str, ask: Ask) -> Rows:
        """The rows of a figure that is a sum over days: kept ones, and those that `ask` gives for the spans it is
        called with, each with its `day`; with `good_until`, if they change by the clock. `narrowing`: what it is
        narrowed by. Where a day has so many rows that to count is quicker, `ask` is called for all, without days."""
        if not self._whole:
            return [dict(row) for row in ask(((self.since, self.until),), False)]
        where = (connection.settings_dict["NAME"], settings.TIME_ZONE)
        what = sha256(repr((_shape(), where, figure, narrowing)).encode()).hexdigest()[:24]
        keys = {day: self._key(day, what) for day in self._whole if day not in self._dirty}
        wide = f"days.{what}.wide"
        kept = _get([wide, *keys.values()])
        if wide in kept:
            return [dict(row) for row in ask(((self.since, self.until),), False)]
        found = _still_good(keys, kept)
        asked = self._spans([day for day in self._whole if day not in found])
        by_day: dict[date, Rows] = defaultdict(list)
        for row in ask(asked, True) if asked else ():
            by_day[row["day"]].append(dict(row))
        if max(map(len, by_day.values()), default=0) > MOST_ROWS:
            _keep({wide: True})
        else:
            _keep({keys[day]: _packed(by_day[day]) for day in keys if day not in found})
        return [row for rows in (*found.values(), *by_day.values()) for row in rows]

    def _key(self, day: date, what: str) -> str:
        return f"days.{what}.{day}.{self._versions.get(EVER, 0)}.{self._versions.get(day, 0)}"

    def _spans(self, days: Sequence[date]) -> tuple[Span, ...]:
        """The ends of the period that are no whole day, and `days`, put together where one follows the other."""
        spans = [(self.since, _midnight(self._whole[0])), *((_midnight(day), _midnight(day + DAY)) for day in days)]
        spans.append((_midnight(self._whole[-1] + DAY), self.until))
        joined: list[Span] = []
        for since, until in spans:
            if since == until:
                continue
            if joined and joined[-1][1] == since:
                joined[-1] = (joined[-1][0], until)
            else:
                joined.append((since, until))
        return tuple(joined)


_patient_from = 0.0  # by the monotonic clock of this process: until then the cache is not asked


def _get(keys: list[str]) -> dict[str, Any]:
    return _asking(lambda: shared.get_many(keys)) or {}


def _keep(values: dict[str, Any]) -> None:
    if values:
        _asking(lambda: shared.set_many(values, timeout=SECONDS))


def _asking(ask: Callable[[], Any]) -> Any:
    """What the cache says; nothing, where it does not answer or has been slow a moment ago."""
    global _patient_from
    began = monotonic()
    if began < _patient_from:
        return None
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 - whatever the cache does, everything can be counted
        logger.warning("no day is kept, the cache does not answer: %r", error)
        _patient_from = monotonic() + PAUSE
        return None
    finally:
        if monotonic() - began > PATIENCE:
            _patient_from = monotonic() + PAUSE


def _packed(rows: Rows) -> tuple[tuple[str, ...], list[tuple[Any, ...]], datetime | None]:
    """The rows of a day: names, values, and until when they are good."""
    ends = [row["good_until"] for row in rows if row.get("good_until")]
    names = tuple(name for name in (rows[0] if rows else ()) if name not in ("day", "good_until"))
    return names, [tuple(row[name] for name in names) for row in rows], min(ends, default=None)


def _still_good(keys: Mapping[date, str], kept: Mapping[str, Any]) -> dict[date, Rows]:
    now, found = datetime.now(UTC), {}
    for day, key in keys.items():
        if key in kept:
            names, lines, good_until = kept[key]
            if good_until is None or good_until > now:
                found[day] = [dict(zip(names, line, strict=True)) for line in lines]
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), tzinfo=UTC)
