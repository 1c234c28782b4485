"""One verb on many follow-ups: each in a transaction of its own, so that one that cannot stops no other."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from followups.models import FollowUp
from followups.rules import IllegalTransition
from nps.errors import DomainError


@dataclass
class Batch:
    """What became of each: `done`, or `left` with a sentence why."""

    done: list[FollowUp] = field(default_factory=list)
    left: list[tuple[FollowUp, str]] = field(default_factory=list)


def do_each(
    picked: Iterable[tuple[FollowUp, int]],
    act: Callable[[FollowUp, int], object],
    *,
    is_done: Callable[[FollowUp], bool],
) -> Batch:
    """`act(follow_up, expected_version)` on each, with the version that was seen. What is as it should be already
    (`is_done`) is left as it is and counts as done, so that sending the same twice does it once."""
    batch = Batch()
    for follow_up, version in picked:
        try:
            if not is_done(follow_up):
                act(follow_up, version)
        except DomainError as error:
            batch.left.append((follow_up, error.sentence))
        except IllegalTransition as error:
            batch.left.append((follow_up, str(error)))
        else:
            batch.done.append(follow_up)
    return batch
