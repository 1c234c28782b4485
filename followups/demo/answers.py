"""What a customer does with the survey mail: nothing, a look, an answer, a reason, a change of mind."""

from datetime import datetime, timedelta

from followups.demo import outreach
from followups.demo.briefs import Brief
from followups.demo.clockwork import Life, Steps
from followups.demo.library import Comment, Story
from followups.demo.world import World
from nps.desk.models import Channel, Customer
from nps.survey.models import Invitation, Response
from nps.survey.services import answering, clicking, inviting

MAIL_CLIENT = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
OTHERWISE = "Expectation beyond the contract"  # the cause of a score that nobody explained
FILTER = "Mozilla/5.0 (compatible; LinkProtect/2.1)"

#: Scores and how many of a hundred give them, by how much went wrong.
SMOOTH = (1, 0, 1, 1, 1, 2, 3, 7, 13, 30, 41)
STRAINED = (3, 2, 2, 3, 4, 7, 9, 16, 22, 18, 14)
BAD = (7, 5, 6, 9, 8, 12, 13, 18, 12, 6, 4)
INCIDENT = (2, 1, 2, 3, 3, 5, 8, 20, 26, 19, 11)
#: Questions without a ticket, in the course of the weeks.
VIAS = [Invitation.Via.SITE, Invitation.Via.LINK, Invitation.Via.CHAT, Invitation.Via.SITE, Invitation.Via.PHONE] * 2
#: Changes of mind that happen, in turn: (given first, changed to), by the first answer that fits.
CHANGES = ((range(9, 11), 3), (range(0, 5), 9), (range(7, 9), 9), (range(9, 11), 8), (range(6, 8), 5))


def asked(world: World, at: datetime, resolution_id: int, brief: Brief) -> Life:
    """From the mail to the answer, if one comes."""
    share = _share_of_answers(brief)
    answers = bool(world.draw(f"answers {share}", (100 - share, share)))
    looks = not answers and world.chance(0.07)
    if world.chance(0.03):
        at = yield from _opened_by_machines(world, at, resolution_id)
    if not (answers or looks):
        return
    at = yield world.duty.awake(brief.customer, at + _delay(world, brief))
    invitation = _delivered(resolution_id)
    if invitation is None:
        return
    if looks:
        clicking.note_click(invitation=invitation, at=at, score=_score(world, brief), user_agent=MAIL_CLIENT)
    elif brief.customer.phone and brief.channel == Channel.PHONE and world.chance(0.25):
        yield from _told_by_phone(world, at, invitation, brief)
    else:
        yield from answered(world, at, invitation, brief.customer, brief.story, brief.troubles, _score(world, brief))


def _delivered(resolution_id: int) -> Invitation | None:
    """The invitation, if its mail arrived and what it is about still stands."""
    sent = Invitation.objects.filter(delivered_at__isnull=False, resolution__reopened_at__isnull=True)
    return sent.select_related("resolution__account").filter(resolution_id=resolution_id).first()


def asked_elsewhere(world: World, at: datetime, customer: Customer, via: str) -> Life:
    """A question without a ticket: on the support site, in a chat, in a letter."""
    survey = world.survey
    invitation = inviting.invite(survey=survey, customer=customer, via=via, at=at)
    at = yield at + world.within(1, 9)
    score = world.draw("scores 0", SMOOTH)
    yield from answered(world, at, invitation, customer, None, set(), score)


def _share_of_answers(brief: Brief) -> int:
    """How many of a hundred answer."""
    if brief.story.is_incident:
        return 68
    return 24 + 9 * len(brief.troubles)


def _delay(world: World, brief: Brief) -> timedelta:
    """Some answer at once, some in the evening, some days later."""
    if brief.story.is_incident:
        return world.one_of((world.within(4, 300), world.within(60, 4200)))
    return world.one_of((world.within(3, 60), world.within(20, 600), world.within(300, 3600)))


def _score(world: World, brief: Brief) -> int:
    if brief.story.is_incident:
        return world.draw("incident", INCIDENT)
    kind = min(2, len(brief.troubles))
    return world.draw(f"scores {kind}", (SMOOTH, STRAINED, BAD)[kind])


