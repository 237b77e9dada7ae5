"""People found in photos by the body finder itself: its real models, on drawn people and, where they are, real ones."""

from __future__ import annotations

import base64
import json
import threading
import time
import tracemalloc
from pathlib import Path

import cv2
import numpy as np
import pytest
import studio_actions as actions

from mcld_app.body.framing import frame_iuv, person_box, unframe_iuv
from mcld_app.body.iuv import read_iuv
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.checkpoints import BrokenWeights, wheel_models
from mcld_app.cli.main import main
from mcld_app.editing import look as looks
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.perception import litert
from mcld_app.perception.densepose import DetectedBody
from mcld_app.perception.detections import detect_people
from mcld_app.perception.found_people import FoundPeople, find_in
from mcld_app.perception.people_detector import squares
from mcld_app.perception.people_finder import NobodyFound, find_people
from mcld_app.studio.actions.photos import take
from mcld_app.studio.panels.upload import api_start_with_photo
from mcld_app.studio.state import EditorState, initial_state
from mcld_app.synthetic.people import draw_person, render_person

pytestmark = pytest.mark.usefixtures("body_finder")

POSES = named_poses()


@pytest.fixture(autouse=True)
def _nothing_else_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module")
def walker() -> tuple[np.ndarray, np.ndarray]:
    """Somebody in long trousers, and their true map."""
    return render_person(draw_person(11), POSES["relaxed"], (512, 352))


@pytest.fixture(scope="module")
def group() -> tuple[np.ndarray, list[np.ndarray]]:
    """A photo (600, 1100) of three people, the middle one nearest; and where each is."""
    photo, bodies = np.full((600, 1100, 3), 205, np.uint8), []
    for seed, name, size, left in ((3, "standing", 0.5, 20), (11, "relaxed", 1.0, 330), (31, "a-pose", 0.74, 730)):
        height, width = int(580 * size), int(580 * size * 11 / 16)
        picture, iuv = render_person(draw_person(seed), POSES[name], (height, width), background=False)
        body, whole = iuv[..., 0] > 0, np.zeros(photo.shape[:2], bool)
        photo[590 - height : 590, left : left + width][body] = picture[body]
        whole[590 - height : 590, left : left + width] = body
        bodies.append(whole)
    return photo, bodies


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def sent(photo: np.ndarray, name: str = "holiday.png", **more) -> dict:
    return {"photo": {"name": name, "data": base64.b64encode(encode_png(photo)).decode()}, "iuv": None, **more}


def where(person: Person, size: tuple[int, int]) -> np.ndarray:
    """(size) bool: the body in the photo as it came."""
    return (person.iuv if person.whole is None else unframe_iuv(person.iuv, person.whole[1]))[..., 0] > 0


# ---- who is in a photo --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seed", "name"), [(3, "standing"), (17, "sitting"), (29, "arms-crossed")])
def test_a_drawn_person_is_found_as_they_stand(seed: int, name: str) -> None:
    photo, known = render_person(draw_person(seed), POSES[name], (512, 352))
    person = find_in("drawn", photo).person(0)
    true = known if person.whole is None else frame_iuv(known, person.whole[1])
    assert overlap(person.fit.drawn[..., 0] > 0, true[..., 0] > 0) > 0.85
    both = (person.iuv[..., 0] > 0) & (true[..., 0] > 0)
    assert (person.iuv[..., 0] == true[..., 0])[both].mean() > 0.75
    assert abs((person.fit.pose.yaw - POSES[name].yaw + 180) % 360 - 180) < 25


def test_a_group_is_found_the_largest_first(group) -> None:
    photo, bodies = group
    people = find_in("group", photo)
    assert len(people) == 3
    for index, body in enumerate((bodies[1], bodies[2], bodies[0])):
        assert overlap(where(people.person(index), photo.shape[:2]), body) > 0.75
        assert people.portrait(index).size
    with pytest.raises(StudioError, match="no such person"):
        people.person(3)


