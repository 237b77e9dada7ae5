"""Drawn people as data: what is shown of them, what is kept for tests, and that it can be made again."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcld_app.body.head_crop import CROP, crop_head
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.preview_planes import background_colour, preview_planes
from mcld_app.body.texture.texture_map import TextureMap, places, render
from mcld_app.data.config import DataConfig
from mcld_app.data.disk_cache import Cached
from mcld_app.data.generator import GENERATOR_VERSION, training_poses
from mcld_app.data.heads import DrawnHeads
from mcld_app.data.sources import open_source
from mcld_app.data.synthetic import TEST_POSES, DrawnPeople, drawn_person, kept_for_tests, random_pose
from mcld_app.synthetic.people import draw_person, render_person, render_view

SMALL = {"size": (128, 88), "texture": 128, "targets": 2}


def test_an_example_is_the_same_every_time_and_another_for_another_number():
    people = DrawnPeople(**SMALL)
    first, again, other = people[3], people[3], people[4]
    for name, value in asdict(first).items():
        assert np.array_equal(value, getattr(again, name)), name
    assert not np.array_equal(first.photo, other.photo)


def test_an_example_shows_one_person_in_all_its_pictures():
    example = DrawnPeople(**SMALL, people=10)[2]
    assert example.photo.shape == (128, 88, 3)
    assert example.texture.shape == (128, 128, 3) and example.coverage.shape == (128, 128)
    assert example.targets.shape == example.poses.shape == (2, 128, 88, 3)
    assert example.previews.shape == (2, 128, 88, 5) and example.alphas.shape == (2, 128, 88)
    assert np.array_equal(example.targets[0], example.photo), "the first target is the photo itself"
    for target, pose, alpha in zip(example.targets, example.poses, example.alphas, strict=True):
        body = pose[..., 0] > 0
        assert body.any()
        assert (alpha[body] > 0).mean() > 0.97, "the person covers where the map says the body is"
        assert target.dtype == np.uint8


def test_there_is_an_end_where_one_was_asked_for():
    assert len(DrawnPeople(people=3)) == 3
    with pytest.raises(IndexError):
        DrawnPeople(people=3)[3]


@given(st.integers(0, 10**6))
def test_nobody_wears_a_garment_that_is_kept_for_tests_but_test_people(n: int):
    train, test = drawn_person(n), drawn_person(n, test=True)
    for cloth in (train.top.cloth, train.bottom.cloth):
        assert not kept_for_tests(cloth)
    for cloth in (test.top.cloth, test.bottom.cloth):
        assert kept_for_tests(cloth)
    assert train.seed != test.seed


def test_a_pose_is_made_from_poses_of_its_own_side_only():
    trained = {name for name in training_poses() if name not in TEST_POSES}
    keys = {key for name in trained for key in training_poses()[name].angles}
    only_tests = {key for name in TEST_POSES for key in training_poses()[name].angles} - keys
    for seed in range(40):
        pose = random_pose(np.random.default_rng(seed))
        assert set(pose.angles) <= keys
        assert not set(pose.angles) & only_tests
    assert set(TEST_POSES) < set(training_poses())


def test_what_was_drawn_is_read_back_and_a_damaged_file_is_drawn_again(tmp_path: Path):
    kept = Cached(DrawnPeople(**SMALL, people=4), tmp_path)
    first = kept[1]
    (file,) = tmp_path.rglob("*.npz")
    before = file.stat().st_mtime_ns
    again = kept[1]
    assert file.stat().st_mtime_ns == before
    file.write_bytes(file.read_bytes()[:500])
    mended = kept[1]
    for name, value in asdict(first).items():
        assert np.array_equal(value, getattr(again, name)), name
        assert np.array_equal(value, getattr(mended, name)), name
    assert len(kept) == 4


def test_a_source_is_opened_by_its_name(tmp_path: Path):
    data = DataConfig("drawn", "", (128, 88), 128, 5, 2)
    assert np.array_equal(open_source(data)[0].photo, DrawnPeople(**SMALL, people=5)[0].photo)
    kept = open_source(replace(data, folder=str(tmp_path)))
    assert isinstance(kept, Cached)
    assert not np.array_equal(open_source(data, test=True)[0].photo, kept[0].photo)


def test_heads_are_of_one_person_from_several_sides_and_kept(tmp_path: Path):
    heads = DrawnHeads(3, 2, first=50, folder=tmp_path)
    assert len(heads) == 6
    (who, one), (same, other) = heads[1], heads[4]
    assert who == same == 1
    assert one.shape == (64, 64, 3) and not np.array_equal(one, other)
    assert np.array_equal(DrawnHeads(3, 2, first=50, folder=tmp_path)[4][1], other)
    assert len(list(tmp_path.iterdir())) == 1


# --- What a picture gives besides its texture map ------------------------------------------------------------------


@pytest.fixture(scope="module")
def photo() -> tuple[np.ndarray, np.ndarray]:
    return render_person(draw_person(3), named_poses()["standing"])


def test_alpha_covers_the_person_and_nothing_else():
    view = render_view(draw_person(3), Pose(), (256, 176))
    bare = render_view(draw_person(3), Pose(), (256, 176), background=False)
    nothing = bare.alpha == 0
    assert (bare.photo[nothing] == 255).all()
    assert (bare.photo[view.alpha == 255] != 255).any(-1).mean() > 0.95
    assert np.array_equal(view.alpha, bare.alpha)


def test_a_head_is_cut_out_where_a_face_is_seen(photo):
    head = crop_head(*photo)
    assert head.shape == (CROP, CROP, 3) and head.dtype == np.uint8
    skin = np.array(draw_person(3).skin)
    assert np.abs(head[28:36, 28:36].reshape(-1, 3).mean(0) - skin).max() < 70, "its middle shows the face"


def test_a_head_from_behind_or_none_at_all_gives_no_face(photo):
    back = render_person(draw_person(3), Pose(yaw=180))
    assert crop_head(*back) is None
    assert crop_head(photo[0], np.zeros_like(photo[1])) is None


@pytest.mark.parametrize("scale", [1, 2])
def test_a_head_is_the_same_at_any_size(photo, scale):
    import cv2

    large = [cv2.resize(p, None, fx=scale, fy=scale, interpolation=cv2.INTER_NEAREST) for p in photo]
    assert np.abs(crop_head(*large).astype(int) - crop_head(*photo)).mean() < 8


def test_a_plain_ground_is_found_although_an_arm_reaches_past_the_edge():
    picture = np.full((100, 60, 3), (200, 210, 220), np.uint8)
    picture[40:60] = (10, 10, 10)
    assert background_colour(picture).tolist() == [200, 210, 220]
    mixed = np.random.default_rng(0).integers(0, 256, (100, 60, 3), np.uint8)
    assert background_colour(mixed).tolist() == [236, 235, 232]


def test_the_previews_planes_are_its_colours_the_body_and_what_was_seen(photo):
    seen = extract(*photo)
    filled = fill(seen)
    planes = preview_planes(filled, seen.coverage, photo[1], np.uint8([1, 2, 3]))
    body = photo[1][..., 0] > 0
    assert planes.shape == (*body.shape, 5) and planes.dtype == np.uint8
    assert (planes[~body][:, :3] == (1, 2, 3)).all()
    assert np.array_equal(planes[..., 3] > 0, body)
    drawn = render(filled, photo[1])
    assert np.array_equal(planes[body][:, :3], drawn[body][:, :3])
    assert (planes[body][:, 4] > 0).mean() > 0.99, "the photo's own pose shows what it saw"
    nothing = preview_planes(filled, np.zeros_like(seen.coverage), photo[1], np.uint8([1, 2, 3]))
    assert not nothing[..., 4].any()


def test_places_lie_on_the_texture_map_where_rendering_looks(photo):
    where = places(photo[1])
    body = photo[1][..., 0] > 0
    assert where.dtype == np.float32 and where.shape == (*body.shape, 3)
    assert np.array_equal(where[..., 2] > 0, body)
    assert (where[~body] == 0).all()
    y, x = np.mgrid[:512, :512]
    ramp = np.stack([x / 2, y / 2, 0 * x], -1).astype(np.uint8)
    drawn = render(TextureMap(ramp, np.ones((512, 512), bool)), photo[1])
    assert np.abs(where[body][:, :2] * 256 - drawn[body][:, :2]).mean() < 1.0


# --- The generator, apart from the page ----------------------------------------------------------------------------


def test_a_pose_for_the_page_changes_no_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    before = [random_pose(np.random.default_rng(seed), test=test) for seed in range(20) for test in (False, True)]
    (tmp_path / "00-new.json").write_text(Pose("New", {"neck.bend": 30}).to_json())
    monkeypatch.setattr("mcld_app.body.mannequin.pose.POSE_FOLDER", tmp_path)
    named_poses.cache_clear()
    training_poses.cache_clear()
    try:
        assert list(named_poses()) == ["new"]
        after = [random_pose(np.random.default_rng(seed), test=test) for seed in range(20) for test in (False, True)]
    finally:
        named_poses.cache_clear()
    assert after == before


def test_the_poses_are_the_24_that_the_bundled_model_was_trained_on():
    listed = [[name, dict(pose.angles), float(pose.yaw)] for name, pose in training_poses().items()]
    assert len(listed) == 24 and set(TEST_POSES) < set(training_poses())
    digest = hashlib.sha256(json.dumps(listed).encode()).hexdigest()
    known = "95e6b286bba793686850bbcd95afe568dca29f730935fc10c37dc8fb150745cb"
    assert digest == known, "a changed list makes other examples: raise GENERATOR_VERSION"


KNOWN = {
    4: [
        [
            [[222.4, 215.2, 209.0], [205.3, 194.5, 186.8], [198.1, 197.8, 189.7], [214.4, 209.6, 203.9]],
            [[47.2, 39.9, 30.0], [65.7, 53.8, 44.8], [144.1, 110.6, 102.6], [93.5, 79.6, 72.4]],
        ],
        [
            [[206.9, 194.3, 191.6], [196.5, 185.7, 201.9], [190.8, 191.2, 185.1], [208.2, 205.7, 199.3]],
            [[82.5, 67.0, 50.7], [84.6, 63.4, 61.8], [98.5, 57.4, 119.8], [65.6, 47.3, 74.3]],
        ],
        [
            [[199.8, 200.7, 205.4], [192.6, 175.1, 178.9], [195.9, 190.0, 201.2], [194.7, 196.6, 204.0]],
            [[60.4, 38.5, 42.0], [55.6, 33.2, 34.0], [91.7, 37.8, 32.4], [80.7, 30.5, 28.4]],
        ],
    ],
}  # fmt: skip
"""Of `GENERATOR_VERSION`: the mean colours of four parts of each of three examples' second target and texture map."""


