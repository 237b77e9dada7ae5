"""Visits that are taken up again: who finds them, and for how long."""

from __future__ import annotations

import studio_actions as actions

from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_visit_is_found_by_its_token_and_by_nothing_else() -> None:
    sessions, one, other = SessionStore(60), Session(), Session()
    first, second = sessions.keep(one), sessions.keep(other)
    assert first != second and len(first) >= 40
    assert sessions.keep(one) == first, "the same visit keeps its token"
    assert sessions.find(first) is one and sessions.find(second) is other
    for wrong in (None, "", 7, first[:-1], first.swapcase(), ["x"]):
        assert sessions.find(wrong) is None


def test_a_visit_is_forgotten_after_its_time_counted_from_its_last_action() -> None:
    clock = Clock()
    sessions, one, other = SessionStore(60, clock), Session(), Session()
    first, second = sessions.keep(one), sessions.keep(other)
    clock.now = 50
    sessions.keep(one)
    clock.now = 100
    assert sessions.find(first) is one and sessions.find(second) is None
    clock.now = 111
    assert sessions.find(first) is None


def test_a_deleted_visit_cannot_be_found_and_gets_another_token() -> None:
    sessions, one = SessionStore(60), Session()
    token = sessions.keep(one)
    sessions.drop(one)
    assert sessions.find(token) is None and sessions.keep(one) != token


def test_on_a_busy_day_those_that_rest_longest_are_let_go() -> None:
    sessions = SessionStore(1e9)
    tokens = [sessions.keep(Session()) for _ in range(250)]
    assert sessions.find(tokens[0]) is None and sessions.find(tokens[-1]) is not None


def test_emptying_a_visit_leaves_no_picture_behind() -> None:
    session = Session()
    actions.run(session, actions.choose_pose, {"id": "arms-up"})
    session.empty()
    assert session.state is None and session.results == [] and session.shown == {}


def test_who_takes_a_visit_over_sees_all_of_it() -> None:
    one, other = Session(), Session()
    actions.run(one, actions.choose_pose, {"id": "arms-up"})
    other.take_over(one)
    assert other.state is one.state and other.shown == {}