@pytest.mark.parametrize("turns", [1, 2])
def test_who_lies_or_hangs_upside_down_is_found(walker, turns: int) -> None:
    photo, known = (np.ascontiguousarray(np.rot90(array, turns)) for array in walker)
    assert overlap(where(find_in("x", photo).person(0), photo.shape[:2]), known[..., 0] > 0) > 0.8


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_photo_that_was_turned_on_its_way_is_offered_upright(walker, turns: int) -> None:
    file = {"name": "me.png", "data": base64.b64encode(encode_png(np.rot90(walker[0], turns).copy())).decode()}
    state = actions.bring(initial_state(), {"files": [file]})
    assert ("upside down" if turns == 2 else "on its side") in state.question.text and len(state.own) == 1
    left = actions.answer(state, {"name": state.question.name, "index": 1})
    assert left.question is None and left.look.person is state.look.person
    upright = actions.answer(state, {"name": state.question.name, "index": 0})
    assert len(upright.own) == 1 and upright.question is None
    assert upright.look.person.fit.sighting.landmarks.turns_to_upright == 0
    assert actions.undo(upright, {}).look.person is state.look.person


def test_a_dark_photo_is_looked_at_as_if_it_were_light(walker) -> None:
    photo, known = walker
    person = find_in("dark", (photo * 0.1).astype(np.uint8)).person(0)
    assert overlap(where(person, photo.shape[:2]), known[..., 0] > 0) > 0.8
    assert person.photo.max() < 40, "the photo itself stays as it is"


def test_a_small_person_is_found_by_a_closer_look(walker) -> None:
    photo = np.full((800, 1000, 3), 200, np.uint8)
    photo[600:680, 700:755] = cv2.resize(walker[0], (55, 80), interpolation=cv2.INTER_AREA)
    with pytest.raises(NobodyFound, match="or look closer"):
        find_people(photo)
    [found] = find_people(photo, closer=True)
    top, left, height, width = found.box
    assert 590 < top < 620 and 700 < left < 740 and 60 < height < 90 and width < 60


def test_a_crowd_takes_no_minutes_and_gives_no_more_than_twelve(walker) -> None:
    small = cv2.resize(walker[0], (160, 233), interpolation=cv2.INTER_AREA)
    photo = np.tile(small, (3, 8, 1))
    assert 1 <= len(find_people(photo, closer=True)) <= 12


@pytest.mark.parametrize(
    "photo",
    [
        np.zeros((300, 200, 3), np.uint8),
        np.full((300, 200, 3), 255, np.uint8),
        np.random.default_rng(0).integers(0, 256, (300, 200, 3)).astype(np.uint8),
        np.full((3, 1500, 3), 90, np.uint8),
    ],
    ids=["black", "white", "noise", "a strip"],
)
def test_where_nobody_is_that_is_a_sentence(photo: np.ndarray) -> None:
    with pytest.raises(NobodyFound, match="Nobody was found"):
        find_people(photo)


