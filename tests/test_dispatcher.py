"""What an action changed always reaches the page, whichever action it was and however the answers come."""

from __future__ import annotations

import base64
import copy
import json
import threading
import time
from dataclasses import replace
from functools import lru_cache

import pytest
import studio_actions as actions
from flat_garments import tee
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import THOROUGH

from mcld_app.body.photo import encode_png
from mcld_app.deployment import cores
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.editing.samples import people as sample_people
from mcld_app.studio.busy import Busy
from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.messages import UNEXPECTED
from mcld_app.studio.page import PANELS, build
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState, initial_state, is_fresh


def file_of(data: bytes, name: str = "a.png") -> dict[str, str]:
    return {"name": name, "data": base64.b64encode(data).decode()}


UPLOAD = {
    "photo": file_of(list(sample_people().values())[2].photo_path.read_bytes(), "photo.png"),
    "iuv": file_of(list(sample_people().values())[2].iuv_path.read_bytes(), "iuv.png"),
}
TEE = file_of(encode_png(tee().picture), "tee.png")
LIVE_TURN = {"values": {"yaw": 40.0}, "live": True, "gesture": "a"}
STEPS = {
    "another pose": (actions.choose_pose, {"id": "walking"}),
    "a third pose": (actions.choose_pose, {"id": "arms-up"}),
    "a pose by hand": (actions.begin_by_hand, {}),
    "a hand on a slider": (actions.turn, LIVE_TURN),
    "the hand lets go": (actions.turn, {**LIVE_TURN, "live": False}),
    "as in the photo": (actions.as_in_photo, {}),
    "a garment": (actions.wear, {"id": "garment:jeans", "region": "bottom"}),
    "a colour": (actions.cover, {"region": "top", "colour": "#3050a0", "scale": 12, "angle": 0}),
    "the first edit off": (actions.switch, {"index": 0, "on": False}),
    "the first edit gone": (actions.remove, {"index": 0}),
    "another face": (actions.choose_face, {"id": "person:kofi"}),
    "half of that face": (actions.mix_face, {"share": 0.5, "texels": True}),
    "their own skin": (actions.skin_follows, {"on": False}),
    "less of the face": (actions.weigh_face, {"weight": 0.2}),
    "another way to guess": (actions.guess, {"how": "none"}),
    "another person": (actions.choose_person, {"id": "person:leo"}),
    "an own photo": (actions.use_upload, UPLOAD),
    "clothes of a photo": (actions.wear_files, {"files": list(UPLOAD.values()), "region": "top"}),
    "clothes beside the person": (actions.wear_files, {"files": list(UPLOAD.values()), "region": None}),
    "a garment's picture": (actions.wear_files, {"files": [TEE], "region": "upper"}),
    "a garment's picture beside the person": (actions.wear_files, {"files": [TEE], "region": None}),
    "no answer to a question": (actions.leave, {}),
    "a garment adjusted": (actions.begin_adjusting, {}),
    "a garment's point moved": (actions.move_point, {"point": "left_hem", "x": 0.75, "y": 0.5}),
    "a garment without sleeves": (actions.set_sleeves, {"on": False}),
    "no more adjusting": (actions.finish_adjusting, {}),
    "a face of a photo": (actions.face_files, {"files": list(UPLOAD.values())}),
    "a fitting": (actions.lay_over, {"photo": None}),
    "no fitting": (actions.leave_body, {}),
    "a pose gathered": (actions.add_pose, {}),
    "a pose dropped": (actions.drop_pose, {"index": 0}),
    "poses between": (actions.set_between, {"count": 1}),
    "undo": (actions.undo, {}),
    "redo": (actions.redo, {}),
    "reset": (actions.reset, {}),
    "an example": (actions.show_example, {"id": "pose"}),
    "a recipe": (
        actions.open_recipe,
        {"file": file_of(write_recipe(Recipe(initial_state().look, seeds=(4,))).encode())},
    ),
}


