"""Conditions, looks, history and the preview: what an edit does, without a page."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from thorough import some

from mcld_app.body.iuv import encode_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask, region_mask, region_pixels
from mcld_app.body.photo import encode_png
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.skin import bare_limbs
from mcld_app.editing import Garment, History, Look, draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import PICTURE_SIZE, Person, make_person, read_person, read_sample
from mcld_app.errors import IUVError, PictureError, StudioError
from mcld_app.synthetic.people import draw_person, render_person


@pytest.fixture(scope="module")
def anna() -> Person:
    return _drawn("Anna", 3)


@pytest.fixture(scope="module")
def coat() -> Garment:
    """Somebody else's clothes."""
    return Garment("Bea’s clothes", _drawn("Bea", 11), "upper")


@pytest.fixture(scope="module")
def tee() -> Garment:
    """A garment of the samples, which nobody wears."""
    return samples.sample_garment(next(iter(samples.garments())))


# ---- a person -------------------------------------------------------------------------------------------------


def test_a_person_is_framed_to_the_networks_frame_and_cannot_be_changed(anna: Person) -> None:
    height, width = anna.photo.shape[:2]
    assert height * 11 == width * 16
    assert anna.photo.shape == anna.iuv.shape
    assert anna.picture.shape == anna.picture_iuv.shape == (*PICTURE_SIZE, 3)
    for array in (anna.photo, anna.iuv, anna.texture.image, anna.texture.coverage):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 0


def test_a_large_photo_is_kept_at_the_size_its_texture_map_can_use() -> None:
    person = draw_person(3)
    photo, iuv = render_person(person, named_poses()["standing"], (1408, 968))
    assert make_person("Anna", photo, iuv).photo.shape == (1104, 759, 3)


def test_the_same_pictures_make_the_same_person_whatever_they_are_called() -> None:
    one, same, other = _drawn("Anna", 3), _drawn("Hannah", 3), _drawn("Anna", 4)
    assert one.key == same.key
    assert one.key != other.key


def test_a_person_reads_from_bytes_as_from_paths() -> None:
    sample = next(iter(samples.people().values()))
    paths = read_person("x", sample.photo_path, sample.iuv_path)
    files = read_person("x", sample.photo_path.read_bytes(), sample.iuv_path.read_bytes())
    assert paths.key == files.key


def test_a_photo_with_somebody_elses_map_is_refused(anna: Person) -> None:
    with pytest.raises(IUVError, match="pixels"):
        make_person("x", anna.photo, anna.iuv[:-32])
    with pytest.raises(PictureError, match="as the photo is an IUV map"):
        read_person("x", encode_iuv(anna.iuv), encode_png(anna.photo))  # swapped


def test_filling_leaves_what_the_photo_showed_as_it_was(anna: Person) -> None:
    # Around what was seen, head, legs and feet have mixtures of hair, cloth, skin and ground in the texture map.
    head = parts_mask({23, 24})
    seen = anna.texture.coverage & (anna.pixels.places.seen | ~parts_mask(set(range(5, 15))) & ~head)
    seen &= ~head | (cv2.morphologyEx((seen & head).astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9))) > 0)  # no shreds
    assert seen.sum() > 0.75 * anna.texture.coverage.sum()
    assert (anna.filled.image[seen] == anna.texture.image[seen]).all()
    assert anna.filled.coverage[region_mask("body")].all()


# ---- looks ----------------------------------------------------------------------------------------------------


def test_putting_clothes_on_changes_their_region_and_nothing_else(anna: Person, coat: Garment) -> None:
    before = looks.of(anna)
    after = looks.add(before, Wear(coat, "bottom"))
    region = region_mask("bottom")
    assert (after.appearance.seen.image[~region] == before.appearance.seen.image[~region]).all()
    seen = region & coat.donor.texture.coverage & ~bare_limbs(coat.donor.texture)
    assert seen.sum() > 0.2 * region.sum()
    assert (after.appearance.seen.image[seen] == coat.donor.texture.image[seen]).all()
    assert before.edits == (), "the look before is as it was"


