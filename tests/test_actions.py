"""What the page sends for the newer edits, good and bad: each bad thing is a sentence, and nothing made is lost."""

from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import studio_actions as actions

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.photo import encode_png
from mcld_app.editing import samples
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.provenance import encode_generated
from mcld_app.studio.messages import UNEXPECTED
from mcld_app.studio.panels.stage.live_preview import live_picture
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore
from mcld_app.studio.state import EditorState, initial_state
from mcld_app.synthetic.people import draw_person, render_person


@pytest.fixture
def state() -> EditorState:
    return initial_state()


def strokes(height: int, width: int, rows: slice = slice(None), columns: slice = slice(None)) -> str:
    """A PNG in base64, painted over some rows and columns."""
    layer = np.zeros((height, width, 4), np.uint8)
    layer[rows, columns] = (250, 0, 250, 255)
    return base64.b64encode(encode_png(layer)).decode()


def sample_files(index: int = 4, shade: int = 0) -> dict[str, dict[str, str]]:
    """A sample's photo and map as the page sends them; a shade makes it another photo."""
    import cv2

    sample = [*samples.people().values()][index]
    photo = cv2.imread(str(sample.photo_path))[..., ::-1]
    photo = np.clip(photo.astype(int) + shade, 0, 255).astype(np.uint8)
    files = {"photo": encode_png(photo), "iuv": sample.iuv_path.read_bytes()}
    return {name: {"name": f"{name}.png", "data": base64.b64encode(data).decode()} for name, data in files.items()}


# ---- what is understood ---------------------------------------------------------------------------------------


def test_strokes_on_the_person_and_on_the_map_are_paint(state: EditorState) -> None:
    on_person = actions.paint(state, {"on": "person", "strokes": strokes(512, 352, slice(180, 200), slice(160, 200))})
    on_map = actions.paint(on_person, {"on": "map", "strokes": strokes(512, 512, slice(300, 330))})
    assert len(on_map.look.edits) == 1, "strokes in a row are one edit"
    assert on_map.look.edits[0].layer[..., 3].sum() > on_person.look.edits[0].layer[..., 3].sum() > 0


def test_a_pattern_stays_while_its_size_is_dragged_and_the_drag_is_one_undo(state: EditorState) -> None:
    pattern = np.zeros((70, 70, 3), np.uint8)
    pattern[::2] = 255
    file = {"name": "C:\\me\\Tweed.png", "data": base64.b64encode(encode_png(pattern)).decode()}
    said = {"region": "bottom", "colour": "#102030", "scale": 12, "angle": 0}
    first = actions.cover(state, {**said, "pattern": file, "gesture": "a"})
    dragged = first
    for scale in (14, 20, 33):
        dragged = actions.cover(dragged, {**said, "keep": True, "scale": scale, "gesture": "b"})
    [edit] = dragged.look.edits
    assert (edit.label, edit.scale) == ("Tweed", 33.0) and edit.pattern is first.look.edits[0].pattern
    assert actions.undo(dragged, {}).look.edits == first.look.edits


@pytest.mark.parametrize("side", [8, 2000])
def test_a_pattern_may_be_a_tile_of_few_pixels_or_a_large_picture(state: EditorState, side: int) -> None:
    tile = encode_png(np.full((side, side, 3), 200, np.uint8))
    file = {"name": "tile 🧵.png", "data": base64.b64encode(tile).decode()}
    covered = actions.cover(state, {"region": "top", "colour": "#000000", "scale": 5, "angle": 0, "pattern": file})
    assert covered.look.edits[0].label == "tile 🧵" and max(covered.look.edits[0].pattern.shape[:2]) <= 512
    assert covered.look.appearance.changed.any()


def test_another_photo_of_the_person_fills_what_was_missing(state: EditorState) -> None:
    back = actions.use_upload(state, sample_files(11))
    front = actions.choose_person(back, {"id": "person:mara"})
    both = actions.another_photo(front, {"id": f"own:{back.own[0].key}"})
    assert both.look.fill == "photos" and len(both.look.appearance.others) == 1