def _opened_by_machines(world: World, at: datetime, resolution_id: int) -> Steps:
    """A mail filter that follows every link, on some addresses."""
    invitation = _delivered(resolution_id)
    if invitation is None:
        return at
    at = yield at + timedelta(seconds=9)
    for score in (0, 3, 7, 10):
        clicking.note_click(invitation=invitation, at=at, score=score, user_agent=FILTER)
        at = yield at + timedelta(seconds=1)
    clicking.note_click(invitation=invitation, at=at, score=None, user_agent=FILTER, is_hidden_link=True)
    return at


def _told_by_phone(world: World, at: datetime, invitation: Invitation, brief: Brief) -> Life:
    """A colleague of the one who helped asks on the phone and takes the answer down."""
    asker = world.duty.pick(brief.story.team, at, language=brief.customer.language)
    if invitation.resolution and asker.pk == invitation.resolution.agent_id:
        return
    said = _score(world, brief)
    comment = world.library.comment(brief.customer.language, said, brief.story, brief.troubles)
    response, _ = answering.record_answer(
        invitation=invitation,
        score=said,
        origin=Response.Origin.PHONE,
        taken_by=asker,
        comment=comment.text if comment and world.chance(0.7) else "",
        at=at,
    )
    world.start_life(at, outreach.follow_up, response.pk, _cause(world, comment, brief.story))
    yield from ()


def answered(
    world: World,
    at: datetime,
    invitation: Invitation,
    customer: Customer,
    story: Story | None,
    troubles: set[str],
    score: int,
) -> Life:
    """The link, the send, the reason, and perhaps a change of mind."""
    clicking.note_click(invitation=invitation, at=at, score=score, user_agent=MAIL_CLIENT)
    at = yield at + world.within(0.1, 0.8)
    response, _ = answering.record_answer(
        invitation=invitation, score=score, nonce=f"{world.rng.getrandbits(88):022x}", at=at
    )
    comment = world.library.comment(customer.language, score, story, troubles)
    world.start_life(at, outreach.follow_up, response.pk, _cause(world, comment, story))
    if world.chance(0.8 if score <= 6 else 0.6 if score <= 8 else 0.4):
        at = yield at + world.within(0.4, 4)
        _give_reason(world, at, response, customer, comment)
    yield from _change_of_mind(world, at, response, _cause(world, comment, story))


def _give_reason(world: World, at: datetime, response: Response, customer: Customer, comment: Comment | None) -> None:
    choice = Response.ContactChoice
    wish = choice.NONE
    if response.score <= 8 and world.chance(0.6):
        wanted = [choice.EMAIL] * 3 + [choice.NO] + ([choice.PHONE] * 6 if customer.phone else [])
        wish = world.one_of(wanted)
    has_words = comment is not None and world.chance(0.85)
    answering.add_reason(
        response=response,
        comment=comment.text if comment and has_words else "",
        topics=[world.topics[slug] for slug in (comment.topics if comment else ())],
        contact_choice=wish,
        at=at,
    )


def _change_of_mind(world: World, at: datetime, response: Response, cause: str) -> Life:
    made = world.seen["changes"]
    if made >= len(CHANGES) or response.score not in CHANGES[made][0] or world.seen["answers"] < 8 * made:
        world.seen["answers"] += 1
        return
    world.seen["changes"] += 1
    at = yield at + world.within(15, 100)
    response.refresh_from_db()
    if response.is_editable(at):
        nonce = f"{world.rng.getrandbits(88):022x}"
        answering.change_score(response=response, score=CHANGES[made][1], nonce=nonce, at=at)
        world.start_life(at, outreach.follow_up, response.pk, cause)


def _cause(world: World, comment: Comment | None, story: Story | None) -> str:
    """The name of the root cause that the call will find."""
    plagued = sorted(world.library.plagued)
    if plagued and not (comment and comment.cause) and world.chance(0.95):
        return plagued[0]
    return (comment and comment.cause) or (story and story.cause) or OTHERWISE
