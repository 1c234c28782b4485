"""Which policy a score falls under, remembered for a few seconds."""

from math import ceil

from followups import rules
from followups.models import Policy
from nps.remembered import Remembered
from nps.survey.models import Response

WORKING_DAY_HOURS = 8


def _load(_: None) -> list[Policy]:
    # Strictest first, so that a key account's 8 finds the policy that covers key accounts before the gentle one.
    return list(
        Policy.objects.current().prefetch_related("fallback_teams").order_by("first_contact_hours", "min_score", "pk")
    )


#: None -> the current policies, strictest first
current_policies: Remembered[None, list[Policy]] = Remembered(_load)


class NoPolicy(LookupError):
    """No current policy covers this score: a manager has to add one."""


def policy_for(*, score: int, is_key_account: bool) -> Policy:
    """The current policy of a score from 0 to 8, of a key account or not; NoPolicy where none covers it."""
    policies = current_policies(None)
    for policy in policies:
        if policy.min_score <= score <= policy.max_score or (is_key_account and policy.covers_key_accounts):
            return policy
    # A gap in the bands must not lose a customer: the strictest one stands in.
    if policies:
        return policies[0]
    raise NoPolicy(f"No current follow-up policy covers a score of {score}.")


def days_to_contact(response: Response) -> int | None:
    """What the customer is promised: whole working days until somebody gets in touch, None where nobody will. The
    response comes with its account loaded."""
    if not rules.needs_outreach(response.score):
        return None
    try:
        policy = policy_for(score=response.score, is_key_account=bool(response.account and response.account.is_key))
    except NoPolicy:
        return None
    return max(1, ceil(policy.first_contact_hours / WORKING_DAY_HOURS))
