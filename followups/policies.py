"""Which policy a score falls under, remembered for a few seconds."""

from datetime import datetime
from math import ceil

from followups import rules
from followups.models import Policy
from nps.desk.hours import Calendar
from nps.desk.models import Account
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


def policy_for(*, score: int, account: Account | None) -> Policy:
    """The current policy of a score from 0 to 8 that was given for `account`, or for none; NoPolicy where none covers
    it."""
    policies, is_key_account = current_policies(None), bool(account and account.is_key)
    for policy in policies:
        if policy.min_score <= score <= policy.max_score or (is_key_account and policy.covers_key_accounts):
            return policy
    # A gap in the bands must not lose a customer: the strictest one stands in.
    if policies:
        return policies[0]
    raise NoPolicy(f"No current follow-up policy covers a score of {score}.")


def deadlines(policy: Policy, calendar: Calendar, at: datetime) -> tuple[datetime, datetime]:
    """(first contact due, closed due) of what begins `at` under `policy`; see rules.due_times. ValueError where the
    calendar never gets there."""
    return rules.due_times(calendar, at, float(policy.first_contact_hours), policy.close_days)


def days_to_contact(response: Response) -> int | None:
    """What the customer is promised: whole working days until somebody gets in touch, None where nobody will. The
    response comes with its account loaded."""
    if not rules.needs_outreach(response.score):
        return None
    try:
        policy = policy_for(score=response.score, account=response.account)
    except NoPolicy:
        return None
    return max(1, ceil(policy.first_contact_hours / WORKING_DAY_HOURS))