def test_a_garment_that_nobody_wears_ends_at_its_own_hems(anna: Person, tee: Garment) -> None:
    changed = looks.add(looks.of(anna), Wear(tee)).appearance.changed
    hands = region_mask("hands") & (rest_surface().arm > 0.62)  # on a wrist old cuffs may lie
    assert not (changed & (region_mask("shoes") | region_mask("face") | hands)).any()
    assert (changed & region_mask("top")).sum() > 0.5 * region_mask("top").sum()


@pytest.mark.parametrize("part", ["top", "sleeves"])
def test_a_part_of_a_garment_changes_that_part_alone(anna: Person, tee: Garment, part: str) -> None:
    changed = looks.add(looks.of(anna), Wear(tee, part)).appearance.changed
    assert changed.any()
    assert not (changed & ~region_mask(part)).any()


def test_clothes_that_are_covered_completely_are_taken_off(anna: Person, coat: Garment, tee: Garment) -> None:
    look = looks.add(looks.of(anna), Wear(tee, "top"))
    look = looks.add(look, Wear(coat, "shoes"))
    look = looks.add(look, Wear(coat, "upper"))
    assert [(edit.garment, edit.area) for edit in look.edits] == [(coat, "shoes"), (coat, "upper")]


def test_an_outfit_built_step_by_step_is_the_one_built_at_once(anna: Person, coat: Garment, tee: Garment) -> None:
    look = looks.add(looks.add(looks.add(looks.of(anna), Wear(coat, "shoes")), Wear(coat, "bottom")), Wear(tee))
    look = looks.remove(look, 0)
    at_once = looks.add(looks.add(looks.of(anna), Wear(coat, "bottom")), Wear(tee))
    assert (look.appearance.seen.image == at_once.appearance.seen.image).all()
    assert (look.texture.image == at_once.texture.image).all()


def test_taking_off_brings_the_older_look_back(anna: Person, coat: Garment) -> None:
    look = looks.add(looks.add(looks.of(anna), Wear(coat, "shoes")), Wear(coat, "bottom"))
    back = looks.remove(look, 1)
    expected = looks.add(looks.of(anna), Wear(coat, "shoes"))
    assert (back.appearance.seen.image == expected.appearance.seen.image).all()
    with pytest.raises(StudioError, match="not in the list"):
        looks.remove(back, 1)
    with pytest.raises(StudioError):
        looks.remove(back, -1)


def test_clothes_a_picture_does_not_show_are_refused_with_a_sentence(anna: Person) -> None:
    photo, iuv = anna.photo.copy(), anna.iuv.copy()
    iuv[np.isin(iuv[..., 0], (5, 6))] = 0  # a donor cut off above the feet
    barefoot = Garment("Cut-off clothes", make_person("x", photo, iuv), "outfit")
    with pytest.raises(StudioError, match=r"[Ss]hoes") as told:
        looks.add(looks.of(anna), Wear(barefoot, "shoes"))
    assert str(told.value).endswith(".")


def test_clothes_and_pose_stay_on_when_the_person_changes(anna: Person, coat: Garment) -> None:
    pose = named_poses()["arms-up"]
    look = looks.stand(looks.add(looks.of(anna), Wear(coat)), pose)
    other = looks.change_person(look, coat.donor)
    assert (other.person, other.edits, other.pose) == (coat.donor, look.edits, pose)


# ---- history --------------------------------------------------------------------------------------------------


def test_undo_and_redo_walk_the_same_way_back_and_forth(anna: Person) -> None:
    poses = list(named_poses().values())[:3]
    history = History(looks.of(anna))
    for pose in poses:
        history = history.to(looks.stand(history.now, pose))
    seen = [history.now.pose]
    while history.before:
        history = history.undo()
        seen.append(history.now.pose)
    assert seen == [*reversed(poses), None]
    for pose in poses:
        history = history.redo()
        assert history.now.pose == pose
    assert history.redo() is history


def test_undo_with_nothing_before_changes_nothing(anna: Person) -> None:
    history = History(looks.of(anna))
    assert history.undo() is history