class Page:
    """A page as its scripts keep it: of each panel the last value that came."""

    def __init__(self) -> None:
        self.dispatcher: Dispatcher = actions.new_dispatcher()
        self.session = Session()
        self.session.open = frozenset(panel.name for panel in PANELS if panel.only_open)
        self.values: dict[str, dict] = {}
        self.photos: dict[str, str] = {}

    def copy(self) -> Page:
        """Another page that shows the same, of a visitor who did the same."""
        other = Page()
        other.session.state, other.session.serial = self.session.state, self.session.serial
        other.session.shown, other.session.told = dict(self.session.shown), dict(self.session.told)
        other.values, other.photos = copy.deepcopy(self.values), dict(self.photos)
        return other

    def do(self, action, data: dict) -> None:
        """The first answer to an event of the page."""
        self.take(self.dispatcher.run(self.session, action, data, names=self.dispatcher.names("first")))

    def rest(self) -> None:
        """The answers that follow one."""
        self.take(self.dispatcher.due(self.session, self.dispatcher.names("next")))
        for name in self.dispatcher.names("last"):
            self.take(self.dispatcher.due(self.session, [name]))

    def take(self, answers: dict) -> None:
        for name, value in answers.items():
            if name not in ("session", "notice"):
                json.dumps(value)
                self.values[name] = {key: told for key, told in value.items() if key != "serial"}
        stage = self.values.get("stage", {})
        if stage.get("before"):
            self.photos[stage["person"]] = stage["before"]
        if stage:
            stage["before"] = self.photos[stage["person"]]
        adjust = self.values.get("adjust", {})
        if adjust.get("picture"):
            self.photos[adjust["key"]] = adjust["picture"]
        if adjust.get("open"):
            adjust["picture"] = self.photos[adjust["key"]]

    def expected(self) -> dict[str, dict]:
        """What a page must show that is opened now."""
        state = self.session.state
        shown = {panel.name: panel.view(state, None) for panel in PANELS if panel.key}
        return {name: value for name, value in shown.items() if value is not None}


@settings(max_examples=30 if THOROUGH else 5, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(sorted(STEPS)), st.booleans()), min_size=1, max_size=5))
def test_whatever_is_done_the_page_ends_up_showing_all_of_it(steps: list[tuple[str, bool]]) -> None:
    page = Page()
    page.do(actions.as_it_is, {})
    for name, answered in steps:
        page.do(*STEPS[name])
        if answered:  # else the next action comes before the rest of this one's answer
            page.rest()
    page.rest()
    expected = page.expected()
    assert {name: page.values[name] for name in expected} == expected


@lru_cache(maxsize=1)
def begun() -> Page:
    """A page on which a few things were done."""
    page = Page()
    for step in ("a pose gathered", "another pose", "a colour", "a pose gathered"):
        page.do(*STEPS[step])
    page.rest()
    return page


@pytest.mark.parametrize("name", STEPS)
def test_each_action_by_itself_reaches_the_page(name: str) -> None:
    page = begun().copy()
    page.do(*STEPS[name])
    page.rest()
    expected = page.expected()
    assert {panel: page.values[panel] for panel in expected} == expected


def test_every_event_that_runs_an_action_is_followed_by_all_panels_that_show_the_editor_state() -> None:
    blocks = build()
    elements = {block._id: block.elem_id for block in blocks.blocks.values() if getattr(block, "elem_id", None)}
    after: dict[int, list] = {}
    for function in blocks.fns.values():
        after.setdefault(function.trigger_after, []).append(function)

    notice = next(number for number, element in elements.items() if element == "notice")
    rest = next(function for function in blocks.fns.values() if (notice, "rest") in function.targets)

    def reached(function) -> set:
        found = {elements.get(block._id) for block in function.outputs}
        follow = [*after.get(function._id, []), *([rest] if "notice" in found else [])]
        return found.union(*(reached(then) for then in follow))

    ids = {"people": "people-picker", "poses": "pose-picker", "garments": "garment-picker", "faces": "face-picker",
           "face": "face-mix"}  # fmt: skip
    wanted = {ids.get(panel.name, panel.name) for panel in PANELS if panel.key}
    answers = [function for function in blocks.fns.values() if function.name == "answer"]
    events = [function for function in answers if "stage" in reached(function)]
    assert len(events) > 30
    for function in events:
        assert wanted <= reached(function), function.targets


def test_a_shut_panel_costs_nothing_and_is_shown_when_it_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    page.session.open = frozenset()
    shut = [name for name, panel in page.dispatcher.panels.items() if panel.only_open]
    assert "texture" in shut
    page.do(*STEPS["a colour"])
    with monkeypatch.context() as broken:
        broken.setattr("mcld_app.studio.panels.texture.jpeg", lambda picture: 1 / 0)
        page.rest()
    assert not set(shut) & set(page.values)
    page.session.open = frozenset(shut)
    page.take(page.dispatcher.due(page.session, shut))
    expected = page.expected()
    assert {name: page.values[name] for name in expected} == expected


