"""What is said to be wrong with the conditions: each fault is made on purpose, and healthy conditions pass."""

from __future__ import annotations

import time
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thorough import THOROUGH

from mcld_app.body.head_crop import crop_head
from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.parts import PARTS, parts_mask, region_mask
from mcld_app.body.texture.dressing import garment_layer, lay_on
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.texture_map import TextureMap, merge
from mcld_app.editing import samples
from mcld_app.editing.diagnostics import Finding, SourceConditions, findings
from mcld_app.editing.person import read_sample
from mcld_app.errors import IUVError, StudioError
from mcld_app.synthetic.people import draw_person, render_person

PEOPLE = [sample.id for sample in samples.people().values()]
TURNED_AWAY = ("side", "running", "back", "back-turned")  # a photo from the front shows little of these
HEAD, LEGS, ARMS = (23, 24), range(5, 15), (3, 4, *range(15, 23))
TALL, WIDE = 512, 352


def sample(name: str):
    """A sample person or garment, as they ship."""
    (found,) = (s for s in (*samples.people().values(), *samples.garments().values()) if s.id == name)
    return read_sample(found.id, found.label, found.photo_path, found.iuv_path)


def source_of(photo: np.ndarray, iuv: np.ndarray) -> SourceConditions:
    """Somebody on a photo, nothing edited."""
    texture = extract(photo, iuv)
    return SourceConditions(photo, iuv, texture, texture, np.zeros(texture.coverage.shape, bool), crop_head(photo, iuv))


def scaled(source: SourceConditions, scale: float) -> SourceConditions:
    """The same person on a smaller (or larger) photo."""
    height, width = (round(side * scale) for side in source.iuv.shape[:2])
    photo = cv2.resize(source.photo, (width, height), interpolation=cv2.INTER_AREA)
    return source_of(photo, resize_iuv(source.iuv, (height, width)))


def without(iuv: np.ndarray, parts) -> np.ndarray:
    """A map without some parts."""
    return np.where(np.isin(iuv[..., :1], list(parts)), np.uint8(0), iuv)


def moved(iuv: np.ndarray, where: np.ndarray, across: int, down: int) -> np.ndarray:
    """A map with some of its pixels somewhere else."""
    out = np.where(where[..., None], np.uint8(0), iuv)
    y, x = np.nonzero(where)
    out[y + down, x + across] = iuv[y, x]
    return out


def dressed(source: SourceConditions, garment: str, region: str) -> SourceConditions:
    """The person with a sample garment on."""
    layer = garment_layer(sample(garment).texture, region)
    return replace(source, edited=lay_on(source.edited, layer), chosen=source.chosen | layer.worn | layer.bared)


def kinds(found: tuple[Finding, ...]) -> list[str]:
    return [finding.kind for finding in found]


def only(found: tuple[Finding, ...]) -> Finding:
    assert len(found) == 1, [finding.text for finding in found]
    return found[0]


@pytest.fixture(scope="module")
def mara() -> SourceConditions:
    """A sample person, from the front."""
    person = sample("mara")
    return source_of(person.photo, person.iuv)


@pytest.fixture(scope="module")
def half(mara: SourceConditions) -> SourceConditions:
    """The same person photographed down to the hips."""
    rows = np.flatnonzero(np.isin(mara.iuv[..., 0], LEGS).any(1))[0] + 12
    return source_of(np.ascontiguousarray(mara.photo[:rows]), np.ascontiguousarray(mara.iuv[:rows]))


@pytest.fixture(scope="module")
def standing() -> np.ndarray:
    return draw_iuv(named_poses()["standing"])


@pytest.fixture(scope="module")
def back() -> np.ndarray:
    return draw_iuv(named_poses()["back"])


# --- healthy conditions --------------------------------------------------------------------------------------------


def test_nothing_is_found_on_a_healthy_person_in_a_healthy_pose():
    poses = [(name, draw_iuv(pose)) for name, pose in named_poses().items() if name not in TURNED_AWAY]
    for k, name in enumerate(PEOPLE):
        person = sample(name)
        source = source_of(person.photo, person.iuv)
        for pose, target in [*poses[k % 4 :: 4], ("as in the photo", person.iuv)]:  # in every fourth pose, to save time
            assert findings(source, target) == (), f"{name}, {pose}"


