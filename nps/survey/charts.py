"""Figures drawn on the server, pure: SVG with a name, coloured by classes (static/css/figures.css), never by colour
alone. The same numbers stand beside each as a table."""

from collections.abc import Sequence
from math import floor
from textwrap import wrap

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from nps.survey.scoring import Counts, Nps, band


def signed(value: float | None) -> str:
    """A score in whole points with its sign, as it is read: +43, −5, 0; a dash for none."""
    if value is None:
        return "–"
    points = floor(abs(value) + 0.5)
    return f"{'+' if value > 0 else '−'}{points}" if points else "0"


# ---- the score on its scale ------------------------------------------------------------------------------------
def range_bar(nps: Nps) -> SafeString:
    """−100 to +100 with the 95 % interval, and the score where there is one to show."""
    low, high, mid = (105 + value * 0.99 for value in (nps.low, nps.high, nps.point or 0))
    dot = format_html('<circle class="f-dot" cx="{}" cy="24" r="6"/>', n(mid)) if nps.is_scored else ""
    ticks = format_html_join(
        "",
        '<line class="f-tick" x1="{0}" x2="{0}" y1="20" y2="28"/><text x="{0}" y="46" text-anchor="{1}">{2}</text>',
        ((6, "start", "−100"), (105, "middle", "0"), (204, "end", "+100")),
    )
    score = f"NPS {signed(nps.point)}" if nps.is_scored else "NPS not scored"
    name = f"{score} on a scale from −100 to +100; 95 percent interval {signed(nps.low)} to {signed(nps.high)}"
    return format_html(
        '<svg class="chart" viewBox="0 0 210 50" role="img" aria-label="{}">'
        '<line class="f-rail" x1="6" x2="204" y1="24" y2="24"/>{}<line class="f-span" x1="{}" x2="{}" y1="24" y2="24"/>'
        "{}</svg>",
        name,
        ticks,
        n(low),
        n(max(high, low + 1)),
        dot,
    )


def interval(nps: Nps, overall: float | None) -> SafeString:
    """One row of a breakdown: its interval on −100 to +100, the zero dotted, the whole's score in grey. Decoration: the
    row says the same in words."""
    x = [120 + value * 1.15 for value in (nps.low, nps.high, nps.point or 0)]
    whole = (
        format_html('<line class="f-whole" x1="{0}" x2="{0}" y1="0" y2="18"/>', n(120 + overall * 1.15))
        if overall is not None
        else ""
    )
    return format_html(
        '<svg class="ax" viewBox="0 0 240 18" preserveAspectRatio="none" aria-hidden="true">'
        '<line class="f-zero" x1="120" x2="120" y1="0" y2="18"/>{}<line class="f-reach" x1="{}" x2="{}" y1="9" y2="9"/>'
        '<line class="f-point" x1="{}" x2="{}" y1="4" y2="14"/></svg>',
        whole,
        n(x[0]),
        n(x[1]),
        n(x[2]),
        n(x[2]),
    )


# ---- where answers fall ----------------------------------------------------------------------------------------
def distribution(counts: Counts) -> SafeString:
    """A bar for each score with its count, and each band with its share."""
    tallest = max(*counts.by_score, 1)
    bars = []
    for score, count in enumerate(counts.by_score):
        left, height = score * 31.4, 172 * count / tallest
        bars.append(
            (band(score)[:3], n(left), n(190 - height), n(height), score, count, n(left + 12.5), n(185 - height))
        )
    drawn = format_html_join(
        "",
        '<rect class="f-{}" x="{}" y="{}" width="25" height="{}" rx="3"><title>Score {}: {} answers</title></rect>'
        '<text x="{}" y="{}" text-anchor="middle">{}</text>'
        '<text class="m" x="{}" y="206" text-anchor="middle">{}</text>',
        (
            (tone, x, y, h, score, count, mid, above, count, mid, score)
            for tone, x, y, h, score, count, mid, above in bars
        ),
    )
    groups = ((0, 6, counts.detractors), (7, 8, counts.passives), (9, 10, counts.promoters))
    braces = format_html_join(
        "",
        '<path class="f-brace" d="M{} 214h{}"/><text class="k" x="{}" y="230" text-anchor="middle">{}</text>',
        (
            (
                n(first * 31.4),
                n((last - first) * 31.4 + 25),
                n((first + last) * 15.7 + 12.5),
                f"{100 * count / counts.n:.0f}%" if counts.n else "–",
            )
            for first, last, count in groups
        ),
    )
    name = f"Answers per score. 0 to 6: {counts.detractors}, 7 and 8: {counts.passives}, 9 and 10: {counts.promoters}"
    return format_html(
        '<svg class="chart" viewBox="0 0 340 236" role="img" aria-label="{}">{}{}</svg>', name, drawn, braces
    )