def test_a_recipe_comes_back_from_json_and_from_a_picture(state: EditorState) -> None:
    made = actions.choose_pose(actions.wear(state, {"id": "garment:jeans", "region": "bottom"}), {"id": "lunge"})
    text = write_recipe(Recipe(made.look, seeds=(9,)))
    picture = encode_generated(np.zeros((64, 44, 3), np.uint8), "x", recipe=text)
    for data in (text.encode(), picture):
        opened = actions.open_recipe(state, {"file": {"name": "r", "data": base64.b64encode(data).decode()}})
        assert opened.look.pose == made.look.pose and [e.label for e in opened.look.edits] == ["Jeans"]
        assert opened.recipe.seeds == (9,)
        assert actions.undo(opened, {}).look is state.look


def test_a_recipe_without_pictures_finds_the_pattern_and_the_pose_that_are_still_here(state: EditorState) -> None:
    tile = encode_png(np.full((8, 8, 3), 200, np.uint8))
    file = {"name": "Tweed.png", "data": base64.b64encode(tile).decode()}
    made = actions.cover(state, {"region": "top", "colour": "#000000", "scale": 5, "angle": 0, "pattern": file})
    made = actions.paint_map(made, {"part": 3, "strokes": strokes(512, 352, slice(200, 230), slice(100, 120))})
    text = base64.b64encode(write_recipe(Recipe(made.look)).encode()).decode()
    opened = actions.open_recipe(actions.reset(made, {}), {"file": {"name": "r", "data": text}})
    assert opened.look.edits[0].pattern is made.look.edits[0].pattern and opened.look.pose is made.look.pose
    with pytest.raises(StudioError, match="does not carry"):
        actions.open_recipe(state, {"file": {"name": "r", "data": text}})


# ---- what is not ----------------------------------------------------------------------------------------------

