"""Visits that are taken up again: who finds them, and for how long."""

from __future__ import annotations

from mcld_app.studio import answers
from mcld_app.studio.acts import choose_pose
from mcld_app.studio.desk import Visit
from mcld_app.studio.visits import Visits


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_visit_is_found_by_its_token_and_by_nothing_else() -> None:
    visits, one, other = Visits(60), Visit(), Visit()
    first, second = visits.keep(one), visits.keep(other)
    assert first != second and len(first) >= 40
    assert visits.keep(one) == first, "the same visit keeps its token"
    assert visits.find(first) is one and visits.find(second) is other
    for wrong in (None, "", 7, first[:-1], first.swapcase(), ["x"]):
        assert visits.find(wrong) is None


def test_a_visit_is_forgotten_after_its_time_counted_from_its_last_action() -> None:
    clock = Clock()
    visits, one, other = Visits(60, clock), Visit(), Visit()
    first, second = visits.keep(one), visits.keep(other)
    clock.now = 50
    visits.keep(one)
    clock.now = 100
    assert visits.find(first) is one and visits.find(second) is None
    clock.now = 111
    assert visits.find(first) is None


def test_a_deleted_visit_cannot_be_found_and_gets_another_token() -> None:
    visits, one = Visits(60), Visit()
    token = visits.keep(one)
    visits.drop(one)
    assert visits.find(token) is None and visits.keep(one) != token


def test_on_a_busy_day_those_that_rest_longest_are_let_go() -> None:
    visits = Visits(1e9)
    tokens = [visits.keep(Visit()) for _ in range(250)]
    assert visits.find(tokens[0]) is None and visits.find(tokens[-1]) is not None


def test_emptying_a_visit_leaves_no_picture_behind() -> None:
    visit = Visit()
    answers.run(visit, choose_pose, {"id": "arms-up"})
    visit.empty()
    assert visit.desk is None and visit.results == [] and visit.checked is None


def test_who_takes_a_visit_over_sees_all_of_it() -> None:
    one, other = Visit(), Visit()
    answers.run(one, choose_pose, {"id": "arms-up"})
    other.take_over(one)
    assert other.desk is one.desk and other.textured is None
