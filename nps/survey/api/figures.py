"""The survey's REST door: figures as programs read them, named as the dataclasses of nps.survey.reports are."""

from typing import Any

from rest_framework import serializers


class RateShape(serializers.Serializer):
    numerator = serializers.IntegerField()
    denominator = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="0 to 1; null of nothing.")


class NpsFigureShape(serializers.Serializer):
    point = serializers.FloatField(
        allow_null=True, help_text="−100 to 100; null under 30 answers, where no score is shown anywhere."
    )
    low = serializers.FloatField(help_text="Of the 95 % interval.")
    high = serializers.FloatField()
    n = serializers.IntegerField()
    is_scored = serializers.BooleanField(
        help_text="False under 30 answers: the counts and the interval are all there is."
    )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        told: dict[str, Any] = super().to_representation(instance)
        return told if told["is_scored"] else {**told, "point": None}


class BesideGapShape(serializers.Serializer):
    points = serializers.FloatField(allow_null=True, help_text="The figure less the value; null of what is not scored.")
    is_clear = serializers.BooleanField(help_text="The value lies outside the figure's 95 % interval.")
    words = serializers.CharField()


class BesideShape(serializers.Serializer):
    figure = serializers.CharField(help_text="nps, fcr_gross or fcr_net.")
    kind = serializers.CharField(help_text="benchmark, from outside; level, the organisation's own.")
    label = serializers.CharField()  # type: ignore[assignment]
    value = serializers.FloatField()
    source = serializers.CharField()  # type: ignore[assignment]
    on = serializers.DateField(help_text="The day from which it was known.")
    gap = BesideGapShape()


class ChangeShape(serializers.Serializer):
    since = serializers.DateTimeField(help_text="Of the period before: as long, and ended where this one begins.")
    until = serializers.DateTimeField()
    n = serializers.IntegerField(source="before.n", help_text="Answers then.")
    is_comparable = serializers.BooleanField(help_text="False where either period has under 30 answers.")
    delta = serializers.FloatField(source="found.delta", allow_null=True, help_text="In points; null: not comparable.")
    low = serializers.FloatField(source="found.low", allow_null=True, help_text="Of the 95 % interval of the change.")
    high = serializers.FloatField(source="found.high", allow_null=True)
    is_clear = serializers.BooleanField(
        source="found.is_clear", help_text="More than chance: the interval is without 0."
    )
    words = serializers.CharField(help_text="As the figures page says it.")


class NpsReportShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    nps = NpsFigureShape(help_text="Of the answers given in the period.")
    change = ChangeShape(help_text="Against the period before.")
    beside = BesideShape(many=True, help_text="What a manager set beside the score, and how far it is from that.")
    distribution = serializers.DictField(
        child=serializers.IntegerField(), help_text="How many answers gave each score, “0” to “10”."
    )
    promoters = serializers.IntegerField()
    passives = serializers.IntegerField()
    detractors = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True)
    resolved = serializers.IntegerField(help_text="Resolutions of the period; all that follows is about these.")
    invited = serializers.IntegerField()
    delivered = serializers.IntegerField()
    answered = serializers.IntegerField()
    decisions = serializers.DictField(child=serializers.IntegerField())
    history = serializers.IntegerField(help_text="Imported resolutions, in no other number.")
    about = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="Answers by what they were found to be about; `not_said` are those nobody has looked at.",
    )
    nps_without_others = NpsFigureShape(
        help_text="The same without answers that were about something else than the agent. Nothing is deleted."
    )
    rate_of_resolved = RateShape()
    rate_of_delivered = RateShape()


class StepShape(serializers.Serializer):
    key = serializers.CharField()
    name = serializers.CharField()
    count = serializers.IntegerField()
    rate = RateShape(help_text="Out of those of the step before.")
    losses = serializers.DictField(child=serializers.IntegerField(), help_text="By reason; they add up.")


class FunnelShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    steps = StepShape(many=True)
    history = serializers.IntegerField(help_text="Imported resolutions, in no other number.")
    silent = serializers.IntegerField(help_text="Question delivered, no answer.")
    lowest = serializers.FloatField(allow_null=True, help_text="The NPS of those asked, were all silent detractors.")
    highest = serializers.FloatField(allow_null=True, help_text="The same, were they all promoters.")


class SegmentShape(serializers.Serializer):
    key = serializers.CharField(allow_null=True, help_text="To filter by; null for “Not set” and “All others”.")
    name = serializers.CharField()
    nps = NpsFigureShape()
    rate_of_resolved = RateShape()
    rate_of_delivered = RateShape()


class LowestShape(serializers.Serializer):
    name = serializers.CharField()
    delta = serializers.FloatField(help_text="Points against all the others together.")
    is_clear = serializers.BooleanField(help_text="More than chance, for the lowest of so many.")
    against = serializers.IntegerField(help_text="How many are scored.")
    words = serializers.CharField()


class BreakdownShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    by = serializers.CharField()
    rows = SegmentShape(many=True)
    lowest = LowestShape(allow_null=True, help_text="Null where fewer than two are scored, and for agents.")


class WeekShape(serializers.Serializer):
    begins_on = serializers.DateField(help_text="A Monday.")
    weeks = serializers.IntegerField(help_text="How many weeks the row stands for; the first span may be shorter.")
    nps = NpsFigureShape()


class WeeksShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    rows = WeekShape(many=True, help_text="Each week.")
    spans = WeekShape(
        many=True,
        help_text="The same answers as the figures page draws them: by 1, 2, 4, 13 or 52 weeks, the shortest at which"
        " at least half of those with answers are scored.",
    )


class MovementShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    first = serializers.IntegerField(help_text="Answers of customers who had not answered before.")
    table = serializers.DictField(
        child=serializers.DictField(child=serializers.IntegerField()), help_text="Band before → band now → answers."
    )
    up = RateShape()
    down = RateShape()


class TopicShape(serializers.Serializer):
    name = serializers.CharField()
    driver = serializers.CharField()
    nps = NpsFigureShape()
    rate = RateShape(help_text="Out of all answers that ticked any.")


class TopicsShape(serializers.Serializer):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    rows = TopicShape(many=True)


class FirstContactFiguresShape(serializers.Serializer):
    assisted = serializers.IntegerField()
    states = serializers.DictField(child=serializers.IntegerField())
    excepted = serializers.IntegerField()
    gross = RateShape()
    net = RateShape()
    gross_with_pending = RateShape()


class ExceptionShape(serializers.Serializer):
    reason = serializers.CharField()
    count = serializers.IntegerField(help_text="Out of `excepted`.")


class FirstContactRowShape(FirstContactFiguresShape):
    name = serializers.CharField()


class FirstContactShape(FirstContactFiguresShape):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    definition = serializers.CharField()
    unknown = serializers.IntegerField(help_text="Imported without their contacts, in no other number.")
    disagreements = serializers.DictField(child=serializers.IntegerField())
    exceptions = ExceptionShape(many=True, help_text="The ten reasons recorded most often.")
    beside = BesideShape(
        many=True, help_text="What a manager set beside gross and net, and how far they are from that."
    )
    by = serializers.CharField()
    rows = FirstContactRowShape(many=True)
