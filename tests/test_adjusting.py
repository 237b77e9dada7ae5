"""A garment of a picture is put right while it is worn: points, kind, sleeves, cut-out; each step can be undone, and
whatever a page sends, nothing is lost."""

from __future__ import annotations

import base64
import time
from functools import cache

import cv2
import numpy as np
import pytest
import studio_actions as actions
from flat_garments import SIZE, dress, ground, shape, skirt, tee, trousers
from hypothesis import given, settings
from hypothesis import strategies as st
from test_clothes_dropped import dropped, worn
from thorough import THOROUGH, only_thorough

from mcld_app.body.garments.cutout import cut_out
from mcld_app.body.garments.find_points import find_points
from mcld_app.body.garments.marking import Marking, usual_points
from mcld_app.body.garments.points import CUFFS, KINDS, LABELS
from mcld_app.body.photo import encode_png
from mcld_app.editing import draw
from mcld_app.editing.flat_garment import of_marking
from mcld_app.errors import PictureError, StudioError
from mcld_app.studio.actions.adjusting import marking_of
from mcld_app.studio.panels.stage.live_preview import live_picture
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import EditorState, initial_state

pytestmark = pytest.mark.usefixtures("without_body_finder")


@cache
def marking(kind: str = "top") -> Marking:
    cutout = cut_out({"top": tee, "dress": dress, "skirt": skirt, "trousers": trousers}[kind]().picture)
    return Marking(cutout, find_points(cutout, kind))


def wearing(picture: np.ndarray | None = None, region: str = "upper") -> EditorState:
    """The editor state with a dropped garment on, and Adjust open."""
    if picture is None:
        return wearing_a_tee(region)
    return actions.begin_adjusting(actions.wear_files(initial_state(), dropped(picture, region)), {})


@cache
def wearing_a_tee(region: str) -> EditorState:
    """The same for all tests: nothing changes an editor state."""
    return wearing(tee().picture, region)


def strokes(where: np.ndarray) -> str:
    layer = np.zeros((*where.shape, 4), np.uint8)
    layer[where] = (45, 212, 191, 255)
    return base64.b64encode(encode_png(layer)).decode()


def box(top: int, bottom: int, left: int, right: int) -> np.ndarray:
    where = np.zeros(SIZE, bool)
    where[top:bottom, left:right] = True
    return where


# ---- what is put right --------------------------------------------------------------------------------------------


def test_a_dragged_point_is_seen_worn_and_is_one_step_to_undo() -> None:
    state = wearing()
    before = draw(state.look).picture
    for y in (0.55, 0.5, 0.45):
        state = actions.move_point(state, {"point": "left_hem", "x": 0.75, "y": y, "gesture": "drag 1"})
    assert marking_of(state).points.places["left_hem"] == (0.75, 0.45)
    assert np.abs(draw(state.look).picture.astype(int) - before).max() > 60, "the person wears it as it lies now"
    assert len(state.look.edits) == 1
    undone = actions.undo(state, {})
    assert np.array_equal(draw(undone.look).picture, before) and marking_of(undone).points.dragged == frozenset()
    assert marking_of(actions.redo(undone, {})).points.places["left_hem"] == (0.75, 0.45)


def test_two_drags_are_two_steps() -> None:
    state = actions.move_point(wearing(), {"point": "left_hem", "x": 0.75, "y": 0.5, "gesture": "drag 1"})
    state = actions.move_point(state, {"point": "right_hem", "x": 0.25, "y": 0.5, "gesture": "drag 2"})
    once = actions.undo(state, {})
    assert marking_of(once).points.dragged == {"left_hem"}


def test_the_list_has_the_garment_as_it_is_adjusted_under_its_old_name() -> None:
    state = wearing()
    (before,) = actions.shown("garments", state)["extra"]
    state = actions.move_point(state, {"point": "left_hem", "x": 0.75, "y": 0.45})
    (after,) = actions.shown("garments", state)["extra"]
    assert after["id"] == before["id"] and after["adjust"] and after["src"] != before["src"]
    assert state.own_garments == (worn(state).garment,)


def test_the_same_picture_dropped_again_is_adjusted_still() -> None:
    state = actions.move_point(wearing(), {"point": "left_hem", "x": 0.75, "y": 0.45})
    again = actions.wear_files(state, dropped(tee().picture, "upper"))
    assert worn(again).garment is worn(state).garment