def mean_colours(picture: np.ndarray) -> np.ndarray:
    """Of the four quarters of a picture, one under another."""
    return np.stack([part.reshape(-1, 3).mean(0) for part in np.array_split(picture.astype(float), 4)])


def test_who_changes_what_is_drawn_has_to_raise_the_generators_version():
    people = [DrawnPeople(**SMALL)[0], DrawnPeople(**SMALL)[1], DrawnPeople(**SMALL, test=True)[0]]
    found = np.stack([[mean_colours(one.targets[1]), mean_colours(one.texture)] for one in people])
    assert GENERATOR_VERSION in KNOWN, "note the new version's colours in KNOWN"
    assert np.abs(found - np.array(KNOWN[GENERATOR_VERSION])).max() < 0.5, "raise GENERATOR_VERSION"


def test_examples_of_another_generator_are_never_taken_from_a_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    small, large = DrawnPeople(**SMALL), DrawnPeople((192, 132), 128, 2)
    assert Cached(small, tmp_path)[0].photo.shape == (128, 88, 3)
    assert Cached(large, tmp_path)[0].photo.shape == (192, 132, 3), "another size"
    of_tests = Cached(DrawnPeople(**SMALL, test=True), tmp_path)[0]
    assert not np.array_equal(of_tests.photo, Cached(small, tmp_path)[0].photo), "the other side"
    files = set(tmp_path.rglob("*.npz"))
    assert len(files) == 3
    monkeypatch.setattr("mcld_app.data.generator.GENERATOR_VERSION", GENERATOR_VERSION + 1)
    assert np.array_equal(Cached(small, tmp_path)[0].photo, small[0].photo)
    assert len(set(tmp_path.rglob("*.npz")) - files) == 1, "a newer generator's is drawn anew"


def test_more_people_of_the_same_generator_share_its_cache():
    assert DrawnPeople(**SMALL, people=5).fingerprint == DrawnPeople(**SMALL).fingerprint


def test_heads_of_another_generator_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = DrawnHeads(1, 2, first=50, folder=tmp_path)[0][1]
    (file,) = tmp_path.rglob("*.npy")
    np.save(file, np.zeros((2, 64, 64, 3), np.uint8))
    assert not DrawnHeads(1, 2, first=50, folder=tmp_path)[0][1].any(), "read from the cache"
    monkeypatch.setattr("mcld_app.data.generator.GENERATOR_VERSION", GENERATOR_VERSION + 1)
    assert np.array_equal(DrawnHeads(1, 2, first=50, folder=tmp_path)[0][1], first)
