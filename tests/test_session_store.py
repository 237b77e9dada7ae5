"""Visits that are taken up again: who finds them, and for how long."""

from __future__ import annotations

import studio_actions as actions

from mcld_app.engine import registry
from mcld_app.studio import session_store
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import MOST_VISITS, SessionStore


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


def test_a_visit_that_is_over_is_emptied_and_its_engine_encodings_are_forgotten(monkeypatch) -> None:
    clock, forgotten, left = Clock(), [], []
    monkeypatch.setattr(registry, "forget", forgotten.append)
    sessions, one, other = SessionStore(60, clock), Session(), Session()
    sessions.left = left.append
    actions.run(one, actions.choose_pose, {"id": "arms-up"})
    sessions.keep(one)
    clock.now = 61
    sessions.keep(other)
    owner = one.owner
    sessions.tidy()
    assert one.state is None and forgotten == [owner] and left == [one] and len(sessions) == 1


def test_a_drawing_that_goes_on_is_a_use() -> None:
    clock = Clock()
    sessions, one = SessionStore(60, clock), Session()
    token = sessions.keep(one)
    one.drawing = 1
    for clock.now in (50, 100, 150):
        sessions.tidy()
        assert sessions.find(token) is one
    one.drawing = 0
    clock.now = 209
    sessions.tidy()
    assert sessions.find(token) is one, "its time begins with the end of the drawing"
    clock.now = 211
    sessions.tidy()
    assert sessions.find(token) is None and len(sessions) == 0


def test_a_session_that_hangs_in_an_action_keeps_no_other(monkeypatch) -> None:
    monkeypatch.setattr(session_store, "_PATIENCE", 0.01)
    clock = Clock()
    sessions, hanging, other = SessionStore(60, clock), Session(), Session()
    for session in (hanging, other):
        actions.run(session, actions.choose_pose, {"id": "arms-up"})
        sessions.keep(session)
    clock.now = 61
    with hanging.lock:
        sessions.tidy()
    assert hanging.state is None and other.state is None


def test_a_deleted_visit_cannot_be_found_and_gets_another_token() -> None:
    sessions, one = SessionStore(60), Session()
    token = sessions.keep(one)
    sessions.drop(one)
    assert sessions.find(token) is None and sessions.keep(one) != token


def test_on_a_busy_day_those_that_rest_longest_are_let_go() -> None:
    sessions = SessionStore(1e9)
    left: list[Session] = []
    sessions.left = left.append
    kept = [Session() for _ in range(MOST_VISITS + 3)]
    tokens = [sessions.keep(session) for session in kept]
    kept[1].drawing = 1
    sessions.tidy()
    assert len(sessions) == MOST_VISITS and left == [kept[0], kept[2], kept[3]], "whoever waits for a picture stays"
    assert sessions.find(tokens[0]) is None and sessions.find(tokens[1]) is kept[1]


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