@settings(max_examples=25 if THOROUGH else 15)
@given(st.sampled_from(sorted(named_poses())), st.floats(-180, 180), st.floats(-180, 180), st.floats(0.7, 1.0))
def test_no_named_pose_is_found_broken_from_whatever_side(name, yaw, roll, zoom):
    person = sample("mara")
    source = source_of(person.photo, person.iuv)
    pose = named_poses()[name].replace(yaw=yaw, roll=roll, zoom=zoom)
    wrong = {kind for kind in kinds(findings(source, draw_iuv(pose))) if kind.startswith("pose")}
    assert wrong <= {"pose_cut"}  # who lies down or lifts the arms may reach past the edge


@pytest.mark.parametrize("size", [(256, 176), (1024, 704)])
def test_the_size_of_the_target_does_not_matter(mara: SourceConditions, standing: np.ndarray, size: tuple[int, int]):
    assert findings(mara, resize_iuv(standing, size)) == ()
    assert kinds(findings(mara, resize_iuv(without(standing, HEAD), size))) == ["pose_incomplete"]


def test_a_finding_is_one_short_sentence_with_its_measure(
    mara: SourceConditions, half: SourceConditions, standing: np.ndarray
):
    for source, target in (
        (half, standing), (scaled(mara, 0.2), standing), (mara, without(standing, HEAD)), (mara, standing * 0),
        (mara, np.hstack([standing, standing])), (mara, standing[:, ::-1].copy()), (replace(mara, head=None), standing),
    ):  # fmt: skip
        for finding in findings(source, target):
            assert any(letter.isdigit() for letter in finding.text) and finding.level in ("note", "warning")
            assert finding.text.endswith(".") and finding.text.count(". ") == 0 and len(finding.text) < 200


def test_warnings_come_before_notes(mara: SourceConditions, back: np.ndarray):
    found = findings(scaled(mara, 0.4), without(back, HEAD))
    levels = [finding.level for finding in found]
    assert set(levels) == {"note", "warning"} and levels == sorted(levels, reverse=True)


def test_it_takes_less_than_a_blink(mara: SourceConditions):
    targets = [draw_iuv(pose) for pose in named_poses().values()]
    findings(mara, targets[0])  # reads the charts
    spent = []
    for target in targets:
        start = time.process_time()
        findings(mara, target)
        spent.append(time.process_time() - start)
    assert np.median(spent) < 0.040


# --- 1. a wrong or broken target pose ------------------------------------------------------------------------------


def test_an_empty_target_is_found_and_nothing_else(mara: SourceConditions, standing: np.ndarray):
    assert only(findings(mara, standing * 0)).measure == 0
    dab = standing * 0
    dab[100:110, 100:110] = (2, 100, 100)
    found = only(findings(mara, dab))
    assert found.kind == "pose_empty" and found.measure == pytest.approx(100 / (TALL * WIDE))


def test_a_tiny_body_is_found(mara: SourceConditions):
    assert findings(mara, draw_iuv(Pose(zoom=0.6))) == ()
    found = only(findings(mara, draw_iuv(Pose(zoom=0.4))))
    assert found.kind == "pose_small" and found.measure == pytest.approx(1.78 / 2 * 0.4, abs=0.02)


@pytest.mark.parametrize(("shift", "edge"), [({"shift_x": 0.6}, "right"), ({"shift_x": -0.6}, "left")])
def test_a_body_across_a_side_edge_is_noted(mara: SourceConditions, shift: dict[str, float], edge: str):
    found = only(findings(mara, draw_iuv(Pose(**shift))))
    assert (found.kind, found.level) == ("pose_cut", "note") and f"{edge} edge" in found.text