def test_what_is_looked_at_last_is_left_to_the_newer_action_that_waits() -> None:
    page = Page()
    page.do(*STEPS["a colour"])
    with page.session.lock:  # an action is under way
        waiting = threading.Thread(target=page.do, args=STEPS["another pose"])
        waiting.start()
        while not page.session.coming:
            time.sleep(0.001)
        for name in page.dispatcher.names("last"):
            assert page.dispatcher.due(page.session, [name]) == {}
    waiting.join()
    page.rest()
    expected = page.expected()
    assert {name: page.values[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("meanwhile", "is_shown"),
    [(lambda state, _: replace(state), True), (actions.undo, False)],
    ids=["something that shows nothing", "another action"],
)
def test_what_waits_for_its_turn_is_shown_unless_it_is_out_of_date_by_then(meanwhile, is_shown: bool) -> None:
    page, free, working = Page(), threading.Event(), threading.Semaphore(0)
    page.do(*STEPS["a colour"])

    def slow(state: EditorState, data: dict) -> EditorState:
        working.release()
        free.wait(10)
        return state

    told: dict[str, dict] = {}
    others = [threading.Thread(target=page.dispatcher.run, args=(Session(), slow, {})) for _ in range(cores())]
    waits = threading.Thread(target=lambda: told.update(page.dispatcher.due(page.session, ["edits"])))
    for thread in others:
        thread.start()
        assert working.acquire(timeout=10)
    waits.start()
    while "edits" not in page.session.shown:
        time.sleep(0.005)
    page.session.state = meanwhile(page.session.state, {})
    free.set()
    for thread in (*others, waits):
        thread.join(10)
    assert ("edits" in told) is is_shown
    page.take(told)
    page.rest()
    assert page.values["edits"] == page.expected()["edits"]


def test_what_is_looked_at_last_gives_way_to_others_but_not_for_ever() -> None:
    busy, order = Busy(), []

    def check() -> None:
        busy.give_way(30)
        order.append("looked at last")

    with busy.acting():
        waiting = threading.Thread(target=check)
        waiting.start()
        with busy.acting():
            pass
        time.sleep(0.05)
        order.append("somebody's edit")
    waiting.join()
    assert order == ["somebody's edit", "looked at last"]
    with busy.acting():
        begun = time.monotonic()
        busy.give_way(0.05)
        assert time.monotonic() - begun < 5


def test_a_fresh_visitor_is_answered_from_one_ready_answer_with_nothing_of_any_visitor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dispatcher, pages = actions.new_dispatcher(), [Page() for _ in range(3)]
    for page in pages:
        page.dispatcher = dispatcher
    pages[0].do(actions.as_it_is, {})
    pages[0].do(*STEPS["an own photo"])
    dispatcher.make_ready()
    pages[1].do(actions.as_it_is, {})
    pages[1].rest()
    with monkeypatch.context() as broken:
        broken.setattr("mcld_app.studio.panels.stage.values.draw", lambda look, **how: 1 / 0)
        broken.setattr("mcld_app.studio.panels.diagnostics.findings_of", lambda look: 1 / 0)
        pages[2].do(actions.as_it_is, {})
        pages[2].rest()
    assert json.dumps(pages[2].values) == json.dumps(pages[1].values)
    expected = pages[2].expected()
    assert {name: pages[2].values[name] for name in expected} == expected
    assert not is_fresh(state(pages[0])) and is_fresh(state(pages[2]))
    pages[1].do(actions.agree, {"on": True})
    assert not is_fresh(state(pages[1])), "whatever a visitor has said"


def test_what_may_go_wrong_is_said_once_the_hand_has_let_go() -> None:
    page = Page()
    page.do(actions.choose_pose, {"id": "back"})
    page.rest()
    said = page.values["diagnostics"]
    page.do(actions.turn, {**LIVE_TURN, "values": {"yaw": 0.0, "zoom": 2.0}})
    page.rest()
    assert page.values["diagnostics"] == said
    page.do(actions.turn, {**LIVE_TURN, "values": {"yaw": 0.0, "zoom": 2.0}, "live": False})
    page.rest()
    assert page.values["diagnostics"] != said


def test_a_panel_that_fails_holds_up_no_other_and_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    page = Page()
    page.do(actions.as_it_is, {})
    page.rest()
    with monkeypatch.context() as broken:
        broken.setattr("mcld_app.studio.panels.edits._edit_thumb", lambda edit: 1 / 0)
        page.do(*STEPS["a colour"])
        page.rest()
        assert page.values["edits"]["edits"] == [] and page.values["texture"] == actions.shown("texture", state(page))
    page.do(actions.weigh_face, {"weight": 0.9})
    page.rest()
    assert len(page.values["edits"]["edits"]) == 1


def test_a_picture_that_fails_leaves_all_as_it_was_and_the_next_action_shows_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    page = Page()
    page.do(actions.as_it_is, {})
    page.rest()
    with monkeypatch.context() as broken:
        broken.setattr("mcld_app.studio.panels.stage.values.draw", lambda look, **how: 1 / 0)
        told = page.dispatcher.run(page.session, *STEPS["a colour"])
    assert told["notice"]["text"] == UNEXPECTED and state(page).look.edits == ()
    page.do(*STEPS["a colour"])
    page.rest()
    expected = page.expected()
    assert {name: page.values[name] for name in expected} == expected


def test_the_same_recipe_opened_twice_fills_the_fields_twice() -> None:
    page = Page()
    for _ in range(2):
        page.do(*STEPS["a recipe"])
        page.rest()
        assert page.values.pop("recipe")["opened"]
        page.do(*STEPS["another pose"])
        page.rest()


def state(page: Page) -> EditorState:
    return page.session.state
