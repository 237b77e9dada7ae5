"""The mannequin fitted to landmarks, outlines and IUV maps of bodies whose pose is known."""

from __future__ import annotations

from collections.abc import Collection

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.fitting import camera
from mcld_app.body.fitting.articulated import KEYS, LIMITS
from mcld_app.body.fitting.camera import ANGLES, RIGHT, SCALE, SHAPE, UNKNOWNS, UP, Canvas
from mcld_app.body.fitting.landmark_places import landmark_points
from mcld_app.body.fitting.landmarks import AT, NAMES, Landmarks
from mcld_app.body.fitting.manual_fit import ManualFit, fit_by_sighting
from mcld_app.body.fitting.map_fit import fit_map
from mcld_app.body.fitting.pose_fit import fit_pose
from mcld_app.body.fitting.sighting import Sighting
from mcld_app.body.fitting.snapping import extend, snap
from mcld_app.body.mannequin.articulation import bone_transforms
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import draw_iuv, posed_vertices, to_picture
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.errors import IUVError, PoseError

SIZE = (512, 352)
POSES = named_poses()
LEFT_LOWER_ARM_AND_HAND = (4, 19, 21)


def landmarks_of(pose: Pose, size: tuple[int, int] = SIZE) -> Landmarks:
    """What a network that never errs would say of the mannequin in a pose."""
    numbers, points, _ = landmark_points()
    canvas = Canvas(size, size[0] / 2)
    unknowns = camera.from_pose(pose, canvas)
    seen = camera.seen(camera.bones_of(unknowns), points, unknowns)
    places, space, sure = np.zeros((33, 2)), np.zeros((33, 3)), np.zeros(33)
    places[numbers] = canvas.to_pixels(seen.places)
    space[numbers, :2] = seen.places / np.exp(unknowns[SCALE])
    space[numbers, 2] = seen.depths
    sure[numbers] = 1.0
    return Landmarks(places, sure, space)


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    return float((a & b).sum() / (a | b).sum())


def joints_apart(a: Pose, b: Pose, size: tuple[int, int] = SIZE, hidden: Collection[str] = ()) -> float:
    """How far the joints of two poses are apart in the picture, the farthest that is not hidden, in metres of the
    first."""
    used = [number for number, bone in enumerate(BONES) if bone not in hidden]
    seen = [to_picture(posed_vertices(pose)[1], pose, size)[used, :2] for pose in (a, b)]
    return float(np.linalg.norm(seen[0] - seen[1], axis=1).max() / (size[0] / 2 * a.zoom * a.height))


# ---- the geometry -------------------------------------------------------------------------------------------------


