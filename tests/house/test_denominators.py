"""Every share says of how many: the admin page of outcomes, its CSV, and the dashboard's drivers."""

import csv
import re

import pytest
from django.test import Client
from django.urls import reverse

from nps.survey.models import Topic
from nps.survey.services import answering
from tests.factories import AT
from tests.house.test_dashboard import PAGE, text_of
from tests.managed import NOW, House

pytestmark = [pytest.mark.django_db, pytest.mark.clock(NOW)]


def test_every_share_of_the_outcomes_page_names_of_how_many(house: House, manager: Client) -> None:
    house.fill(3)
    page = manager.get(reverse("admin:followups_tracking"))
    promised = next(row for row in page.context["outcomes"] if row.name == "Promise made")
    assert (promised.count, promised.out_of, promised.share) == (3, 9, 3 / 9)
    shares = re.findall(r"\d+% .{0,12}", text_of(page))
    assert len(shares) > 15
    assert [one for one in shares if not re.match(r"\d+% (\d+ )?of \d+", one)] == []


def test_the_csv_of_outcomes_has_the_denominators_too(house: House, manager: Client) -> None:
    house.fill(3)
    said = b"".join(manager.get(reverse("admin:followups_tracking_csv"))).decode()
    lines = list(csv.DictReader(said.splitlines()))
    assert {line["of"] for line in lines if line["table"] == "outcome"} == {"9"}
    assert [line for line in lines if line["share"] and not line["of"]] == []


def test_each_topic_says_of_how_many_that_ticked_any(house: House, manager: Client) -> None:
    topics = list(Topic.objects.order_by("pk")[:3])
    for number in range(3):
        response = house.follow_up(4).response
        answering.add_reason(response=response, at=AT, comment="", topics=topics[: number + 1])
    page = manager.get(PAGE)
    assert [topic.counts.n for topic, _ in page.context["topics"]] == [3, 2, 1]
    words = text_of(page)
    for share in ("3 100% of 3", "2 67% of 3", "1 33% of 3"):
        assert share in words, share
