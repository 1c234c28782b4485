"""What axe finds wrong with a page that a browser shows."""

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Any, *, rules: list[str] | None = None) -> list[dict[str, Any]]:
    """Each with its `id` and `nodes`; of `rules` (tags of axe), or of all that axe tries by itself.

    The script is put into a page once, however often that page is looked at, and only what is wrong is brought out:
    what is right with every node of a page is many times as much."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE_SCRIPT)
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = {"type": "tag", "values": rules}
    found: list[dict[str, Any]] = page.evaluate("options => axe.run(options).then(all => all.violations)", options)
    return found
