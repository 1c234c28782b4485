"""An organisation whose every text is a script: `python -m tests.faults.tainted SHAPE [again]`, run in the product's
environment. Writes past the product, straight into each text column of each row. Prints as JSON what was written where
(by number), the pages of each visitor with their sessions, and whose mails to look at."""

import json
import sys
from typing import Any

#: Written into every text, {n} being its number: as an element, out of an attribute, out of what holds plain text, as
#: an address, and as what a library of ours would act upon.
SHAPES = (
    "{n}\"'><img src=x onerror=x9({n})><script>x9({n})</script><s-9>",
    "</script></style></textarea></title><svg onload=x9({n})><s-9>",
    "\" autofocus onfocus=x9({n}) onpointerenter=x9({n}) s-9='",
    "javascript:x9({n})//'><iframe srcdoc='<script>parent.x9({n})</script>'>",
    "<p hx-on::load=x9({n}) data-hx-on:load=x9({n}) hx-get=/healthz hx-trigger=load><s-9>{{x9({n})}}",
)
SHORT = ("<svg onload=x9({n})>", "<s-9 id={n}>")
SHORTEST = "<s-9>"
STEP, DIGITS = 100_000, 16
ROWS = 60  # of a table that are written to: the newest
#: What is of a set form wherever it comes from, and is looked up by it or computed with: a script in it would be a
#: broken row, and says nothing about pages.
SET_FORM = {
    "password", "time_zone", "language", "languages", "slug", "status", "lease_token", "message_id", "recipient",
    "digest", "key_id", "secret_hash", "hashed", "codename", "purpose", "verb", "kind", "nonce",
}  # fmt: skip


def taint(shape: str) -> list[str]:
    """Into every text there is. The columns; a text has the number STEP × place of its column + key of its row."""
    from django.db import Error, connection, models, transaction

    from tests.house.read_only import MODELS

    written: list[str] = []
    with connection.cursor() as cursor:
        for model in MODELS:
            table, key = model._meta.db_table, model._meta.pk.column  # type: ignore[union-attr]
            for column in model._meta.concrete_fields:
                is_text = isinstance(column, models.CharField | models.TextField) and not column.choices
                if not is_text or isinstance(column, models.SlugField) or column.name in SET_FORM or column.primary_key:
                    continue
                number = f"CAST({len(written) * STEP} + {key} AS text)"
                text = f" || {number} || ".join(["%s"] * (_fitting(shape, column.max_length).count("{n}") + 1))
                newest = f"SELECT {key} FROM {table} ORDER BY {key} DESC LIMIT {ROWS}"
                try:
                    with transaction.atomic():
                        cursor.execute(
                            f"UPDATE {table} SET {column.column} = {text} WHERE {key} IN ({newest})",
                            _fitting(shape, column.max_length).split("{n}"),
                        )
                except Error as error:  # a CHECK refuses it, or there is no room for it
                    print(f"{table}.{column.name}: {error}", file=sys.stderr)
                    continue
                written.append(f"{table}.{column.name}")
    return written


def _fitting(shape: str, longest: int | None) -> str:
    return next((one for one in (shape, *SHORT) if longest is None or len(one) + DIGITS <= longest), SHORTEST)


def pages(scenery: Any) -> dict[str, list[str]]:
    """Visitor -> the pages that they open."""
    from django.contrib import admin
    from django.urls import reverse

    from nps.survey import links
    from tests.house.observed import Asking, page_routes, rest_operations
    from tests.house.observed_admin import rows_of
    from tests.house.pages import PAGES, Page
    from tests.house.scenery import OWN
    from tests.house.test_permissions import declared

    asking, side, shown = Asking(scenery), scenery.sides[OWN], declared("pages")[1]
    found: dict[str, list[str]] = {"superuser": [], "agent": [], "anonymous": []}
    for route, name in page_routes():
        if ("GET", route) not in shown or route.endswith("csv/") or "anything" in route or "logout" in route:
            continue
        path = asking._address(route, PAGES.get(name, Page()), side, OWN)
        for who in ("anonymous",) if path.startswith("/s/") else ("superuser", "agent"):
            found[who].append(path)
    for token in (side.token, links.token_of(side.rows["invitation"])):
        stems = ("", "?change=1&score=4", "?score=3&lang=de", "why/?done=1", "why/?lang=nb", "stop/?lang=pl", "more/")
        found["anonymous"] += [f"/s/{token}/{stem}" for stem in stems]
    for model in sorted(admin.site._registry, key=lambda model: model._meta.label):
        stem = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        listed = reverse(f"{stem}_changelist")
        found["superuser"] += [listed, f"{listed}?q=x9", reverse(f"{stem}_add")]
        (row, *_) = rows_of(model, scenery)
        found["superuser"] += [reverse(f"{stem}_{page}", args=[row.pk]) for page in ("change", "history", "delete")]
    for query in ("view=nobody", "view=all", "view=closed", "q=%22%3E%3Csvg%20onload=x9(0)%3E"):
        found["superuser"] += [f"{path}?{query}" for path in ("/followups/", "/tickets/", "/customers/", "/lessons/")]
    for method, path in rest_operations():
        if method == "GET" and "{id}" not in path:
            found["superuser"].append(path)
    return {who: list(dict.fromkeys(paths)) for who, paths in found.items()}


def main(shape: int, *, is_again: bool) -> None:
    import django

    django.setup()

    from django.db import transaction
    from django.test.utils import setup_test_environment

    setup_test_environment()

    from tests.house.scenery import Scenery

    told: dict[str, Any] = {}
    with transaction.atomic():
        if not is_again:
            scenery = Scenery()
            told["pages"] = pages(scenery)
            sessions = {who: scenery.clients[who].cookies.get("sessionid") for who in told["pages"]}
            told["sessions"] = {who: one.value for who, one in sessions.items() if one}
        told["written"] = taint(SHAPES[shape])
    print(json.dumps(told))


if __name__ == "__main__":
    main(int(sys.argv[1]), is_again="again" in sys.argv)
