"""Which root cause is evident before anybody says so: from an earlier closing of the same follow-up, or from the one
topic that the customer ticked. Read only; where nothing is evident, nothing is offered."""

from dataclasses import dataclass

from followups.models import FollowUp, RootCause
from nps.survey.models import Topic

#: The topics whose words are those of a cause, both by slug. “It took too long” may be the first reply or the whole
#: request, “Something else” anything: they say nothing.
CAUSE_OF_TOPIC = {
    "explain-twice": "hand-over-between-agents-had-to-explain-it-twice",
    "came-back": "complete-resolution-problem-came-back",
    "hard-to-reach": "availability-of-service-hard-to-reach-a-person",
    "unclear": "knowledge-of-the-representative-unclear-answer",
    "price": "policy-or-price",
    "product": "quality-of-product",
}


@dataclass(frozen=True)
class Evident:
    """A cause, and in words from where it is known."""

    cause: RootCause
    words: str


def evident_cause(follow_up: FollowUp) -> Evident | None:
    """What an earlier closing said, done or asked for, the latest first; else what the customer ticked, if that was one
    thing only. None where a manager has retired that cause. At most four statements."""
    return _closed_before(follow_up) or _ticked(list(follow_up.response.topics.all()))


def _closed_before(follow_up: FollowUp) -> Evident | None:
    closed = follow_up.history.filter(verb="close").order_by("-at", "-pk").values_list("at", "detail").first()
    asked = follow_up.confirmations.select_related("root_cause").order_by("-asked_at", "-pk").first()
    if asked is not None and (closed is None or asked.asked_at > closed[0]):
        return _offered(asked.root_cause, "As a second person was asked to confirm it.")
    return _offered(_active(closed[1].get("root_cause")), "As it was closed before.") if closed else None


def _ticked(topics: list[Topic]) -> Evident | None:
    slug = CAUSE_OF_TOPIC.get(topics[0].slug) if len(topics) == 1 else None
    return _offered(_active(slug), f"The customer ticked “{topics[0].label('en')}”.") if slug else None


def _active(slug: str | None) -> RootCause | None:
    return RootCause.objects.filter(slug=slug, is_active=True).first()


def _offered(cause: RootCause | None, words: str) -> Evident | None:
    return Evident(cause, words) if cause is not None and cause.is_active else None