def test_a_head_above_the_edge_is_warned_of(mara: SourceConditions):
    found = findings(mara, draw_iuv(Pose(shift_y=0.45)))
    (cut,) = (finding for finding in found if finding.kind == "pose_cut")
    assert cut.level == "warning" and "head outside" in cut.text
    assert "pose_incomplete" not in kinds(found)  # it is not lost: the text says where it is


def test_legs_below_the_edge_are_how_people_are_photographed(mara: SourceConditions):
    assert findings(mara, draw_iuv(Pose(zoom=1.4, shift_y=-0.35))) == ()


@pytest.mark.parametrize(
    ("parts", "name"),
    [(HEAD, "head"), ((1, 2), "torso"), (ARMS, "arms"), (LEGS, "legs"), ((5, 8, 10, 12, 14), "left leg")],
)
def test_a_part_that_no_pose_hides_is_missed(mara: SourceConditions, standing: np.ndarray, parts, name: str):
    found = [f for f in findings(mara, without(standing, parts)) if f.kind == "pose_incomplete"]
    assert f"lacks its {name} " in only(tuple(found)).text


def test_a_leg_behind_the_other_is_not_missed(mara: SourceConditions):
    side = draw_iuv(named_poses()["side"])
    assert np.isin(side[..., 0], [n for n in LEGS if PARTS[n].side == "left"]).mean() < 0.001  # as good as not there
    assert "pose_incomplete" not in kinds(findings(mara, side))


def test_a_limb_in_two_far_pieces_is_found(mara: SourceConditions, standing: np.ndarray):
    shin = np.isin(standing[..., 0], (12, 14))
    lower = shin & (np.arange(TALL)[:, None] > np.nonzero(shin)[0].mean())
    assert findings(mara, moved(standing, lower, 3, 0)) == ()  # a crack is no break
    found = only(findings(mara, moved(standing, lower, 40, -200)))
    assert found.kind == "pose_broken" and "left lower leg" in found.text and found.measure > 0.2


def test_an_arm_in_front_of_the_body_breaks_nothing(mara: SourceConditions):
    crossed = draw_iuv(named_poses()["arms-crossed"])
    assert cv2.connectedComponents(np.isin(crossed[..., 0], (1, 2)).astype(np.uint8))[0] > 2  # the torso in pieces
    assert findings(mara, crossed) == ()


def test_a_head_away_from_its_torso_is_found(mara: SourceConditions):
    pose = draw_iuv(Pose(zoom=0.7))
    found = only(findings(mara, moved(pose, np.isin(pose[..., 0], HEAD), 60, -60)))
    assert found.kind == "pose_broken" and "head" in found.text


def test_two_heads_are_counted(mara: SourceConditions, standing: np.ndarray):
    found = [f for f in findings(mara, np.hstack([standing, standing])) if f.kind.startswith("pose")]
    assert only(tuple(found)).kind == "pose_heads" and found[0].measure == 2
    one_more = standing.copy()
    head = standing[40:100, 140:212]
    one_more[300:360, :72] = np.where(np.isin(head[..., :1], HEAD), head, 0)
    assert "pose_heads" in kinds(findings(mara, one_more))


def test_an_arm_across_the_face_makes_no_second_head(mara: SourceConditions, standing: np.ndarray):
    across = standing.copy()
    rows = np.nonzero(np.isin(standing[..., 0], HEAD))[0]
    middle = int(rows.mean())
    arm = np.isin(across[middle - 8 : middle + 8, :, 0], HEAD)
    across[middle - 8 : middle + 8][arm] = (19, 100, 100)
    assert "pose_heads" not in kinds(findings(mara, across))


@pytest.mark.parametrize("limbs", [LEGS, ARMS], ids=["legs", "arms"])
@pytest.mark.parametrize("yaw", [0.0, 40.0, 180.0])
def test_limbs_on_the_wrong_side_are_found(mara: SourceConditions, limbs, yaw: float):
    right = draw_iuv(Pose(yaw=yaw))
    mirror = np.arange(256, dtype=np.uint8)
    for number in limbs:
        mirror[number] = PARTS[number].mirror
    wrong = right.copy()
    wrong[..., 0] = mirror[right[..., 0]]
    assert "pose_sides" not in kinds(findings(mara, right))
    (found,) = (f for f in findings(mara, wrong) if f.kind == "pose_sides")
    assert found.measure > 0.1 and ("legs" if 7 in limbs else "arms") in found.text


