"""Few at once work, who is waited for first, then who came first."""

from __future__ import annotations

import threading
import time

from mcld_app.engine.turns import Turns, elsewhere

PATIENCE = 5.0


def begun(work) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    time.sleep(0.02)
    return thread


def test_those_who_are_waited_for_go_first_and_then_who_came_first() -> None:
    turns, order = Turns(1), []

    def work(name: str, rank: int) -> None:
        with turns.turn(rank):
            order.append(name)

    with turns.turn():
        threads = [begun(lambda who=who: work(*who)) for who in (("later", 1), ("first", 0), ("second", 0))]
        assert order == []
    for thread in threads:
        thread.join(PATIENCE)
    assert order == ["first", "second", "later"]


def test_no_more_work_at_once_than_there_are_places() -> None:
    turns, most, working = Turns(2), [], []

    def work() -> None:
        with turns.turn():
            working.append(1)
            most.append(len(working))
            time.sleep(0.01)
            working.pop()

    for thread in [begun(work) for _ in range(6)]:
        thread.join(PATIENCE)
    assert max(most) <= 2 and len(most) == 6


def test_who_waits_for_what_is_done_elsewhere_holds_nobody_up() -> None:
    turns, answer, order = Turns(1), threading.Event(), []

    def upload() -> None:
        with turns.turn():
            with turns.turn(1), elsewhere():  # a turn within one's turn is the same turn
                answer.wait(PATIENCE)
            order.append("upload")

    uploading = begun(upload)
    with turns.turn():
        order.append("edit")
        answer.set()
    uploading.join(PATIENCE)
    assert order == ["edit", "upload"]


def test_a_turn_is_given_on_after_an_error() -> None:
    turns = Turns(1)
    for _ in range(2):
        try:
            with turns.turn():
                raise ValueError
        except ValueError:
            pass
    with elsewhere():  # of nobody's turn
        pass
