"""What customers ticked as the reason of their score: topics, and the drivers they stand for."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Count

from nps.survey.figures.scope import Scope
from nps.survey.models import Topic
from nps.survey.scoring import Counts, Nps, Rate, nps


@dataclass(frozen=True)
class Driver:
    """One topic: the answers that ticked it, out of all that ticked any. An answer may tick several."""

    pk: int
    name: str
    driver: str
    counts: Counts
    nps: Nps
    rate: Rate


def by_topic(scope: Scope) -> tuple[Driver, ...]:
    """Topics that were ticked, most often first. Three statements."""
    tallies: dict[int, dict[int, int]] = defaultdict(dict)
    ticked = scope.responses().filter(topics__isnull=False)
    for topic, score, count in ticked.values_list("topics", "score").annotate(Count("pk")).order_by():
        tallies[topic][score] = count
    any_at_all = ticked.aggregate(n=Count("pk", distinct=True))["n"]
    rows = []
    for topic in Topic.objects.all():
        if topic.pk in tallies:
            counts = Counts.tallied(tallies[topic.pk])
            label = str(topic.get_driver_display())
            rows.append(Driver(topic.pk, topic.label("en"), label, counts, nps(counts), Rate(counts.n, any_at_all)))
    return tuple(sorted(rows, key=lambda row: (-row.counts.n, row.name)))