def some_unknowns(seed: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    unknowns = np.zeros(UNKNOWNS)
    low, high = LIMITS.T
    unknowns[ANGLES] = low + (high - low) * chance.uniform(0.05, 0.95, len(KEYS))
    unknowns[len(KEYS) :] = chance.uniform(-0.4, 0.4, UNKNOWNS - len(KEYS))
    return unknowns


@settings(max_examples=8)
@given(st.integers(0, 10_000))
def test_bones_are_those_that_draw_the_mannequin(seed: int) -> None:
    unknowns = some_unknowns(seed)
    angles = dict(zip(KEYS, np.degrees(unknowns[ANGLES]).tolist(), strict=True))
    build, *shape = unknowns[SHAPE]
    drawn = bone_transforms(angles, joint_places(build, shape))
    assert np.allclose(camera.bones_of(unknowns).frames, drawn, atol=1e-5)


@settings(max_examples=4)
@given(st.integers(0, 10_000))
def test_the_slopes_are_exact(seed: int) -> None:
    _, points, _ = landmark_points()
    unknowns, step = some_unknowns(seed), 1e-6

    def at(where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        seen = camera.seen(camera.bones_of(where), points, where)
        return seen.places, seen.depths

    told = camera.seen(camera.bones_of(unknowns), points, unknowns)
    raised = [KEYS.index(f"{side}_shoulder.raise") for side in ("left", "right")]
    for number in range(seed % 2, UNKNOWNS, 2):
        if number in raised and abs(np.degrees(unknowns[number]) - 60) < 0.1:
            continue  # where the collarbone begins to follow, there is no one slope
        more, less = unknowns.copy(), unknowns.copy()
        more[number] += step
        less[number] -= step
        (places, depths), (places_before, depths_before) = at(more), at(less)
        assert np.allclose((places - places_before) / (2 * step), told.slopes[:, :, number], atol=1e-5)
        assert np.allclose((depths - depths_before) / (2 * step), told.depth_slopes[:, number], atol=1e-5)


@pytest.mark.parametrize("name", ["walking", "sitting", "arms-up"])
def test_a_pose_becomes_unknowns_and_a_pose_again(name: str) -> None:
    pose = POSES[name].replace(build=0.5, height=1.1, roll=-20.0, zoom=0.8, shift_x=0.2, shift_y=-0.1)
    canvas = Canvas((600, 400), 180.0)
    again = camera.to_pose(camera.from_pose(pose, canvas), canvas, "again")
    assert joints_apart(pose, again, (600, 400)) < 1e-3
    assert overlap(draw_iuv(pose, (600, 400))[..., 0] > 0, draw_iuv(again, (600, 400))[..., 0] > 0) > 0.99


def test_the_whole_skin_is_seen_where_it_is_drawn() -> None:
    canvas = Canvas(SIZE, 200.0)
    angles = {name: angle for name, angle in POSES["running"].angles.items() if "fingers" not in name}
    pose = POSES["running"].replace(angles=angles)  # nobody looks for fingers in a photo
    skin = camera.skin(camera.from_pose(pose, canvas))
    drawn = to_picture(posed_vertices(pose)[0], pose, SIZE)
    assert np.abs(canvas.to_pixels(skin[:, :2]) - drawn[:, :2]).max() < 0.05
    assert np.ptp(skin[:, 2] - drawn[:, 2]) < 1e-3


# ---- landmarks ----------------------------------------------------------------------------------------------------


def test_the_landmarks_have_the_order_of_the_network() -> None:
    assert len(NAMES) == len(set(NAMES)) == 33
    told = {0: "nose", 2: "left_eye", 5: "right_eye", 7: "left_ear", 11: "left_shoulder", 16: "right_wrist",
            19: "left_index_finger", 23: "left_hip", 28: "right_ankle", 31: "left_toes"}  # fmt: skip
    assert {number: NAMES[number] for number in told} == told


@pytest.mark.parametrize("name", ["standing", "walking", "side", "back", "sitting", "one-hand-up", "dancing"])
def test_a_pose_is_found_by_its_landmarks(name: str) -> None:
    fitted = fit_pose(landmarks_of(POSES[name]), SIZE)
    assert joints_apart(POSES[name], fitted.pose) < 0.08
    assert abs((fitted.pose.yaw - POSES[name].yaw + 180) % 360 - 180) < 15


@pytest.mark.parametrize("roll", [90.0, 180.0, -60.0])
def test_who_lies_or_hangs_upside_down_is_found_so(roll: float) -> None:
    pose = POSES["walking-front"].replace(roll=roll, zoom=0.6)
    assert joints_apart(pose, fit_pose(landmarks_of(pose), SIZE).pose) < 0.08


def test_the_outline_tells_the_build() -> None:
    heavy = POSES["a-pose"].replace(build=1.4)
    outline = (draw_iuv(heavy, SIZE)[..., 0] > 0).astype(np.float32)
    fitted = fit_pose(landmarks_of(heavy), SIZE, outline)
    assert fitted.pose.build > 0.9
    assert overlap(draw_iuv(fitted.pose, SIZE)[..., 0] > 0, outline > 0) > 0.95


def test_half_a_person_is_found_and_what_was_not_seen_is_told() -> None:
    pose = POSES["relaxed"].replace(zoom=1.9, shift_y=-0.55)
    landmarks = landmarks_of(pose)
    below = landmarks.places[:, 1] > SIZE[0]
    assert below[AT["left_knee"]] and not below[AT["left_hip"]]
    sure = np.where(below, 0.05, landmarks.sure)
    outline = (draw_iuv(pose, SIZE)[..., 0] > 0).astype(np.float32)
    fitted = fit_pose(Landmarks(landmarks.places, sure, landmarks.space), SIZE, outline)
    assert {"left_ankle", "right_knee"} <= set(fitted.unsure) and "left_elbow" not in fitted.unsure
    assert overlap(draw_iuv(fitted.pose, SIZE)[..., 0] > 0, outline > 0) > 0.93


def test_a_body_turned_round_shows_its_other_side() -> None:
    front = landmarks_of(POSES["walking-front"])
    back = fit_pose(front.turned_round(), SIZE).pose
    assert abs(back.yaw) > 150 and joints_apart(POSES["walking-front"], POSES["walking-front"]) == 0
    again = front.turned_round().turned_round()
    assert np.array_equal(again.places, front.places) and np.array_equal(again.space, front.space)


@pytest.mark.parametrize(
    "landmarks",
    [
        Landmarks(np.zeros((33, 2)), np.zeros(33), np.zeros((33, 3))),
        Landmarks(np.full((33, 2), 100.0), np.ones(33), np.full((33, 3), 0.4)),
        Landmarks(np.full((33, 2), np.nan), np.ones(33), np.zeros((33, 3))),
    ],
    ids=["zeros", "one place", "no numbers"],
)
def test_points_that_are_no_body_are_a_sentence(landmarks: Landmarks) -> None:
    with pytest.raises(PoseError, match="These points are no body"):
        fit_pose(landmarks, SIZE)


def test_whatever_points_say_angles_stay_within_their_limits() -> None:
    chance = np.random.default_rng(5)
    for _ in range(3):
        wild = Landmarks(chance.uniform(0, 500, (33, 2)), chance.uniform(0, 1, 33), chance.normal(0, 0.5, (33, 3)))
        assert isinstance(fit_pose(wild, SIZE).pose, Pose)  # which refuses angles past their limits


# ---- IUV maps -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["standing", "side", "back-turned", "sitting", "arms-up", "lunge", "arms-crossed"])
def test_a_pose_is_found_by_its_map(name: str) -> None:
    iuv = draw_iuv(POSES[name], SIZE)
    pose = fit_map(iuv).pose
    far_arm_hidden = not np.isin(iuv[..., 0], LEFT_LOWER_ARM_AND_HAND).any()  # no map tells where it is
    assert far_arm_hidden == (name == "side")
    assert joints_apart(POSES[name], pose, hidden=("left_wrist",) if far_arm_hidden else ()) < 0.05
    assert overlap(draw_iuv(pose, SIZE)[..., 0] > 0, iuv[..., 0] > 0) > 0.85


def test_half_a_map_and_one_on_its_side_have_poses_too() -> None:
    half = draw_iuv(POSES["relaxed"].replace(zoom=2.0, shift_y=-0.6), SIZE)
    assert overlap(draw_iuv(fit_map(half).pose, SIZE)[..., 0] > 0, half[..., 0] > 0) > 0.95
    lying = draw_iuv(POSES["standing"].replace(roll=90.0, zoom=0.6), SIZE)
    assert overlap(draw_iuv(fit_map(lying).pose, SIZE)[..., 0] > 0, lying[..., 0] > 0) > 0.95


def test_a_map_of_a_finger_is_a_sentence() -> None:
    tiny = np.zeros((*SIZE, 3), np.uint8)
    tiny[100:103, 100:103] = (4, 128, 128)
    with pytest.raises(IUVError, match="too little of a body"):
        fit_map(tiny)


def test_the_real_map_is_fitted_as_well_as_the_study_did(shared) -> None:
    from mcld_app.body.iuv import read_iuv

    known = read_iuv(shared / "real" / "person_iuv.png")
    drawn = draw_iuv(fit_map(known).pose, known.shape[:2])
    body, real = drawn[..., 0] > 0, known[..., 0] > 0
    assert overlap(body, real) >= 0.80
    assert (drawn[..., 0] == known[..., 0])[body & real].mean() > 0.85


# ---- snapping -----------------------------------------------------------------------------------------------------


def test_a_map_is_bent_to_an_outline_that_is_a_little_off() -> None:
    pose = POSES["a-pose"]
    iuv = draw_iuv(pose, SIZE)
    wider = (draw_iuv(pose.replace(build=2.0), SIZE)[..., 0] > 0).astype(np.float32)
    before, after = overlap(iuv[..., 0] > 0, wider > 0), overlap(snap(iuv, wider, 256.0)[..., 0] > 0, wider > 0)
    assert before < 0.88 and after > 0.95
    assert not snap(iuv, wider, 256.0)[wider == 0].any(), "nothing where the person is not"


def test_a_map_that_fits_stays_as_it_is() -> None:
    iuv = draw_iuv(POSES["standing"], SIZE)
    same = snap(iuv, (iuv[..., 0] > 0).astype(np.float32), 256.0)
    changed, body = (same != iuv).any(-1), iuv[..., 0] > 0
    inner = cv2.erode(body.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    assert changed[body].mean() < 0.15 and changed[inner].mean() < 0.03, "but for a pixel here and there at the rim"


def test_loose_cloth_goes_on_from_the_body_and_hair_and_bags_do_not() -> None:
    iuv = draw_iuv(POSES["standing"], SIZE)
    outline = (iuv[..., 0] > 0).astype(np.float32)
    torso = np.argwhere(iuv[..., 0] == 2)
    row, column = int(np.median(torso[:, 0])), int(torso[:, 1].max())
    outline[row - 20 : row + 20, column : column + 60] = 1
    head = np.argwhere(iuv[..., 0] >= 23)
    top, middle = int(head[:, 0].min()), int(np.median(head[:, 1]))
    outline[top - 12 : top, middle - 10 : middle + 10] = 1
    longer = extend(iuv, outline, 256.0)
    assert longer[row, column + 4, 0] and not longer[row, column + 58, 0], "as far as cloth goes"
    assert not longer[top - 8, middle, 0]
    assert np.array_equal(longer[iuv[..., 0] > 0], iuv[iuv[..., 0] > 0])


def found(pose: Pose) -> ManualFit:
    """Somebody in that pose, as the body finder would find them."""
    photo = np.full((*SIZE, 3), 120, np.uint8)
    outline = (draw_iuv(pose, SIZE)[..., 0] > 0).astype(np.uint8) * np.uint8(255)
    return fit_by_sighting("somebody", photo, Sighting(outline, landmarks_of(pose)))


def test_what_lies_beside_a_hand_or_behind_a_limb_is_doubtful() -> None:
    fit = found(POSES["arms-crossed"])
    part = fit.iuv[..., 0]
    assert fit.agreement > 0.9 and fit.doubtful[np.isin(part, (1, 2))].mean() > 0.1
    assert fit.doubtful.mean() < 0.5 * (part > 0).mean() and not fit.doubtful[part == 0].any()


def test_a_found_body_follows_the_hand_and_is_bent_to_the_outline_again() -> None:
    fit = found(POSES["a-pose"])
    moved = fit.stand(fit.pose.turned("left_shoulder.raise", fit.pose.angles.get("left_shoulder.raise", 0.0) + 6))
    before = overlap(moved.drawn[..., 0] > 0, fit.sighting.outline > 0)
    assert overlap(moved.snapped[..., 0] > 0, fit.sighting.outline > 0) > before


def test_the_outline_is_changed_by_hand() -> None:
    fit = found(POSES["a-pose"])
    bag = np.zeros(SIZE, bool)
    bag[200:260, 150:180] = True
    less = fit.with_outline(bag, add=False)
    assert not less.iuv[bag].any() and fit.iuv[bag].any() and fit.sighting.outline[bag].all()
    assert less.with_outline(bag, add=True).sighting.outline[bag].all()
    with pytest.raises(PoseError, match="no outline"):
        ManualFit("x", fit.photo, fit.pose).with_outline(bag, add=True)


def test_a_body_without_a_head_is_taken_for_a_front_and_can_be_turned() -> None:
    pose = POSES["walking-front"].replace(zoom=1.2, shift_y=0.25)
    seen = landmarks_of(pose)
    assert seen.places[AT["nose"], 1] < 0
    photo, outline = np.full((*SIZE, 3), 120, np.uint8), (draw_iuv(pose, SIZE)[..., 0] > 0) * np.uint8(255)
    fit = fit_by_sighting("headless", photo, Sighting(outline, seen.turned_round()))  # read as a back
    assert abs(fit.pose.yaw) < 60
    assert abs(fit.found_again(turned=True).pose.yaw) > 120


def test_unsure_joints_are_named_as_the_handles_are() -> None:
    from mcld_app.body.mannequin.handles import HANDLES

    fit = found(POSES["standing"])
    hidden = fit.sighting.landmarks.sure.copy()
    hidden[[AT["left_wrist"], AT["right_toes"]]] = 0.1
    seen = fit.sighting.landmarks
    sighting = Sighting(fit.sighting.outline, Landmarks(seen.places, hidden, seen.space))
    assert ManualFit("x", fit.photo, fit.pose, sighting).unsure == {"left_wrist", "right_toes"}
    assert fit.unsure < set(HANDLES)


def test_every_landmark_place_lies_on_the_body_it_belongs_to() -> None:
    numbers, points, spreads = landmark_points()
    body = camera.body_points()
    for number, place in zip(numbers, points.rest, strict=True):
        assert np.linalg.norm(body.rest - place, axis=1).min() < 0.09, NAMES[number]
    mirrored = {NAMES[n].replace("left_", "right_"): p for n, p in zip(numbers, points.rest, strict=True)
                if NAMES[n].startswith("left_")}  # fmt: skip
    for number, place in zip(numbers, points.rest, strict=True):
        if NAMES[number].startswith("right_"):
            assert np.allclose(mirrored[NAMES[number]] * (-1, 1, 1), place)
    assert (spreads > 0).all() and np.array_equal(points.weights.sum(1), np.ones(len(numbers)))
    assert points.weights.shape[1] == len(BONES) and RIGHT != UP
