"""A preview reads the photo itself wherever the photo shows the place: as sharp as it is, at any size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.charts import charts
from mcld_app.body.fitting.rim import ground_at_rim
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.mannequin.rendering import (
    body_faces,
    draw_iuv,
    draw_surface,
    kept_drawing,
    posed_vertices,
    to_picture,
)
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.raster import interpolate
from mcld_app.body.texture.photo_places import photo_places, rim_of
from mcld_app.body.texture.photo_reading import draw_from, soft_share
from mcld_app.body.texture.texture_map import render, texels_seen
from mcld_app.editing import MapPose, draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.flat import Flat
from mcld_app.editing.edits.paint import Paint
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.preview import LARGE_SIZE, SMALL_SIZE
from mcld_app.synthetic.people import draw_person, render_person

LARGE = LARGE_SIZE
TOP = region_mask("top")


def checkered(pose: Pose, size: tuple[int, int] = LARGE, cell: int = 6) -> np.ndarray:
    """A photo whose pixels say where they are: fine checks that no texture map can hold."""
    y, x = np.mgrid[: size[0], : size[1]]
    checks = ((x // cell + y // cell) % 2 * 200 + 28).astype(np.uint8)
    return np.dstack([checks, (x % 256).astype(np.uint8), (y % 256).astype(np.uint8)])


@pytest.fixture(scope="module")
def anna() -> Person:
    return make_person("Anna", *render_person(draw_person(3), named_poses()["standing"], LARGE))


@pytest.fixture(scope="module")
def bea() -> Person:
    return make_person("Bea", *render_person(draw_person(11), named_poses()["standing"], LARGE))


def psnr(a: np.ndarray, b: np.ndarray, where: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / max(np.mean((a[where].astype(float) - b[where]) ** 2), 1e-9)))


# ---- where in the photo a texel is ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["standing", "walking", "three-quarter", "sitting"])
def test_places_are_the_mannequins_own_within_a_fraction_of_a_pixel(name: str) -> None:
    """An IUV map has steps of U and V as large as a pixel and more; the true places are known from the mesh."""
    pose, size = named_poses()[name], (512, 352)
    found = photo_places(draw_iuv(pose, size))
    corners = to_picture(posed_vertices(pose)[0], pose, size)[body_faces()]
    texel, place = interpolate(charts().face_texture, corners, charts().face_of_texel)
    true = np.full((512 * 512, 2), np.nan, np.float32)
    true[texel] = place[:, :2]
    off = np.linalg.norm(found.xy.reshape(-1, 2) - true, axis=1)[found.seen.ravel()]
    assert np.median(off) < 0.2
    assert np.nanpercentile(off, 95) < 1.0


@given(yaw=st.floats(-180, 180), zoom=st.floats(0.4, 1.6), height=st.integers(80, 400))
@settings(max_examples=12, deadline=None)
def test_only_what_the_map_shows_is_seen_and_lies_within_the_photo(yaw: float, zoom: float, height: int) -> None:
    size = (height, max(8, height * 11 // 16))
    iuv = draw_iuv(Pose(yaw=yaw, zoom=zoom), size)
    found = photo_places(iuv)
    parts = set(np.unique(iuv[..., 0])) - {0}
    assert not (found.seen & ~parts_mask(parts)).any() if parts else not found.seen.any()
    places = found.xy[found.seen]
    assert np.isfinite(places).all()
    assert (places > -6).all() and (places < np.array(size[::-1]) + 6).all()


def test_a_map_without_a_body_shows_nothing() -> None:
    assert not photo_places(np.zeros((64, 44, 3), np.uint8)).seen.any()


def test_a_drawing_says_the_texels_that_its_map_says(anna: Person) -> None:
    drawing = kept_drawing(named_poses()["walking"])
    pixel, texel = texels_seen(drawing.iuv)
    assert np.array_equal(pixel, drawing.pixel)
    apart = np.linalg.norm(texel - drawing.texel, axis=1)
    assert np.median(apart) < 1.0, "a step of U and V is about a texel"
    assert (apart > 0).mean() > 0.9, "and the drawing has no such steps"


# ---- pictures -------------------------------------------------------------------------------------------------


def test_in_the_photos_own_pose_the_photo_comes_back_though_no_texture_map_holds_it() -> None:
    pose = named_poses()["standing"]
    iuv = draw_iuv(pose, LARGE)
    photo = checkered(pose)
    person = make_person("Checks", photo, iuv)
    assert person.photo.shape == photo.shape, "the case is framed already"
    drawn = draw(looks.stand(looks.of(person), pose), LARGE).picture
    inner = cv2.erode((photo_seen(person, pose) * 255).astype(np.uint8), np.ones((9, 9))) > 0
    by_texture = render(person.filled, iuv)[..., :3]
    assert inner.mean() > 0.08
    assert psnr(drawn, photo, inner) > psnr(by_texture, photo, inner) + 5


def photo_seen(person: Person, pose: Pose) -> np.ndarray:
    """(H, W) bool: the pixels of a large drawing whose texels the photo shows, well inside."""
    drawing = kept_drawing(pose, LARGE)
    share = soft_share(person.pixels.places.seen)
    column, row = np.round(drawing.texel).astype(int).T.clip(0, 511)
    out = np.zeros(LARGE[0] * LARGE[1], bool)
    out[drawing.pixel] = share[row, column] == 255
    return out.reshape(LARGE)


def striped(pose: Pose) -> tuple[np.ndarray, np.ndarray]:
    """The mannequin in cloth with stripes of 9 mm, and its IUV map: any pose shows the same cloth."""
    corners, faces, seen = draw_surface(to_picture(posed_vertices(pose)[0], pose, LARGE), body_faces(), LARGE)
    pixel, place = interpolate(corners, body_mesh().rest[body_faces()[faces]], seen)
    photo = np.full((LARGE[0] * LARGE[1], 3), 235, np.uint8)
    photo[pixel] = 128 + 100 * np.sin(place * (2 * np.pi / 0.018))
    return photo.reshape(*LARGE, 3), draw_iuv(pose, LARGE)


@pytest.mark.parametrize("name", ["walking", "three-quarter", "arms-up", "sitting"])
def test_cloth_finer_than_texels_comes_through_in_another_pose(name: str) -> None:
    person = make_person("Stripes", *striped(named_poses()["standing"]))
    pose = named_poses()[name]
    truth, iuv = striped(pose)
    drawn = draw(looks.stand(looks.of(person), pose), LARGE).picture
    known = photo_seen(person, pose) & (cv2.erode(iuv[..., 0], np.ones((5, 5), np.uint8)) > 0)
    feet = np.isin(iuv[..., 0], (5, 6)).astype(np.uint8)
    known &= cv2.dilate(feet, np.ones((15, 15), np.uint8)) == 0  # what is no skin on them is shoes, of another form
    by_texture = render(person.filled, iuv)[..., :3]
    assert psnr(drawn, truth, known) > psnr(by_texture, truth, known) + 3


@pytest.mark.parametrize("seed", [3, 20])
def test_people_whose_clothes_are_plain_look_no_worse_than_by_the_texture_map(seed: int) -> None:
    who = draw_person(seed)
    person = make_person("Somebody", *render_person(who, named_poses()["standing"], LARGE))
    truth, iuv = render_person(who, named_poses()["walking"], LARGE)
    look = looks.of(person)
    drawn = draw_from(person.filled, look.appearance.sources(look.fill), *texels_seen(iuv), LARGE)
    body = iuv[..., 0] > 0
    assert psnr(drawn[..., :3], truth, body) > psnr(render(person.filled, iuv)[..., :3], truth, body) - 0.1


@pytest.mark.parametrize("size", [SMALL_SIZE, (512, 352), LARGE])
def test_every_size_shows_the_same_picture(anna: Person, size: tuple[int, int]) -> None:
    look = looks.stand(looks.of(anna), named_poses()["walking"])
    preview = draw(look, size)
    assert preview.picture.shape == (*size, 3) and preview.iuv.shape == (*size, 3)
    usual = cv2.resize(draw(look).picture, size[::-1], interpolation=cv2.INTER_AREA)
    assert psnr(preview.picture, usual, np.ones(size, bool)) > 24


def test_the_photo_itself_is_shown_at_any_size(anna: Person) -> None:
    assert np.array_equal(draw(looks.of(anna), LARGE).picture, anna.photo)
    assert np.array_equal(draw(looks.of(anna)).picture, anna.picture)


# ---- edits lie over it ----------------------------------------------------------------------------------------


def test_a_colour_hides_the_photo_and_only_there() -> None:
    pose = named_poses()["standing"]
    person = make_person("Checks", checkered(pose), draw_iuv(pose, LARGE))
    look = looks.add(looks.stand(looks.of(person), pose), Cover("top", (200, 30, 40), shaded=False))
    plain, covered = draw(looks.stand(looks.of(person), pose), LARGE), draw(look, LARGE)
    drawing = kept_drawing(pose, LARGE)
    column, row = np.round(drawing.texel).astype(int).T.clip(0, 511)
    on_top = np.zeros(LARGE[0] * LARGE[1], bool)
    on_top[drawing.pixel] = cv2.erode(TOP.astype(np.uint8), np.ones((5, 5)))[row, column] > 0
    on_top = cv2.erode(on_top.reshape(LARGE).astype(np.uint8), np.ones((7, 7))) > 0
    assert np.abs(covered.picture[on_top].astype(int) - (200, 30, 40)).max() <= 2, "not a pixel of the photo"
    away = np.zeros(LARGE[0] * LARGE[1], bool)
    away[drawing.pixel] = cv2.dilate(TOP.astype(np.uint8), np.ones((9, 9)))[row, column] == 0
    away = cv2.erode(away.reshape(LARGE).astype(np.uint8), np.ones((3, 3))) > 0  # a pixel at an arm's limit is mixed
    top = np.zeros(LARGE[0] * LARGE[1], np.uint8)
    top[drawing.pixel] = TOP[row, column]
    # Pixels of the outline take the colours of their neighbours.
    away &= ~(cv2.dilate(top.reshape(LARGE), np.ones((5, 5))) > 0)
    assert away.sum() > 20_000
    assert np.array_equal(covered.picture[away], plain.picture[away])


@pytest.mark.parametrize("name", ["standing", "three-quarter-left", "arms-up"])
def test_round_a_light_figure_on_light_ground_no_dark_line_runs(name: str) -> None:
    tomas = samples.sample_person("person:tomas")
    look = looks.add(looks.of(tomas), Flat(hair=True, clothes=True))
    look = looks.add(look, Cover("body", (235, 235, 235), shaded=False))
    assert not look.appearance.shells
    preview = draw(looks.stand(look, named_poses()[name]))
    rows = np.flatnonzero((preview.iuv[..., 0] > 0).any(1))
    above_the_shadow = preview.picture[: rows[0] + round(0.85 * len(rows))]
    ground = tomas.background[0, 0]
    assert (above_the_shadow >= np.minimum(ground, 235) - 2).all()


def test_paint_and_a_switched_off_edit(anna: Person) -> None:
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[TOP] = (10, 220, 30, 255)
    look = looks.add(looks.of(anna), Paint(layer))
    which, _ = look.appearance.shown_by
    assert not which[TOP].any(), "painted texels come from no photo"
    which, people = looks.switch(look, 0, False).appearance.shown_by
    assert np.array_equal(which > 0, anna.texture.coverage) and people == (anna,)


def test_a_garment_is_read_from_its_own_photo_and_a_head_from_its_own(anna: Person, bea: Person) -> None:
    look = looks.add(looks.of(anna), Wear(clothes_of(bea), "top"))
    which, people = look.appearance.shown_by
    assert people == (anna, bea)
    worn = TOP & bea.texture.coverage
    assert (which[worn] == 2).mean() > 0.9
    assert not (which[region_mask("bottom") & ~TOP] == 2).any()
    turned = looks.add(look, FaceSwap(bea))
    which, people = turned.appearance.shown_by
    face = region_mask("face") & bea.texture.coverage
    assert people == (anna, bea) and (which[face] == 2).mean() > 0.9
    half = looks.add(look, FaceSwap(bea, share=0.5))
    assert not half.appearance.shown_by[0][face & region_mask("face")].any(), "between two faces lies no photo"


def test_guesses_come_from_no_photo(anna: Person) -> None:
    which, _ = looks.of(anna).appearance.shown_by
    assert not which[~anna.texture.coverage].any()


def test_with_more_photos_each_shows_its_own_side() -> None:
    who = draw_person(5)
    front = make_person("Front", *render_person(who, named_poses()["standing"], LARGE))
    back = make_person("Back", *render_person(who, named_poses()["standing"].replace(yaw=180.0), LARGE))
    look = looks.add_photo(looks.of(front), back)
    texels = [np.count_nonzero(share) for _, share in look.appearance.sources("photos")]
    assert len(texels) == 2 and min(texels) > 20_000
    assert len(look.appearance.sources("smooth")) == 1


def test_sample_garments_are_sharp_at_every_size(anna: Person) -> None:
    dressed = looks.add(looks.of(anna), Wear(samples.sample_garment("garment:star-tee")))
    look = looks.stand(dressed, named_poses()["walking"])
    assert draw(look, LARGE).picture.shape == (*LARGE, 3)
    assert any(np.count_nonzero(share) for _, share in look.appearance.donors)


# ---- no ground at the rim -------------------------------------------------------------------------------------


def test_ground_within_a_loose_outline_is_found_and_the_person_is_not() -> None:
    """The outline lies a centimetre and a half too far out, all around, before a plain wall."""
    pose = named_poses()["standing"]
    photo, iuv = render_person(draw_person(3), pose, LARGE)
    wall = np.array([176, 182, 190], np.uint8)
    body = iuv[..., 0] > 0
    photo = np.where(body[..., None], photo, wall)
    metre = LARGE[0] / 2
    reach = round(0.015 * metre)
    loose = cv2.dilate(iuv, np.ones((2 * reach + 1,) * 2))
    loose = np.where(body[..., None], iuv, loose)
    outline = (loose[..., 0] > 0).astype(np.float32)
    found = ground_at_rim(photo, loose, outline, metre)
    sliver = (loose[..., 0] > 0) & ~body
    assert found[sliver].mean() > 0.75
    assert found[body & ~rim_of(iuv)].mean() < 0.06


def test_a_person_of_the_walls_colour_keeps_their_pixels() -> None:
    iuv = draw_iuv(named_poses()["standing"], LARGE)
    photo = np.full((*LARGE, 3), 200, np.uint8)
    assert not ground_at_rim(photo, iuv, (iuv[..., 0] > 0).astype(np.float32), LARGE[0] / 2).any()


def test_a_photo_that_is_all_person_has_no_ground() -> None:
    iuv = draw_iuv(Pose(zoom=4.0), (128, 88))
    assert not ground_at_rim(np.full((128, 88, 3), 90, np.uint8), iuv, np.ones((128, 88), np.float32), 256.0).any()


@pytest.mark.parametrize(("name", "size"), [("walking", (512, 352)), ("arms-up", LARGE), ("sitting-front", LARGE)])
def test_the_shadow_on_the_floor_fades_on_all_sides(anna: Person, name: str, size: tuple[int, int]) -> None:
    shown = draw(looks.stand(looks.of(anna), named_poses()[name]), size)
    darker = (shown.picture != shown.picture[0, 0]).any(2)
    reach = cv2.boundingRect(shown.iuv[..., 0])
    floor = darker[reach[1] + reach[3] + 1 :]
    widths = floor.sum(1)[floor.any(1)]
    assert len(widths) > 5, "there is a shadow below the feet"
    assert widths[-1] < 0.75 * widths[0], "it ends in no straight edge"
    assert (np.diff(widths) <= 0).all()


def test_the_shadow_is_as_wide_as_the_feet_stand_apart(anna: Person) -> None:
    width = {}
    for name in ("wide-stance", "standing", "t-pose"):
        shown = draw(looks.stand(looks.of(anna), named_poses()[name]))
        reach = cv2.boundingRect(shown.iuv[..., 0])
        width[name] = (shown.picture[reach[1] + reach[3] + 2] != shown.picture[0, 0]).any(1).sum()
    assert width["wide-stance"] > 1.3 * width["standing"]
    assert width["t-pose"] < 1.3 * width["standing"], "arms throw none there"


def test_painting_on_the_map_of_a_mannequin_changes_nothing_elsewhere(anna: Person) -> None:
    pose = named_poses()["standing"]
    iuv = kept_drawing(pose).iuv.copy()
    iuv[430:] = 0  # the feet away
    plain = draw(looks.stand(looks.of(anna), pose)).picture
    painted = draw(looks.stand(looks.of(anna), MapPose("painted", iuv, painted_on=pose))).picture
    assert np.array_equal(painted[:380], plain[:380])
    assert not np.array_equal(painted[440:], plain[440:])


def test_outlines_are_soft_to_both_sides_and_no_arm_ends_in_a_staircase_before_the_trunk() -> None:
    pose = named_poses()["walking"]
    iuv = draw_iuv(pose, LARGE)
    photo = np.full((*LARGE, 3), (200, 200, 200), np.uint8)
    photo[iuv[..., 0] > 0] = (240, 240, 240)
    photo[np.isin(iuv[..., 0], (3, 4, *range(15, 23)))] = (90, 60, 40)
    picture = draw(looks.stand(looks.of(make_person("Plain", photo, iuv)), pose), LARGE).picture.astype(int)
    legs = np.isin(iuv[..., 0], range(7, 15))
    beside = {side: np.roll(legs, side, 1) & (iuv[..., 0] == 0) for side in (-1, 1)}
    for side, outside in beside.items():
        mixed = (picture[outside] > 204).all(1) & (picture[outside] < 236).all(1)
        assert mixed.mean() > 0.2, f"outside of the legs' {'left' if side < 0 else 'right'} edge"
    arms, trunk = np.isin(iuv[..., 0], range(15, 23)), np.isin(iuv[..., 0], (1, 2))
    limit = trunk & (np.roll(arms, 1, 1) | np.roll(arms, -1, 1)) & (np.arange(LARGE[0])[:, None] > 0.3 * LARGE[0])
    assert limit.sum() > 100
    between = (picture[limit].mean(1) > 80) & (picture[limit].mean(1) < 225)
    assert between.mean() > 0.5
