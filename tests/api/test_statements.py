"""How many SQL statements each act costs by key. A number here changes on purpose only.

Counted are all but BEGIN, COMMIT and savepoints, with settings rows (surveys, policies, calendars) remembered, as in a
process that has been up for a second. A ticket costs 6 without tags, 8 with known ones, 10 with one nobody had yet.
"""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from followups.policies import current_policies
from nps.desk.calendars import calendar_of, default_team_id
from nps.survey.choosing import survey_for
from tests.api.conftest import World
from tests.api.doors import BY_NAME, placed

COSTS = {
    # key, team, customer | ticket, message | tags shown
    "a ticket without tags": 6,
    # and: tag looked for, made, read, linked
    "tickets": 10,
    # key, team | customer looked for by id and address, account looked for, account, customer, ticket | tags shown
    "tickets with a customer": 9,
    # key, ticket | ticket, read back, shifts, absences, messages, resolution; opt-out, decision, invitation, mail | it
    "ticket resolve": 13,
    # key, ticket, author and their role | message, ticket, read back
    "ticket reply": 7,
    # key, customer, person and their role | account, invitation, response, follow-up, history | topics, revisions shown
    "responses": 11,
    # key, follow-up, person, their role and teams | follow-up, history; a low score before? | shown, promises shown
    "follow-up claim": 10,
    # key, follow-up, person, their role and teams | follow-up, history, read back, attempt
    "follow-up attempt": 9,
    # the same, with answer and customer, whether they may be written to; letter and its delivery
    "follow-up letter": 12,
    # key, follow-up, person, their role and teams, cause | lesson, follow-up, answer (what it was about), history,
    # promise | shown, promises shown
    "follow-up close": 14,
}


def statements(world: World, name: str) -> list[str]:
    door = BY_NAME["tickets" if name == "a ticket without tags" else name]
    path, body = door.prepare(world)
    if name == "a ticket without tags":
        body = placed(body, "tags", [])
    client = world.key
    for team in (world.billing.pk, None):
        survey_for(team)
    calendar_of(world.billing.pk)
    current_policies(None)
    default_team_id(None)
    with CaptureQueriesContext(connection) as captured:
        answer: Any = door.go(client, path, body)
    assert answer.status_code == door.status, answer.data
    said = [query["sql"] for query in captured]
    return [sql for sql in said if not sql.startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]


@pytest.mark.parametrize("name", COSTS)
def test_statements_of_an_act(world: World, name: str) -> None:
    said = statements(world, name)
    assert len(said) == COSTS[name], "\n".join(said)
