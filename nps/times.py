"""Moments and spans as people read them, in English. Pure."""

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def span(length: timedelta) -> str:
    """“2 h 10 m”, “45 m”, “3 d 4 h”: two units at most; under a minute is “0 m”."""
    minutes = max(int(length / MINUTE), 0)
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} m" if minutes else f"{hours} h"
    return f"{minutes} m"


def brief(seconds: float) -> str:
    """One unit: “12 s”, “3 min”, “2 h”, “4 d”."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def short(local: datetime, now: datetime) -> str:
    """`local` for lists, both in the reader's zone: “10:42” today, “Wed 10:42” within six days, “18 Nov 10:42” within
    the year, “18 Nov 2025” else."""
    if local.date() == now.date():
        return f"{local:%H:%M}"
    if abs(local.date() - now.date()) < timedelta(days=7):
        return f"{local:%a %H:%M}"
    if local.year == now.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y}"


def full(local: datetime) -> str:
    """“Wednesday 18 November 2026, 10:42 CET”."""
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M %Z}".strip()


def from_now(length: timedelta) -> str:
    """“now”, “in 45 m”, “5 m ago”."""
    if abs(length) < MINUTE:
        return "now"
    return f"in {span(length)}" if length > timedelta() else f"{span(-length)} ago"


def place(zone: str) -> str:
    """The city of an IANA zone: “Buenos Aires” of America/Argentina/Buenos_Aires."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")