def test_garments_and_shoes_alone_are_nobody(root: Path) -> None:
    """They stand in their pictures as if they were worn, and the network sees faces over the collars."""
    for file in sorted((root / "assets" / "garments").glob("*[!v].png")):
        with pytest.raises(NobodyFound, match="Nobody was found"):
            find_people(read_photo(file))
    for name in ("block-jersey", "star-tee", "turtleneck", "jeans"):
        picture = read_photo(root / "assets" / "garments" / f"{name}.png")
        with pytest.raises(NobodyFound):
            find_people(picture[: picture.shape[0] // 2])


def parts_of(picture: np.ndarray) -> list[np.ndarray]:
    """A picture whole, its four halves, and a piece of its middle."""
    height, width = picture.shape[:2]
    halves = [picture[: height // 2], picture[height // 2 :], picture[:, : width // 2], picture[:, width // 2 :]]
    return [picture, *halves, picture[height // 3 : height // 2, width * 2 // 5 : width * 3 // 5]]


def as_jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def test_a_map_of_a_body_is_no_photo_of_one(walker) -> None:
    iuv = walker[1]
    for picture in (iuv, np.ascontiguousarray(iuv[..., ::-1])):
        for part in parts_of(picture):
            with pytest.raises(NobodyFound, match="is an IUV map, not a photo"):
                find_people(part)
        for blended in (as_jpeg(picture, 75), cv2.resize(picture, (246, 358), interpolation=cv2.INTER_AREA)):
            with pytest.raises(NobodyFound, match="is an IUV map, not a photo"):
                find_people(blended)
    for plane, table in ((iuv[..., 0] * 10, cv2.COLORMAP_VIRIDIS), (iuv[..., 1], cv2.COLORMAP_PARULA)):
        with pytest.raises(NobodyFound, match="in false colours, not a photo"):
            find_people(cv2.applyColorMap(plane, table))


def test_who_has_no_head_in_the_photo_is_found_by_hands_or_feet(walker) -> None:
    picture, iuv = walker
    shoulders = int(np.nonzero(np.isin(iuv[..., 0], (23, 24)))[0].max())
    headless = picture[shoulders:]
    assert overlap(where(find_in("x", headless).person(0), headless.shape[:2]), iuv[shoulders:, :, 0] > 0) > 0.7


def test_a_strip_is_looked_at_in_few_squares() -> None:
    assert len(list(squares(2, 4000))) < 20 and list(squares(500, 500)) == []
    covered = np.zeros((400, 1300), bool)
    for top, left, side in squares(400, 1300):
        covered[top : top + side, left : left + side] = True
    assert covered.all()


def test_several_threads_look_at_once(walker) -> None:
    found: list[float] = []

    def look() -> None:
        found.append(find_people(walker[0])[0].area)

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and max(found) - min(found) < 1e-3


def test_a_model_that_is_none_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokenWeights, match="cannot be read by LiteRT"):
        litert.Network(b"no model" * 100, "people detector")
    file = wheel_models.BODY.files[0]
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path))
    (tmp_path / "body").mkdir()
    (tmp_path / "body" / file.file_name).write_bytes(bytes(file.size))
    with pytest.raises(BrokenWeights, match="SHA-256"):
        litert.network.__wrapped__(file)


# ---- odd photos ---------------------------------------------------------------------------------------------------


def head_of(iuv: np.ndarray) -> tuple[int, int, int, int]:
    """(top, left, height, width) of the head."""
    return person_box(np.where(np.isin(iuv[..., :1], (23, 24)), iuv, 0))


@pytest.mark.parametrize("name", ["standing", "hands-on-hips", "pointing"])
def test_a_phone_before_the_face_in_a_mirror_hides_nobody(name: str) -> None:
    photo, iuv = render_person(draw_person(12), POSES[name], (512, 352))
    top, left, height, width = head_of(iuv)
    photo[top + height // 4 : top + height, left + width // 4 : left + width * 3 // 4] = (25, 25, 28)
    mirrored, known = np.ascontiguousarray(photo[:, ::-1]), iuv[:, ::-1, 0] > 0
    person = find_in("mirror", mirrored).person(0)
    assert overlap(where(person, mirrored.shape[:2]), known) > 0.8
    either = [person.fit.pose.yaw, person.fit.found_again(turned=True).pose.yaw]
    assert min(abs(yaw) for yaw in either) < 30, "without a face it may be read as a back: “Turn round” cures that"


def test_a_face_on_a_poster_is_not_taken_for_who_stands_before_it(walker) -> None:
    face, iuv = render_person(draw_person(23), POSES["standing"], (1600, 1100))
    top, left, height, width = head_of(iuv)
    poster = face[max(0, top - 40) : top + height + 60, left - 60 : left + width + 60]
    poster = cv2.resize(poster, (330, 330), interpolation=cv2.INTER_AREA)
    photo = np.full((700, 900, 3), 185, np.uint8)
    photo[30:360, 520:850] = poster
    body = np.zeros(photo.shape[:2], bool)
    body[170:682, 60:412] = walker[1][..., 0] > 0
    photo[170:682, 60:412][body[170:682, 60:412]] = walker[0][walker[1][..., 0] > 0]
    assert overlap(where(find_in("poster", photo).person(0), photo.shape[:2]), body) > 0.8


def test_in_a_crowd_of_forty_some_are_found_by_a_closer_look_and_soon() -> None:
    names = ("standing", "relaxed", "a-pose", "walking")
    drawn = [render_person(draw_person(k), POSES[name], (220, 151), background=False) for k, name in enumerate(names)]
    photo = np.full((900, 1410, 3), 200, np.uint8)
    bodies = np.zeros(photo.shape[:2], bool)
    for place in range(40):
        picture, iuv = drawn[place % 4]
        rows = slice(5 + place // 10 * 222, 225 + place // 10 * 222)
        columns = slice(2 + place % 10 * 139, 153 + place % 10 * 139)
        body = iuv[..., 0] > 0
        photo[rows, columns][body] = picture[body]
        bodies[rows, columns] |= body
    begin = time.monotonic()
    people = find_people(photo, closer=True)
    assert time.monotonic() - begin < 30, "two seconds, and more where others work too"
    assert 3 <= len(people) <= 12
    for person in people:
        top, left, height, width = person.box
        assert 150 < height < 300 and width < 200
        assert bodies[top : top + height, left : left + width].mean() > 0.17, "somebody is there"


def test_who_is_small_in_24_megapixels_is_found_without_a_copy_of_the_photo(walker) -> None:
    photo = np.full((4000, 6000, 3), 190, np.uint8)
    photo[2500:3012, 4000:4352] = walker[0]
    tracemalloc.start()
    begin = time.monotonic()
    try:
        with pytest.raises(NobodyFound, match="or look closer"):
            find_people(photo)
        [found] = find_people(photo, closer=True)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert time.monotonic() - begin < 60 and peak < photo.nbytes / 2
    top, left, height, width = found.box
    assert 2480 < top < 2540 and 4000 < left < 4150 and 440 < height < 512 and 150 < width < 300
    assert FoundPeople("small", photo, (found,)).person(0).fit.agreement > 0.75


def legs_or_nobody(photo: np.ndarray) -> None:
    """Whoever is found has a body that fits them."""
    try:
        assert find_in("legs", photo).fit(0).agreement > 0.4
    except NobodyFound as error:
        assert str(error).endswith(".")


def test_legs_alone_are_nobody_or_legs(walker) -> None:
    picture, iuv = walker
    hips = int(np.nonzero(np.isin(iuv[..., 0], (1, 2)))[0].max())
    for row in (hips - 60, hips - 20, hips, hips + 60):
        legs_or_nobody(picture[row:])


def test_a_photo_taken_in_the_dark_shows_nobody_or_who_is_there(walker) -> None:
    noise = np.random.default_rng(0).integers(0, 3, (512, 352, 3)).astype(np.uint8)
    with pytest.raises(NobodyFound, match="Nobody was found"):
        find_people(noise)
    for share in (0.05, 0.02):
        person = find_in("night", (walker[0] * share + noise).astype(np.uint8)).person(0)
        assert overlap(where(person, walker[0].shape[:2]), walker[1][..., 0] > 0) > 0.7


# ---- what becomes of them -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def brought(walker, body_finder) -> EditorState:
    """A photo was dropped."""
    return actions.use_upload(initial_state(), sent(walker[0]))


def test_a_photo_alone_becomes_a_person_and_poses_work_at_once(brought: EditorState, walker) -> None:
    person = brought.look.person
    assert brought.fitting is None and person.name == "holiday" and "Adjust the body" in brought.note.text
    assert overlap(where(person, walker[0].shape[:2]), walker[1][..., 0] > 0) > 0.8
    assert person.texture.coverage.sum() > 20_000
    posed = actions.choose_pose(brought, {"id": "arms-up"})
    assert actions.shown("stage", posed)["handles"] and actions.shown("stage", posed)["found"]


def test_the_found_body_can_be_moved_further(brought: EditorState) -> None:
    adjusting = actions.adjust_body(brought, {})
    fit = adjusting.fitting.fit
    assert fit is brought.look.person.fit and actions.shown("stage", adjusting)["fitting"] == "holiday"
    moved = actions.drag(adjusting, {"handle": "left_wrist", "x": 0.9, "y": 0.4})
    moved = actions.drag(moved, {"handle": "left_elbow", "x": 0.8, "y": 0.4})
    assert actions.undo(actions.undo(moved, {}), {}).fitting.fit.pose == fit.pose
    done = actions.use_body(moved, {})
    assert done.fitting is None and done.look.person.key != brought.look.person.key
    assert len(done.own) == 1, "it takes the place of the body they had"
    body, outline = done.look.person.iuv[..., 0] > 0, fit.sighting.outline >= 128
    assert not (body & ~outline).any(), "bent to the outline again"


def test_a_better_body_keeps_the_pose_and_the_edits(brought: EditorState) -> None:
    walking = actions.choose_pose(brought, {"id": "walking"})
    edited = actions.wear(walking, {"id": "garment:star-tee", "region": "upper"})
    moved = actions.drag(actions.adjust_body(edited, {}), {"handle": "left_wrist", "x": 0.9, "y": 0.4})
    done = actions.use_body(moved, {}).look
    assert done.person.key != brought.look.person.key
    assert [edit.label for edit in done.edits] == [edit.label for edit in edited.look.edits] != []
    assert done.pose.angles == edited.look.pose.angles
    assert [edit.label for edit in actions.turn_round(edited, {}).look.edits] == [e.label for e in edited.look.edits]


def test_the_person_can_be_turned_round_at_once(brought: EditorState) -> None:
    turned = actions.turn_round(brought, {})
    assert turned.fitting is None and abs(turned.look.person.fit.pose.yaw) > 120
    back = actions.turn_round(turned, {}).look.person
    assert abs(back.fit.pose.yaw) < 60


def test_the_outline_is_painted_on_the_page(brought: EditorState) -> None:
    adjusting = actions.adjust_body(brought, {})
    strokes = np.zeros((512, 352, 4), np.uint8)
    strokes[150:200, 140:210] = (255, 0, 0, 255)
    told = {"strokes": base64.b64encode(encode_png(strokes)).decode(), "add": False}
    less = actions.outline(adjusting, told)
    before, after = adjusting.fitting.fit.sighting.outline, less.fitting.fit.sighting.outline
    assert (before >= 128).sum() - (after >= 128).sum() > 1000
    assert np.array_equal(actions.undo(less, {}).fitting.fit.sighting.outline, before)
    with pytest.raises(StudioError, match="Adjust the body"):
        actions.outline(brought, told)


def test_the_photos_own_pose_becomes_one_to_drag(brought: EditorState) -> None:
    posed = actions.begin_by_hand(brought, {})
    assert isinstance(posed.look.pose, Pose) and posed.look.pose.angles == brought.look.person.fit.pose.angles
    dragged = actions.drag(posed, {"handle": "left_wrist", "x": 0.9, "y": 0.2})
    assert dragged.look.pose.angles != posed.look.pose.angles


def test_another_pictures_pose_keeps_the_persons_own_build(brought: EditorState) -> None:
    borrowed = actions.pose_of(brought, {"id": "person:tomas"})
    posed = actions.begin_by_hand(borrowed, {})
    assert posed.look.pose.build == brought.look.person.fit.pose.build


def test_where_nobody_is_found_the_body_is_laid_by_hand() -> None:
    state = actions.use_upload(initial_state(), sent(np.full((300, 200, 3), 90, np.uint8)))
    assert state.fitting is not None and "Nobody was found" in state.note.text and "by hand" in state.note.text
    closer = actions.use_upload(initial_state(), sent(np.full((70, 70, 3), 90, np.uint8), closer=True))
    assert "looked at closely" in closer.note.text


def test_others_in_the_photo_are_offered(group) -> None:
    photo, bodies = group
    state = actions.use_upload(initial_state(), sent(photo, "group.png"))
    assert "3 people were found" in state.note.text and len(actions.shown("detections", state)["people"]) == 3
    other = actions.choose_body(state, {"index": 1}).look.person
    assert overlap(where(other, photo.shape[:2]), bodies[2]) > 0.75


def test_a_recipe_carries_a_found_person_with_what_is_doubtful(brought: EditorState) -> None:
    person = brought.look.person
    text = write_recipe(Recipe(looks.of(person)), pictures=True)
    again = read_recipe(text).look.person
    assert again.key == person.key and np.array_equal(again.doubtful, person.doubtful)
    assert np.array_equal(again.texture.image, person.texture.image)


def reopened(state: EditorState) -> EditorState:
    """A visitor who opens the recipe of another one's look, pictures and all."""
    text = write_recipe(Recipe(state.look), pictures=True)
    data = base64.b64encode(text.encode()).decode()
    return actions.open_recipe(initial_state(), {"file": {"name": "she.json", "data": data}})


def test_a_person_from_a_recipe_can_be_adjusted_as_before(brought: EditorState) -> None:
    state, fit = reopened(brought), brought.look.person.fit
    again = state.look.person
    assert again.key == brought.look.person.key and again.body == brought.look.person.body
    assert again.fit.pose == fit.pose and np.array_equal(again.fit.iuv, fit.iuv)
    assert np.array_equal(again.fit.sighting.outline, fit.sighting.outline) and again.fit.unsure == fit.unsure
    assert actions.shown("stage", state)["found"]
    adjusting = actions.adjust_body(state, {})
    moved = actions.drag(adjusting, {"handle": "left_wrist", "x": 0.9, "y": 0.4})
    done = actions.use_body(moved, {}).look.person
    at_once = actions.use_body(actions.drag(actions.adjust_body(brought, {}), {
        "handle": "left_wrist", "x": 0.9, "y": 0.4}), {}).look.person  # fmt: skip
    assert done.key == at_once.key != again.key
    assert actions.turn_round(state, {}).look.person.fit.pose == actions.turn_round(brought, {}).look.person.fit.pose


def test_a_person_cut_out_of_a_group_can_be_adjusted_from_a_recipe(group) -> None:
    person = find_in("group", group[0]).person(2)
    again = read_recipe(write_recipe(Recipe(looks.of(person)), pictures=True)).look.person
    assert again.key == person.key and again.fit.pose == person.fit.pose
    assert again.fit.sighting.inside == person.fit.sighting.inside
    assert again.fit.found_again().pose == person.fit.found_again().pose
    assert np.array_equal(again.fit.doubtful, person.fit.doubtful)


def test_the_smallest_who_are_found_come_back_from_a_recipe(walker) -> None:
    photo = np.full((300, 400, 3), 200, np.uint8)
    photo[200:252, 300:336] = cv2.resize(walker[0], (36, 52), interpolation=cv2.INTER_AREA)
    person = find_in("small", photo, closer=True).person(0)
    again = read_recipe(write_recipe(Recipe(looks.of(person)), pictures=True)).look.person
    assert again.key == person.key and again.fit.pose == person.fit.pose


def test_programs_and_the_command_line_begin_with_a_photo(walker, tmp_path: Path) -> None:
    (tmp_path / "she.png").write_bytes(encode_png(walker[0]))
    recipe = api_start_with_photo(sent(walker[0])["photo"]["data"])
    assert len(json.loads(recipe)["pictures"]) == 1
    assert main(["start", str(tmp_path / "she.png"), "-o", str(tmp_path / "she.json"), "--pose", "walking"]) == 0
    made = read_recipe((tmp_path / "she.json").read_text("utf-8"))
    assert made.look.pose.angles == POSES["walking"].angles and made.look.person.name == "she"
    assert made.look.pose.body == made.look.person.body != Pose().body, "in her own shape"
    assert main(["start", str(tmp_path / "she.png"), "-o", str(tmp_path / "x.json"), "--pose", "flying"]) == 1
    assert main(["start", str(tmp_path / "she.png"), "-o", str(tmp_path / "x.json"), "--who", "4"]) == 1


def test_where_nothing_finds_people_none_is_told(walker, without_body_finder) -> None:
    assert detect_people("x", walker[0]) is None


# ---- beside DensePose -----------------------------------------------------------------------------------------------


class Answering:
    """Stands for DensePose where that is installed: it finds bodies whose maps are known."""

    def __init__(self, *maps: np.ndarray) -> None:
        self.maps = maps

    def bodies(self, photo: np.ndarray) -> tuple[DetectedBody, ...]:
        return tuple(DetectedBody(person_box(iuv), 0.9, iuv) for iuv in self.maps)


def test_beside_densepose_the_map_is_densepose_s_and_the_mannequin_the_finder_s(
    shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, iuv = read_photo(shared / "real" / "person.jpg"), read_iuv(shared / "real" / "person_iuv.png")
    nobody = np.zeros_like(iuv)  # a poster, which the finder does not see
    nobody[20:80, 20:60] = iuv[300:360, 350:390]
    monkeypatch.setattr("mcld_app.perception.densepose.estimator", lambda: Answering(iuv, nobody))
    both = detect_people("real", photo)
    person, poster = both.person(0), both.person(1)
    assert poster.fit is None
    assert person.key == make_person("real", photo, iuv).key, "the body, its texture and its key are DensePose's"
    alone = find_in("real", photo).fit(0)
    assert person.fit.agreement > 0.8 and person.body == person.fit.pose.body
    assert person.fit.pose.angles == pytest.approx(alone.pose.angles, abs=6) and not person.fit.unsure ^ alone.unsure
    assert np.array_equal(person.fit.photo, person.photo), "over the very picture that the page shows"
    assert overlap(person.fit.sighting.outline >= 128, person.iuv[..., 0] > 0) > 0.8
    state = take(initial_state(), both, 0)
    moved = actions.drag(actions.adjust_body(state, {}), {"handle": "left_wrist", "x": 0.9, "y": 0.4})
    assert actions.use_body(moved, {}).look.person.key != person.key
    again = read_recipe(write_recipe(Recipe(looks.of(person)), pictures=True)).look.person
    assert again.key == person.key and again.fit.pose == person.fit.pose


def test_beside_densepose_each_of_a_group_gets_their_own_mannequin(group, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, bodies = group
    maps = [body[..., None].astype(np.uint8) * np.array([2, 90, 90], np.uint8) for body in bodies]
    monkeypatch.setattr("mcld_app.perception.densepose.estimator", lambda: Answering(*maps))
    found = detect_people("group", photo)
    for index, body in enumerate(bodies):
        fit = found.person(index).fit
        assert overlap(unframe_iuv(fit.drawn, found.person(index).whole[1])[..., 0] > 0, body) > 0.6


# ---- real people --------------------------------------------------------------------------------------------------


def test_real_people_are_found_as_well_as_the_study_did(shared) -> None:
    from mcld_app.bench.finder import agreement

    real = find_in("real", read_photo(shared / "real" / "person.jpg")).person(0)
    both, same, apart = agreement(real.iuv, read_iuv(shared / "real" / "person_iuv.png"))
    assert both >= 0.86 and same >= 0.87
    assert apart <= 3.2, "the photo itself gives 2.94, and with one grey level of noise 2.97 to 3.11: the bar is 3"
    bare, snapped = [real.fit.agreement], []
    for name in ("full-jeans", "no-head-full"):
        fit = find_in(name, read_photo(shared / "pictures" / "people" / f"{name}.jpg")).fit(0)
        bare.append(fit.agreement)
        snapped.append(overlap(fit.snapped[..., 0] > 0, fit.sighting.outline >= 128))
    assert np.mean(bare) >= 0.83 and np.mean(snapped) >= 0.91


def test_a_shops_picture_of_a_garment_shows_nobody(shared) -> None:
    for file in sorted((shared / "pictures" / "flat").glob("*.jpg")):
        with pytest.raises(NobodyFound, match="Nobody was found"):
            find_people(read_photo(file))


def test_real_people_are_found_with_a_head_and_without(shared) -> None:
    photos = [*(shared / "pictures").glob("people/*.jpg"), *(shared / "pictures").glob("pairs/*/*.jpg")]
    assert len(photos) >= 17
    for file in photos:
        photo = read_photo(file)
        assert [person.shows_body for person in find_people(photo)] == [True], file.name
        width = round(photo.shape[1] * 160 / photo.shape[0])
        assert find_people(cv2.resize(photo, (width, 160), interpolation=cv2.INTER_AREA)), f"{file.name}, small"


def test_real_legs_alone_are_nobody_or_legs(shared) -> None:
    legs = read_photo(shared / "pictures" / "people" / "full-jeans.jpg")
    for share in (0.4, 0.45, 0.5, 0.6):
        legs_or_nobody(legs[int(share * len(legs)) :])
    with pytest.raises(NobodyFound):  # seen as a whole person, whose body covers a fifth of the outline
        find_in("legs", legs[int(0.45 * len(legs)) :])


def test_what_others_drew_of_maps_is_no_photo(shared) -> None:
    """Maps of DensePose's and pictures of them, whole and halved."""
    cases = [shared / "cases" / f"{name}.png" for name in ("two_iuv", "dp_half", "dp_viridis", "dp_segm_black", "dp_u")]
    maps = [name for name in (shared / "golden" / "preprocess").glob("*__iuv.png") if "all_background" not in name.name]
    for file in (*cases, *maps, shared / "real" / "person_iuv.png"):
        for part in parts_of(read_photo(file))[:5]:
            with pytest.raises(NobodyFound, match="not a photo"):
                find_people(part)