# ---- how many of each ------------------------------------------------------------------------------------------
def bars(rows: Sequence[tuple[str, int]], *, tones: Sequence[str], is_wide: bool) -> SafeString:
    """Named bars with their counts; `tones` (pro, pas or det) one for each, the last repeated."""
    width, start = (420, 150) if is_wide else (322, 122)
    longest = max([count for _, count in rows] + [1])
    room = width - start - 50
    room_for_name = 23 if is_wide else 18
    drawn = format_html_join(
        "",
        '<text class="m">{}</text><rect class="f-{}" x="{}" y="{}" width="{}" height="16" rx="3"/>'
        '<text class="k" x="{}" y="{}">{}</text>',
        (
            (
                _name(label, room_for_name, 30 * place),
                tones[min(place, len(tones) - 1)],
                start,
                7 + 30 * place,
                n(max(2.0, room * count / longest)),
                n(start + max(2.0, room * count / longest) + 8),
                19 + 30 * place,
                count,
            )
            for place, (label, count) in enumerate(rows)
        ),
    )
    name = "; ".join(f"{label}: {count}" for label, count in rows)
    return format_html(
        '<svg class="chart {} top" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        "f-wide" if is_wide else "f-narrow",
        width,
        30 * len(rows),
        name,
        drawn,
    )


def _name(label: str, longest: int, top: int) -> SafeString:
    """On one line, or on two where it is long; what is longer still is in the drawing's own name."""
    lines = wrap(label, longest, max_lines=2, placeholder="…") or [""]
    heights = (top + 19,) if len(lines) == 1 else (top + 12, top + 26)
    return format_html_join("", '<tspan x="0" y="{}">{}</tspan>', zip(heights, lines, strict=True))


def stack(parts: Sequence[tuple[str, int]], *, late_from: int, is_wide: bool) -> SafeString:
    """One bar in as many parts, each with its share below; from place `late_from` on they are late. A part of nothing
    is named in the table only."""
    total = sum(count for _, count in parts)
    width, left, drawn = (420 if is_wide else 322), 0.0, []
    for place, (words, count) in enumerate(parts):
        if not count:
            continue
        room = width * count / total
        # A label that would run into the next is left to the table.
        is_told = room >= 6.6 * len(words) + 4
        drawn.append(
            (
                "det" if place >= late_from else "pro",
                n(left),
                n(max(2.0, room - 2)),
                f"{words}: {count}",
                n(left),
                f"{100 * count / total:.0f}%" if room >= 30 else "",
                n(left),
                words if is_told else "",
            )
        )
        left += room
    name = "; ".join(f"{words}: {count}" for words, count in parts)
    return format_html(
        '<svg class="chart {} top" viewBox="0 0 {} 66" role="img" aria-label="{}">{}</svg>',
        "f-wide" if is_wide else "f-narrow",
        width,
        name,
        format_html_join(
            "",
            '<rect class="f-{}" x="{}" y="0" width="{}" height="28" rx="3"><title>{}</title></rect>'
            '<text class="k" x="{}" y="44">{}</text><text class="m" x="{}" y="60">{}</text>',
            drawn,
        ),
    )


def n(value: float) -> str:
    """A length on a drawing."""
    return f"{value:.1f}"