def test_start_again_is_as_it_was_found_and_can_be_undone() -> None:
    found = wearing()
    state = actions.set_sleeves(actions.move_point(found, {"point": "left_hem", "x": 0.7, "y": 0.5}), {"on": False})
    fresh = actions.start_again(state, {})
    assert marking_of(fresh).points == marking_of(found).points and not actions.shown("adjust", fresh)["changed"]
    assert not marking_of(actions.undo(fresh, {})).points.sleeves


def test_sleeves_are_taken_off_and_come_back() -> None:
    bare = actions.set_sleeves(wearing(), {"on": False})
    assert not np.isin(worn(bare).garment.donor.iuv[..., 0], range(15, 23)).any()
    back = actions.set_sleeves(bare, {"on": True})
    assert marking_of(back).points.places == marking_of(wearing()).points.places


def test_a_garment_without_sleeves_can_be_given_some() -> None:
    given_some = marking("dress").with_sleeves(True)
    assert given_some.points.sleeves
    for side, sign in (("left", 1), ("right", -1)):
        cuff, armpit = (given_some.points.places[f"{side}_{name}"] for name in ("cuff", "armpit"))
        assert sign * (cuff[0] - armpit[0]) > 0
    assert of_marking("dress", given_some).garment.kind == "dress"


def test_as_another_kind_it_moves_to_where_that_is_worn() -> None:
    state = actions.set_kind(wearing(dress().picture), {"kind": "dress"})
    assert (worn(state).garment.kind, worn(state).area) == ("dress", "body")
    assert worn(actions.undo(state, {})).garment.kind == "top"


def test_a_dragged_point_stays_where_it_is_in_another_kind() -> None:
    moved = marking().moved("left_hem", 0.71, 0.66)
    assert moved.as_kind("coat").points.places["left_hem"] == (0.71, 0.66)
    assert moved.as_kind("trousers").points.kind == "trousers"


def test_the_brush_takes_a_strap_away_and_gives_it_back() -> None:
    state = wearing()
    sleeve = box(200, 420, 530, 720)
    cut = actions.paint_cut(state, {"strokes": strokes(sleeve), "add": False})
    mask = marking_of(cut).cutout.mask
    assert not (mask & sleeve).any() and (mask | sleeve)[marking_of(state).cutout.mask].all()
    back = actions.paint_cut(cut, {"strokes": strokes(sleeve & marking_of(state).cutout.mask), "add": True})
    assert np.array_equal(marking_of(back).cutout.mask, marking_of(state).cutout.mask)


def test_the_front_of_the_neckline_leaves_the_inside_of_the_back_away() -> None:
    """Dragged down, what lies above it is drawn as the inside; at the neck itself nothing is."""
    down = marking().moved("neckline", 0.5, 0.36)
    (inside,) = down.inside()
    assert inside[:, 1].max() == pytest.approx(0.36 * SIZE[0], abs=4)
    assert marking().moved("neckline", 0.5, 0.1).inside() == []


@only_thorough
def test_a_garment_of_the_list_that_is_not_worn_is_taken_up_and_put_on_by_the_first_drag() -> None:
    state = actions.wear_files(initial_state(), dropped(tee().picture, None))
    (listed,) = actions.shown("garments", state)["extra"]
    state = actions.begin_adjusting(actions.leave(state, {}), {"id": listed["id"]})
    assert not state.look.edits and actions.shown("adjust", state)["open"]
    moved = actions.move_point(state, {"point": "left_hem", "x": 0.75, "y": 0.5})
    assert worn(moved).garment.marking.points.dragged == {"left_hem"}


def test_an_own_recipe_opened_in_the_same_visit_can_be_adjusted_further() -> None:
    from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
    from mcld_app.studio.actions.recipes import use_recipe

    state = wearing()
    opened = use_recipe(state, read_recipe(write_recipe(Recipe(state.look), pictures=True)))
    assert worn(opened).garment is worn(state).garment


def test_what_has_no_picture_of_its_own_says_so() -> None:
    state = actions.wear(initial_state(), {"id": "garment:jeans", "region": "bottom"})
    for data in ({}, {"index": 0}, {"index": 7}, {"id": "garment:jeans"}):
        with pytest.raises(StudioError, match="Only garments from a picture"):
            actions.begin_adjusting(state, data)