@settings(max_examples=15 if THOROUGH else 9)
@given(st.sampled_from(sorted(named_poses())), st.floats(-180, 180))
def test_a_flipped_map_is_told_from_a_mirrored_pose(name, yaw):
    person = sample("mara")
    source = source_of(person.photo, person.iuv)
    pose = named_poses()[name].replace(yaw=yaw, zoom=0.8)
    assert "pose_sides" not in kinds(findings(source, draw_iuv(pose.mirrored())))
    flipped = np.ascontiguousarray(draw_iuv(pose)[:, ::-1])
    assert "pose_sides" in kinds(findings(source, flipped))


@pytest.mark.parametrize("name", ["lunge", "running", "walking"])
def test_legs_that_cross_in_a_stride_have_not_changed_places(mara: SourceConditions, name: str):
    stride = draw_iuv(named_poses()[name].replace(yaw=-45.0))
    across = np.arange(WIDE)
    left, right = (
        np.average(across, weights=np.isin(stride[..., 0], shin).sum(0)) for shin in ((12, 14), (11, 13))
    )
    assert left < right  # though seen from the front
    assert "pose_sides" not in kinds(findings(mara, stride))


def test_u_and_v_mixed_up_are_found(mara: SourceConditions, standing: np.ndarray):
    mixed = np.ascontiguousarray(standing[..., [0, 2, 1]])
    assert "pose_sides" in kinds(findings(mara, mixed))


def test_parts_without_coordinates_are_found(mara: SourceConditions, standing: np.ndarray):
    flat = standing.copy()
    flat[np.isin(standing[..., 0], (9, 10)), 1:] = 128
    found = only(tuple(f for f in findings(mara, flat) if f.kind.startswith("pose")))
    body = np.count_nonzero(standing[..., 0])
    assert found.kind == "pose_flat"
    assert found.measure == pytest.approx(np.count_nonzero(np.isin(standing[..., 0], (9, 10))) / body)
    flat[..., 1:] = 0
    (found,) = (f for f in findings(mara, flat) if f.kind == "pose_flat")
    assert found.measure > 0.99


# --- 2. an incomplete texture map ----------------------------------------------------------------------------------


def test_clothes_that_no_picture_shows_are_missed(half: SourceConditions, standing: np.ndarray):
    found = only(findings(half, standing))
    assert (found.kind, found.level) == ("texture_incomplete", "warning")
    assert "bottom" in found.text and "shoes (0%)" in found.text and "top" not in found.text


def test_a_garment_put_on_heals_its_region(half: SourceConditions, standing: np.ndarray):
    in_jeans = dressed(half, "jeans", "bottom")
    assert "bottom" not in only(findings(in_jeans, standing)).text
    assert findings(dressed(in_jeans, "white-sneakers", "shoes"), standing) == ()


def test_a_guess_heals_nothing(half: SourceConditions, standing: np.ndarray):
    whole = np.ones(half.seen.coverage.shape, bool)
    guessed = replace(half, edited=TextureMap(half.edited.image, whole))
    found = [finding for finding in findings(guessed, standing) if finding.kind != "texture_invented"]
    assert tuple(found) == findings(half, standing)


def invention(source: SourceConditions, target: np.ndarray) -> str:
    """What is said to be invented in a pose once all holes are guessed; nothing where nothing is."""
    guessed = replace(source, edited=TextureMap(source.edited.image, np.ones(source.seen.coverage.shape, bool)))
    return "".join(finding.text for finding in findings(guessed, target) if finding.kind == "texture_invented")


def test_the_parts_that_are_invented_are_named(half: SourceConditions, mara: SourceConditions, standing, back) -> None:
    said = invention(half, standing)
    assert "the legs (" in said and "the feet (100%)" in said and "head" not in said and "clothes’" not in said
    assert invention(mara, standing) == ""
    behind = invention(mara, back)
    assert "back is invented from their front" in behind and "the back of the head (" in behind
    assert "feet" not in behind and "face" not in behind