BAD = {
    "strokes of another size": (actions.paint, {"on": "map", "strokes": strokes(512, 352, slice(9))}),
    "strokes that are none": (actions.paint, {"on": "map", "strokes": strokes(512, 512, slice(0))}),
    "strokes that are no picture": (actions.paint, {"on": "person", "strokes": "AAAA"}),
    "no strokes": (actions.paint, {"on": "person"}),
    "a stroke outside of the body": (actions.paint, {"on": "person", "strokes": strokes(512, 352, slice(5), slice(5))}),
    "an eraser on nothing": (
        actions.paint,
        {"on": "map", "erase": True, "strokes": strokes(512, 512, slice(300, 320))},
    ),
    "a body part 25": (actions.paint_map, {"part": 25, "strokes": strokes(512, 352, slice(90))}),
    "no part": (actions.paint_map, {"part": True, "strokes": strokes(512, 352, slice(90))}),
    "a colour that is none": (actions.cover, {"region": "top", "colour": "red", "scale": 1, "angle": 0}),
    "a size that is none": (actions.cover, {"region": "top", "colour": "#010203", "scale": float("nan"), "angle": 0}),
    "a region that is none": (actions.cover, {"region": "soul", "colour": "#010203", "scale": 1, "angle": 0}),
    "parts that are none": (actions.wear, {"id": "garment:jeans", "parts": [0, 25]}),
    "parts that are words": (actions.wear, {"id": "garment:jeans", "parts": ["top"]}),
    "a garment without the parts": (actions.wear, {"id": "garment:jeans", "parts": [15, 16]}),
    "a face of nobody": (actions.choose_face, {"id": "person:nobody"}),
    "a mix without a face": (actions.mix_face, {"share": 0.5}),
    "a weight that is none": (actions.weigh_face, {"weight": "heavy"}),
    "a weight beyond the end": (actions.weigh_face, {"weight": 7}),
    "one file as a face": (actions.face_files, {"files": [{"name": "a", "data": ""}]}),
    "a way to fill that is none": (actions.guess, {"how": "magic"}),
    "an edit that is not there": (actions.switch, {"index": 4, "on": True}),
    "a handle that is none": (actions.drag, {"handle": "left_wing", "x": 0.5, "y": 0.5}),
    "a handle without a place": (actions.drag, {"handle": "left_wrist", "x": None, "y": 0.5}),
    "a pose that is none": (actions.open_pose, {"file": {"name": "x", "data": base64.b64encode(b"[1]").decode()}}),
    "a recipe that is none": (actions.open_recipe, {"file": {"name": "x", "data": base64.b64encode(b"\xff").decode()}}),
    "no recipe": (actions.open_recipe, {}),
    "the pose of nobody": (actions.pose_of, {"id": "own:0"}),
    "too much in between": (actions.set_between, {"count": 99}),
    "an example that is none": (actions.show_example, {"id": "x"}),
    "the first photo again": (actions.another_photo, {"id": "person:mara"}),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_done_is_said_in_a_sentence_and_nothing_is_lost(case: str) -> None:
    session = Session()
    actions.run(session, actions.choose_pose, {"id": "standing"})
    before, (act, data) = session.state, BAD[case]
    answer = actions.run(session, act, data)
    told = answer["notice"]
    assert told["kind"] == "warning" and told["text"] != UNEXPECTED, told["text"]
    assert 15 < len(told["text"]) < 320 and told["text"].endswith((".", "?")), told["text"]
    assert session.state.look is before.look and set(answer) == {"session", "notice"}


def test_a_face_picture_without_a_face_is_told(state: EditorState) -> None:
    photo, iuv = render_person(draw_person(5), named_poses()["back"], (512, 352))
    data = {"photo.png": encode_png(photo), "iuv.png": encode_iuv(iuv)}
    files = [{"name": name, "data": base64.b64encode(file).decode()} for name, file in data.items()]
    with pytest.raises(StudioError, match="No face is seen"):
        actions.face_files(state, {"files": files})


# ---- on a public Space ----------------------------------------------------------------------------------------


def test_on_a_space_nobody_brings_pictures_before_they_agreed(
    state: EditorState, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACE_ID", "somebody/studio")
    files = sample_files()
    both = {"files": list(files.values()), "region": "top"}
    for act, data in ((actions.use_upload, files), (actions.wear_files, both), (actions.face_files, both)):
        with pytest.raises(StudioError, match="I may use these pictures"):
            act(state, data)
    assert actions.use_upload(actions.agree(state, {"on": True}), files).own


# ---- while a hand is on a joint -------------------------------------------------------------------------------


def test_a_hand_on_a_joint_is_shown_small_pictures_and_changes_nothing() -> None:
    sessions, session = SessionStore(60), Session()
    actions.run(session, actions.choose_pose, {"id": "standing"})
    token, before = sessions.keep(session), session.state
    live = live_picture(sessions)
    shown = live({"token": token, "act": "drag", "handle": "left_wrist", "x": 0.75, "y": 0.3})
    assert shown["picture"].startswith("data:image/jpeg") and shown["handles"]["points"]
    assert shown["values"] != live({"token": token, "act": "turn", "values": {}})["values"]
    assert session.state is before
    json.dumps(shown)


def test_nobody_elses_visit_answers_and_nonsense_gets_nothing() -> None:
    sessions, session = SessionStore(60), Session()
    actions.run(session, actions.choose_pose, {"id": "standing"})
    token, live = sessions.keep(session), live_picture(sessions)
    drag = {"act": "drag", "handle": "left_wrist", "x": 0.5, "y": 0.5}
    for told in (None, [], {}, drag, {**drag, "token": "x"}, {**drag, "token": token, "act": "undo"},
                 {**drag, "token": token, "handle": "wing"}):  # fmt: skip
        assert live(told) == {}


def test_a_file_arrives_as_a_data_url_and_with_broken_lines_too() -> None:
    from mcld_app.studio import parsing

    content = bytes(range(256)) * 3
    plain = base64.b64encode(content).decode()
    broken = base64.encodebytes(content).decode()
    for data in (plain, broken, f"data:image/png;base64,{plain}", f"data:;base64,{broken}"):
        assert parsing.file_bytes({"data": data}) == content
    for data in (f"data:image/png,{plain}", plain[:-3] + "*==", "data:image/png;base64"):
        with pytest.raises(StudioError):
            parsing.file_bytes({"data": data})


# ---- files from anywhere ------------------------------------------------------------------------------------------


def brought(*files: tuple[str, bytes], **told: object) -> dict:
    packed = [{"name": name, "data": base64.b64encode(data).decode()} for name, data in files]
    return {"files": packed, "count": len(files), **told}


def test_a_recipe_or_a_pose_brought_anywhere_is_opened(state: EditorState) -> None:
    made = actions.choose_pose(state, {"id": "lunge"})
    recipe, pose = write_recipe(Recipe(made.look)).encode(), made.look.pose.to_json().encode()
    picture = encode_generated(np.zeros((64, 44, 3), np.uint8), "x", recipe=recipe.decode())
    for name, data in (("look.json", recipe), ("pose.json", pose), ("drawn.png", picture)):
        for place in ({"region": "top"}, {"where": "pose"}, {}):
            assert actions.bring(state, brought((name, data), **place)).look.pose == made.look.pose


def test_a_photo_and_its_map_brought_anywhere_are_somebody_and_on_the_person_clothes(state: EditorState) -> None:
    sample = [*samples.people().values()][3]
    files = [("a.png", sample.iuv_path.read_bytes()), ("b.png", sample.photo_path.read_bytes())]
    assert actions.bring(state, brought(*files)).look.person.name == "b"
    worn = actions.bring(state, brought(*files, region="bottom"))
    assert worn.look.person is state.look.person and [edit.place for edit in worn.look.edits] == ["Bottom"]


def test_a_map_brought_anywhere_is_a_pose_with_joints_in_the_shape_of_who_is_there(state: EditorState) -> None:
    sample = [*samples.people().values()][3]
    standing = actions.choose_pose(state, {"id": "standing"})
    posed = actions.bring(standing, brought(("map.png", sample.iuv_path.read_bytes())))
    assert isinstance(posed.look.pose, Pose) and posed.look.person is state.look.person
    assert posed.look.pose.body == standing.look.pose.body and posed.look.pose.angles != standing.look.pose.angles


@pytest.mark.parametrize("data", [
    {}, {"files": "photo"}, {"files": [{"name": "a.pdf", "data": base64.b64encode(b"%PDF-1.7 ...").decode()}]},
    {"files": [{"name": "a.svg", "data": base64.b64encode(b"<svg></svg>").decode()}], "where": "pose"},
    {"files": [{"name": "a.json", "data": base64.b64encode(b'{"people": 3}').decode()}]},
])  # fmt: skip
def test_what_is_nothing_is_a_sentence_wherever_it_is_brought(state: EditorState, data: dict) -> None:
    with pytest.raises(StudioError):
        actions.bring(state, data)


# ---- clothes and people -------------------------------------------------------------------------------------------


def test_a_garment_dropped_where_it_has_nothing_goes_on_where_it_belongs(state: EditorState) -> None:
    worn = actions.wear(state, {"id": "garment:jeans", "region": "top"})
    assert [edit.place for edit in worn.look.edits] == ["Bottom"] and "where it belongs" in worn.note.text


def test_a_garment_is_moved_to_another_place_in_the_list_of_edits(state: EditorState) -> None:
    worn = actions.wear(state, {"id": next(iter(samples.garments())), "region": "upper"})
    moved = actions.place(worn, {"index": 0, "region": "top"})
    assert [edit.place for edit in moved.look.edits] == ["Torso"]
    assert moved.look.edits[0].garment is worn.look.edits[0].garment
    assert actions.undo(moved, {}).look.edits == worn.look.edits
    for data in ({"index": 3, "region": "top"}, {"index": 0, "region": "moon"}):
        with pytest.raises(StudioError):
            actions.place(worn, data)


def test_who_takes_over_edits_and_pose_is_told_and_may_start_plain(state: EditorState) -> None:
    assert actions.choose_person(state, {"id": "person:joel"}).note.text == ""
    posed = actions.choose_pose(state, {"id": "lunge"})
    joel = actions.choose_person(posed, {"id": "person:joel"})
    assert joel.note.text == "Joel takes over the pose from Mara." and joel.note.offers == "plain"
    worn = actions.wear(posed, {"id": "garment:jeans", "region": "bottom"})
    dressed = actions.choose_person(worn, {"id": "person:joel"})
    assert dressed.note.text == "Joel takes over what was edited and the pose from Mara."
    assert not actions.reset(dressed, {}).is_edited