def test_done_closes_it_and_keeps_the_garment() -> None:
    state = actions.finish_adjusting(wearing(), {})
    assert actions.shown("adjust", state) == {"open": False} and worn(state)
    with pytest.raises(StudioError, match="No garment is being adjusted"):
        actions.move_point(state, {"point": "left_hem", "x": 0.5, "y": 0.5})


# ---- live ---------------------------------------------------------------------------------------------------------


def test_while_a_hand_is_on_a_point_pictures_come_and_nothing_is_kept() -> None:
    session, sessions = Session(), SessionStore(7200)
    session.state = wearing()
    token, live = sessions.keep(session), live_picture(sessions)
    before, took = session.state, []
    for y in (0.6, 0.55, 0.5):
        start = time.process_time()  # of this process alone: others may keep the machine busy
        shown = live({"token": token, "act": "garment", "point": "left_hem", "x": 0.75, "y": y})
        took.append(time.process_time() - start)
        assert shown["picture"].startswith("data:image/jpeg") and shown["places"]["left_hem"] == [0.75, y]
    assert session.state is before
    print(f"a picture while a point is dragged: {1000 * min(took):.0f} ms of a processor")
    assert min(took) < 1.5, "a hand would lose it"


@pytest.mark.parametrize("told", [
    {"point": "left_hem", "x": float("nan"), "y": 0.5}, {"point": "nose", "x": 0.5, "y": 0.5}, {"point": 7}, {},
])  # fmt: skip
def test_a_live_picture_of_nonsense_is_none(told: dict) -> None:
    session, sessions = Session(), SessionStore(7200)
    session.state = wearing()
    token = sessions.keep(session)
    assert live_picture(sessions)({"token": token, "act": "garment", **told}) == {}
    assert live_picture(sessions)({"token": "another", "act": "garment", "point": "left_hem", "x": 0.5, "y": 0.5}) == {}


# ---- what a page may send -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "data"),
    [
        ("move_point", {"point": "left_hem", "x": float("nan"), "y": 0.5}),
        ("move_point", {"point": "left_hem", "x": float("inf"), "y": 0.5}),
        ("move_point", {"point": "left_hem", "x": 3.0, "y": 0.5}),
        ("move_point", {"point": "left_hem", "x": "0.5", "y": 0.5}),
        ("move_point", {"point": "left_hem", "x": True, "y": 0.5}),
        ("move_point", {"point": "crotch", "x": 0.5, "y": 0.5}),
        ("move_point", {"point": ["left_hem"], "x": 0.5, "y": 0.5}),
        ("move_point", {}),
        ("set_kind", {"kind": "hat"}),
        ("set_kind", {"kind": None}),
        ("paint_cut", {"strokes": "not base64!", "add": True}),
        ("paint_cut", {"strokes": strokes(np.ones((8, 8), bool)), "add": True}),
        ("paint_cut", {"strokes": strokes(np.zeros(SIZE, bool)), "add": True}),
        ("paint_cut", {"strokes": strokes(np.ones(SIZE, bool)), "add": False}),
        ("paint_cut", {}),
    ],
)
def test_nonsense_is_a_sentence_and_changes_nothing(action: str, data: dict) -> None:
    session = Session()
    session.state = before = wearing()
    answer = actions.run(session, getattr(actions, action), data)
    assert answer["notice"]["kind"] == "warning" and answer["notice"]["text"].endswith(".")
    assert session.state.look is before.look and session.state.adjusting is before.adjusting


place = st.floats(0, 1)


@settings(max_examples=12 if THOROUGH else 5)
@given(data=st.data(), kind=st.sampled_from(["top", "dress", "skirt", "trousers"]))
def test_wherever_points_are_dragged_it_is_worn_or_a_sentence(data: st.DataObject, kind: str) -> None:
    made = marking(kind)
    for _ in range(data.draw(st.integers(1, 4))):
        made = made.moved(data.draw(st.sampled_from(sorted(made.points.places))), data.draw(place), data.draw(place))
    try:
        assert of_marking("a garment", made).garment.kind == kind
    except PictureError as error:
        assert str(error).endswith(".")
    for outline in (*made.outlines(), *made.inside()):
        assert outline.ndim == 2 and outline.shape[1] == 2