def test_a_face_seen_from_behind_only_is_invented(standing: np.ndarray, back: np.ndarray) -> None:
    source = source_of(*render_person(draw_person(3), Pose(yaw=180.0)))
    assert "the face (100%)" in invention(source, standing)
    assert "the face" not in invention(source, back)


def test_what_a_pose_does_not_show_or_an_edit_covers_is_not_said_to_be_invented(
    half: SourceConditions, standing: np.ndarray
) -> None:
    assert "feet" not in invention(half, without(standing, (5, 6)))
    in_shoes = dressed(half, "white-sneakers", "shoes")
    assert "feet" not in invention(in_shoes, standing) and "the legs (" in invention(in_shoes, standing)
    assert invention(dressed(in_shoes, "jeans", "bottom"), standing) == ""


def test_the_side_that_the_pose_shows_is_what_counts(mara: SourceConditions, standing: np.ndarray):
    legs, behind = region_mask("bottom"), parts_mask({7, 8, 11, 12})
    turned_trousers = TextureMap(mara.seen.image, np.where(legs, behind, mara.seen.coverage))
    found = only(findings(replace(mara, seen=turned_trousers, edited=turned_trousers), standing))
    assert found.kind == "texture_incomplete" and "bottom" in found.text


def test_a_scrap_of_a_shoe_is_not_missed(half: SourceConditions, standing: np.ndarray):
    rest = without(standing, LEGS)
    y, x = (int(place.mean()) for place in np.nonzero(standing[..., 0] == 5))
    rest[y : y + 4, x : x + 4] = standing[y : y + 4, x : x + 4]
    assert np.count_nonzero(rest[..., 0] == 5) > 5
    assert not any("shoes" in finding.text for finding in findings(half, rest))


def test_what_the_pose_does_not_show_is_not_missed(half: SourceConditions):
    close = draw_iuv(Pose(zoom=2.0, shift_y=-0.55))
    assert not np.isin(close[..., 0], (5, 6, 11, 12, 13, 14)).any()
    assert "texture_incomplete" not in kinds(findings(half, close))


# --- 3. a texture squeezed into few pixels -------------------------------------------------------------------------


def test_few_pixels_are_found_the_fewer_the_worse(mara: SourceConditions, standing: np.ndarray):
    measures = []
    for scale, level in ((0.36, "note"), (0.27, "note"), (0.16, "warning")):
        (found,) = (f for f in findings(scaled(mara, scale), standing) if f.kind == "texture_squeezed")
        assert found.level == level and "top" in found.text
        measures.append(found.measure / scale**2)
    assert max(measures) < 2 * min(measures)  # it goes with the photo's area


@pytest.mark.parametrize("scale", [0.6, 1.0, 2.0])
def test_enough_pixels_are_enough(mara: SourceConditions, standing: np.ndarray, scale: float):
    assert findings(scaled(mara, scale), standing) == ()


def test_the_person_counts_not_the_room_around_them(mara: SourceConditions, standing: np.ndarray):
    around = ((TALL, TALL), (WIDE, WIDE), (0, 0))
    assert findings(source_of(np.pad(mara.photo, around, "edge"), np.pad(mara.iuv, around)), standing) == ()


def test_clothes_put_on_are_not_squeezed_by_the_photo(mara: SourceConditions, standing: np.ndarray):
    in_jeans = dressed(scaled(mara, 0.3), "jeans", "bottom")
    (found,) = (f for f in findings(in_jeans, standing) if f.kind == "texture_squeezed")
    assert "top" in found.text and "bottom" not in found.text


# --- 4. no face, or a tiny one -------------------------------------------------------------------------------------


def test_a_missing_face_is_warned_of_where_the_pose_shows_one(
    mara: SourceConditions, standing: np.ndarray, back: np.ndarray
):
    faceless = replace(mara, head=None)
    found = only(findings(faceless, standing))
    assert (found.kind, found.level, found.measure) == ("face", "warning", 0)
    assert "face" not in kinds(findings(faceless, back))


