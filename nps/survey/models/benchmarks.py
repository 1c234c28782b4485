"""What a figure is set beside: a benchmark from outside, or the level the organisation holds to be its best."""

from datetime import date

from django.db import models
from django.db.models import Q


class BenchmarkQuerySet(models.QuerySet["Benchmark"]):
    def known_on(self, day: date) -> "BenchmarkQuerySet":
        return self.filter(on__lte=day)


class Benchmark(models.Model):
    """One value with its source and its day; a newer one stands in its place, and the older stays."""

    class Figure(models.TextChoices):
        NPS = "nps", "NPS"
        FCR_GROSS = "fcr_gross", "First contact resolution, gross (%)"
        FCR_NET = "fcr_net", "First contact resolution, net (%)"

    class Kind(models.TextChoices):
        BENCHMARK = "benchmark", "Benchmark from outside"
        LEVEL = "level", "Our own optimal level"

    figure = models.CharField(max_length=10, choices=Figure)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.BENCHMARK)
    value = models.DecimalField(
        max_digits=4, decimal_places=1, help_text="An NPS is −100 to 100, a share 0 to 100 per cent."
    )
    source = models.CharField(max_length=200, help_text="Who says so, such as a study and its page.")
    on = models.DateField("as of", help_text="The day of the source. The latest day that has come counts.")
    added_at = models.DateTimeField(editable=False)

    objects = BenchmarkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["figure", "kind", "on"],
                name="benchmark_once_a_day",
                violation_error_message="There is one of this day already.",
            ),
            models.CheckConstraint(
                condition=Q(figure="nps", value__gte=-100, value__lte=100)
                | (~Q(figure="nps") & Q(value__gte=0, value__lte=100)),
                name="benchmark_value",
                violation_error_message="An NPS is −100 to 100, a share 0 to 100 per cent.",
            ),
            models.CheckConstraint(condition=~Q(source=""), name="benchmark_source"),
        ]

    def __str__(self) -> str:
        return f"{self.get_figure_display()} {self.value:+.1f}, {self.source}"
