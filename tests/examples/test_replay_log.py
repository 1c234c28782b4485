"""The replay's own reading of its inputs: the log as steps, the reviews as opinions, the score as a figure."""

from collections import Counter
from pathlib import Path

import pytest

from examples.replay.answers import opinions
from examples.replay.figures import nps
from examples.replay.log import COLUMNS, Act, BadLog, steps


def write_log(path: Path, rows: list[str]) -> Path:
    """`rows`: number, state, group, person, day/month/year hour:minute."""
    lines = [",".join(COLUMNS)]
    for row in rows:
        number, state, group, person, at = row.split("|")
        lines.append(f"{number},{state},77,5,9,{group},{person},?,{at}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_reopened_incident_becomes_its_acts_in_order(tmp_path: Path) -> None:
    log = write_log(
        tmp_path / "log.csv",
        [
            "A|New|70|?|29/2/2016 01:23",
            "A|Active|70|12|29/2/2016 02:00",
            "A|Awaiting User Info|70|12|29/2/2016 02:10",
            "A|Active|71|13|29/2/2016 02:20",
            "A|Resolved|71|13|29/2/2016 03:00",
            "A|Resolved|71|14|29/2/2016 03:30",
            "A|Active|71|14|1/3/2016 08:00",
            "A|Resolved|71|14|1/3/2016 09:00",
            "A|Closed|71|14|6/3/2016 09:00",
        ],
    )
    assert [step.act for step in steps(log)] == [
        Act.OPEN, Act.ASSIGN, Act.ASK, Act.ASSIGN, Act.RESOLVE, Act.REOPEN, Act.RESOLVE, Act.ACCEPT,
    ]  # fmt: skip


def test_incidents_interleave_by_time_and_ties_keep_the_order_of_the_file(tmp_path: Path) -> None:
    log = write_log(
        tmp_path / "log.csv",
        [
            "A|New|70|?|1/3/2016 09:00",
            "A|Resolved|70|?|1/3/2016 11:00",
            "B|New|70|?|1/3/2016 10:00",
            "B|Resolved|70|?|1/3/2016 11:00",
            "C|New|70|?|29/2/2016 23:59",
        ],
    )
    assert [(step.incident, step.act) for step in steps(log)] == [
        ("C", Act.OPEN), ("A", Act.OPEN), ("B", Act.OPEN), ("A", Act.RESOLVE), ("B", Act.RESOLVE),
    ]  # fmt: skip


def test_a_clock_that_goes_back_does_not_turn_an_incident_around(tmp_path: Path) -> None:
    log = write_log(
        tmp_path / "log.csv",
        ["A|New|70|?|1/3/2016 11:10", "A|Resolved|70|?|1/3/2016 09:52", "A|Closed|70|?|1/3/2016 09:53"],
    )
    assert [step.act for step in steps(log)] == [Act.OPEN, Act.RESOLVE, Act.ACCEPT]


def test_an_incident_that_begins_solved_is_opened_first(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log.csv", ["A|Resolved|70|?|1/3/2016 11:10", "B|New|70|?|1/3/2016 11:11"])
    assert [step.act for step in steps(log, limit=1)] == [Act.OPEN, Act.RESOLVE]


@pytest.mark.parametrize(
    ("rows", "says"),
    [(["A|New|70|?|2016-03-01 10:00"], "line 2: sys_updated_at"), (["A|New|70|?|"], "day/month/year")],
)
def test_a_bad_moment_names_its_line(tmp_path: Path, rows: list[str], says: str) -> None:
    with pytest.raises(BadLog, match=says):
        steps(write_log(tmp_path / "log.csv", rows))


def test_a_file_that_is_no_log_says_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("number,state\nA,New\n")
    with pytest.raises(BadLog, match="lacks the column incident_state"):
        steps(tmp_path / "log.csv")


def test_the_real_log_has_its_741_resolutions(shared_data: Path) -> None:
    acts = Counter(step.act for step in steps(shared_data / "incident_log" / "incident_event_log_head.csv"))
    assert (acts[Act.OPEN], acts[Act.RESOLVE], acts[Act.REOPEN], acts[Act.ACCEPT]) == (731, 741, 10, 731)


def test_every_tenth_1_becomes_a_0_and_blanks_are_skipped(tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("content,overall_rating\n" + "Bad.,1.0\n" * 20 + "No rating.,\nGood!,10.0\n")
    read = opinions(reviews)
    assert Counter(opinion.score for opinion in read) == {1: 18, 0: 2, 10: 1}
    assert [place for place, opinion in enumerate(read) if opinion.score == 0] == [9, 19]


def test_the_real_reviews_give_every_score(shared_data: Path) -> None:
    read = opinions(shared_data / "reviews" / "seat.csv")
    assert len(read) == 1257
    assert {opinion.score for opinion in read} == set(range(11))


@pytest.mark.parametrize("rating", ["11", "7.5", "-1"])
def test_a_rating_outside_the_scale_is_refused(tmp_path: Path, rating: str) -> None:
    (tmp_path / "reviews.csv").write_text(f"content,overall_rating\nHm.,{rating}\n")
    with pytest.raises(ValueError, match="overall_rating"):
        opinions(tmp_path / "reviews.csv")


def test_ten_promoters_of_ten_are_not_certain() -> None:
    figure = nps(Counter({10: 10}))
    assert figure.point is None, "under 30 there is no score"
    assert nps(Counter({10: 30})).point == 100
    assert figure.high == 100
    assert 47 < figure.low < 48


def test_no_answers_have_no_point() -> None:
    assert nps(Counter()).point is None