def test_a_new_edit_after_undo_forgets_what_was_undone(anna: Person) -> None:
    one, two = list(named_poses().values())[:2]
    history = History(looks.of(anna)).to(looks.stand(looks.of(anna), one)).undo()
    history = history.to(looks.stand(history.now, two))
    assert history.after == ()


def test_the_steps_of_one_gesture_are_undone_together(anna: Person) -> None:
    pose = named_poses()["standing"]
    history = History(looks.of(anna))
    for yaw in range(0, 50, 10):
        history = history.to(looks.stand(history.now, pose.replace(yaw=yaw)), "drag 1")
    history = history.to(looks.stand(history.now, pose.replace(yaw=90)), "drag 2")
    assert history.undo().now.pose.yaw == 40
    assert history.undo().undo().now.pose is None


def test_history_is_not_endless(anna: Person) -> None:
    history = History(looks.of(anna))
    for _ in range(200):
        history = history.to(looks.of(anna))
    assert len(history.before) <= 40


# ---- preview --------------------------------------------------------------------------------------------------


def test_untouched_the_preview_is_the_photo(anna: Person) -> None:
    preview = draw(looks.of(anna))
    assert (preview.picture == anna.picture).all()
    assert (preview.iuv == anna.picture_iuv).all()


def test_as_in_the_photo_only_the_new_clothes_are_painted_over_it(anna: Person, coat: Garment) -> None:
    preview = draw(looks.add(looks.of(anna), Wear(coat, "bottom")))
    legs = region_pixels("bottom", anna.picture_iuv)
    near = cv2.dilate(legs.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert np.abs(preview.picture[~near].astype(int) - anna.picture[~near]).max() <= 1, "ground that was laid anew"
    assert np.abs(preview.picture[legs].astype(int) - anna.picture[legs]).mean() > 5


def test_a_new_pose_is_drawn_whole_and_without_holes(anna: Person) -> None:
    pose = named_poses()["back"]
    filled = draw(looks.stand(looks.of(anna), pose))
    body = filled.iuv[..., 0] > 0
    assert body.mean() > 0.05
    inside = cv2.erode(body.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    ground = filled.picture[2, 2].astype(int)
    shown = np.abs(filled.picture.astype(int) - ground).max(2) > 6
    assert shown[inside].mean() > 0.97

    bare = draw(Look(looks.of(anna).appearance, pose, fill="none"))
    unseen = np.abs(bare.picture.astype(int) - ground).max(2) <= 6
    assert unseen[inside].mean() > 0.3, "a photo from the front knows little of the back"


def test_the_picture_stands_on_the_photos_own_colour_where_that_is_plain(anna: Person) -> None:
    preview = draw(looks.stand(looks.of(anna), named_poses()["standing"]))
    edge = np.median(anna.picture[:8].reshape(-1, 3), 0)
    assert np.abs(preview.picture[3, 3].astype(float) - edge).max() < 20


@pytest.mark.parametrize("garment", some(samples.garments().values(), 9), ids=lambda g: g.id)
def test_every_sample_garment_can_be_worn_where_it_belongs(anna: Person, garment) -> None:
    ready = samples.sample_garment(f"garment:{garment.id}")
    preview = draw(looks.add(looks.of(anna), Wear(ready)))
    assert (preview.picture != anna.picture).any(2).mean() > 0.003


def _drawn(name: str, seed: int) -> Person:
    photo, iuv = render_person(draw_person(seed), named_poses()["standing"], PICTURE_SIZE)
    return make_person(name, photo, iuv)


def test_samples_are_read_once_and_shared() -> None:
    sample = next(iter(samples.people().values()))
    first = read_sample("person:x", sample.label, sample.photo_path, sample.iuv_path)
    assert read_sample("person:x", sample.label, sample.photo_path, sample.iuv_path) is first


def test_trousers_that_nobody_wears_are_no_top() -> None:
    """Their waist lies in it, and is all that would come."""
    anna = looks.of(samples.sample_person("person:mara"))
    with pytest.raises(StudioError, match="next to nothing of the region"):
        looks.add(anna, Wear(samples.sample_garment("garment:jeans"), "top"))