@settings(max_examples=12 if THOROUGH else 5)
@given(data=st.data(), kind=st.sampled_from(["top", "dress", "skirt", "trousers"]))
def test_whatever_is_painted_it_is_worn_or_a_sentence(data: st.DataObject, kind: str) -> None:
    made = marking(kind)
    for _ in range(data.draw(st.integers(1, 3))):
        canvas = np.zeros(SIZE, np.uint8)
        corners = [(int(data.draw(place) * SIZE[1]), int(data.draw(place) * SIZE[0])) for _ in range(2)]
        cv2.line(canvas, *corners, 1, data.draw(st.integers(1, 400)))
        try:
            made = made.painted(canvas > 0, add=data.draw(st.booleans()))
        except PictureError as error:
            assert str(error).endswith(".")
    try:
        assert of_marking("a garment", made).garment.kind == kind
    except PictureError as error:
        assert str(error).endswith(".")


@pytest.mark.parametrize("kind", KINDS)
def test_the_usual_points_of_each_kind_are_all_of_them_and_can_be_worn(kind: str) -> None:
    usual = usual_points(marking().cutout, kind)
    assert set(usual.places) == set(LABELS[kind]) == usual.guessed
    assert usual.sleeves is (set(LABELS[kind]) >= CUFFS)


# ---- what is not found is marked by hand --------------------------------------------------------------------------


def folded() -> np.ndarray:
    return shape([(220, 250), (500, 250), (500, 640), (220, 640)])


def marked_by_hand(state: EditorState) -> EditorState:
    """The answer to what a picture is, that it is a garment: whatever else it may be."""
    index = next(k for k, option in enumerate(state.question.options) if "hand" in option.label)
    return actions.answer(state, {"name": state.question.name, "index": index})


def own_colour() -> np.ndarray:
    """Green cloth on a ground of its own green: only a print is seen."""
    picture = np.full((*SIZE, 3), (40, 130, 90), np.uint8)
    cv2.circle(picture, (360, 420), 20, (210, 40, 50), -1)
    return picture


@pytest.mark.parametrize("picture", [folded(), own_colour()], ids=["folded", "own colour"])
def test_a_garment_that_is_not_found_is_marked_by_hand_and_then_worn(picture: np.ndarray) -> None:
    state = actions.wear_files(initial_state(), dropped(picture, "upper"))
    assert not state.look.edits and state.question.text.endswith(".")
    state = marked_by_hand(state)
    assert state.question is None and state.adjusting is not None and not state.look.edits
    drawn = tee()
    add = strokes(drawn.mask & ~marking_of(state).cutout.mask)
    less = strokes(marking_of(state).cutout.mask & ~drawn.mask)
    state = actions.paint_cut(actions.paint_cut(state, {"strokes": add, "add": True}), {"strokes": less, "add": False})
    assert worn(state).garment.kind == "top" and not state.adjusting.problem
    assert np.array_equal(marking_of(state).cutout.mask, drawn.mask)


def test_steps_before_it_can_be_worn_are_undone_one_by_one() -> None:
    picture = own_colour()
    state = actions.wear_files(initial_state(), dropped(picture, "upper"))
    start = state = marked_by_hand(state)
    for name in sorted(marking_of(state).points.places)[:: 1 if THOROUGH else 2]:  # on one heap: that cannot be worn
        state = actions.move_point(state, {"point": name, "x": 0.01, "y": 0.01})
    steps = len(state.adjusting.before)
    for _ in range(steps):
        state = actions.undo(state, {})
    assert not state.adjusting.before
    assert steps == 0 or marking_of(state).points.places == marking_of(start).points.places


def test_two_visitors_adjust_the_same_picture_apart() -> None:
    one, other = Session(), Session()
    one.state, other.state = wearing(), wearing()
    actions.run(one, actions.move_point, {"point": "left_hem", "x": 0.75, "y": 0.45})
    assert marking_of(other.state).points.dragged == frozenset()
    assert marking_of(one.state).points.dragged == {"left_hem"}


def test_ground_alone_is_no_garment_to_mark() -> None:
    with pytest.raises(StudioError, match="No garment stands out"):
        actions.wear_files(initial_state(), dropped(ground("blue"), "upper"))