def test_a_tiny_face_is_noted(mara: SourceConditions, standing: np.ndarray):
    far = scaled(mara, 0.3)
    assert far.head is not None
    (found,) = (f for f in findings(far, standing) if f.kind == "face")
    assert found.level == "note" and 10 < found.measure < 20 and f"{found.measure:.0f} pixels" in found.text
    assert "face" not in kinds(findings(scaled(mara, 0.5), standing))


def test_a_face_from_another_photo_is_measured_there(mara: SourceConditions, standing: np.ndarray):
    far = scaled(mara, 0.3)
    assert "face" not in kinds(findings(replace(far, head=mara.head, face_iuv=mara.iuv), standing))
    assert "face" in kinds(findings(replace(mara, head=far.head, face_iuv=far.iuv), standing))


# --- 5. views that share little ------------------------------------------------------------------------------------


def test_front_and_back_share_little(mara: SourceConditions, back: np.ndarray):
    found = only(findings(mara, back))
    assert (found.kind, found.level) == ("views", "warning") and found.measure < 0.1


def test_the_further_it_turns_the_less_is_shared(mara: SourceConditions):
    measures = []
    for yaw in (105, 130, 155, 180):
        (found,) = (f for f in findings(mara, draw_iuv(Pose(yaw=yaw))) if f.kind == "views")
        measures.append(found.measure)
    assert measures == sorted(measures, reverse=True)
    assert findings(mara, draw_iuv(Pose(yaw=40))) == ()


def test_a_photo_from_the_back_brings_the_two_together(back: np.ndarray):
    front, behind = (source_of(*render_person(draw_person(3), Pose(yaw=yaw))) for yaw in (0.0, 180.0))
    assert "views" in kinds(findings(front, back))
    both = merge([front.seen, behind.seen])
    assert findings(replace(front, seen=both, edited=both), back) == ()


def test_what_edits_cover_need_not_be_shared(mara: SourceConditions, back: np.ndarray):
    covered = replace(mara, chosen=region_mask("body"), edited=TextureMap(mara.edited.image, region_mask("body")))
    assert findings(covered, back) == ()


def test_what_no_side_shows_is_missed_from_the_back_too(half: SourceConditions, back: np.ndarray):
    found = {finding.kind: finding.text for finding in findings(half, back)}
    assert set(found) == {"views", "texture_incomplete"}
    assert "shoes" in found["texture_incomplete"] and "top" not in found["texture_incomplete"]


# --- bad input -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [None, "a pose", np.zeros((512, 352)), np.zeros((512, 352, 3)), np.full((512, 352, 3), 30, np.uint8)],
    ids=["nothing", "text", "one channel", "floats", "unknown part"],
)
def test_a_target_that_is_no_map_is_refused(mara: SourceConditions, target):
    with pytest.raises(IUVError):
        findings(mara, target)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"photo": np.zeros((512, 352), np.uint8)}, "photo"),
        ({"photo": np.zeros((352, 512, 3), np.uint8)}, "upright"),
        ({"iuv": np.zeros((512, 352, 3), np.uint8)}, "empty"),
        ({"seen": None}, "texture map"),
        ({"edited": TextureMap(np.zeros((256, 256, 3), np.uint8), np.zeros((512, 512), bool))}, "edited"),
        ({"seen": TextureMap(np.zeros((512, 512, 3), np.uint8), np.zeros((512, 512), np.uint8))}, "coverage"),
        ({"chosen": np.zeros((24, 24), bool)}, "chosen"),
        ({"head": np.zeros((64, 64), np.uint8)}, "head"),
        ({"face_iuv": np.full((64, 64, 3), 77, np.uint8)}, "77"),
    ],
)
def test_a_wrong_source_is_refused_in_a_sentence(mara: SourceConditions, changes: dict, says: str):
    with pytest.raises(StudioError, match=says):
        replace(mara, **changes)
