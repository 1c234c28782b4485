"""The API's docs in a real browser: they draw themselves from this server alone, under the strict policy."""

from typing import Any

import pytest


@pytest.mark.django_db(transaction=True)
def test_the_docs_draw_themselves(page: Any, live_server: Any) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/api/docs/")
    page.wait_for_selector(".opblock-summary-path")
    shown = page.inner_text("#swagger-ui")
    assert "follow-ups" in shown
    elsewhere = [url for url in asked if not url.startswith((live_server.url, "data:", "blob:"))]
    assert not elsewhere
