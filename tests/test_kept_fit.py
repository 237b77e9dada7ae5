"""The mannequin over a photo in recipes: from a person to a recipe and back to the same person, and damaged ones."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_schema import allows

from mcld_app.body.fitting.landmarks import NAMES, Landmarks
from mcld_app.body.fitting.manual_fit import ManualFit, fit_by_hand
from mcld_app.body.fitting.sighting import Sighting
from mcld_app.body.framing import frame_around, frame_photo
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.editing import look as looks
from mcld_app.editing.person import Person, fitted_person
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.editing.recipe.schema import recipe_schema
from mcld_app.errors import StudioError
from mcld_app.synthetic.people import draw_person, render_person

POSES = named_poses()
SHAPES = st.builds(
    lambda height, build, shape: {"height": height, "build": build, "shape": tuple(shape)},
    st.floats(0.9, 1.1), st.floats(-1, 1), st.lists(st.floats(-2, 2), max_size=4),
)  # fmt: skip


def back(person: Person) -> Person:
    return read_recipe(write_recipe(Recipe(looks.of(person)), pictures=True)).look.person


def landmarks(rng: np.random.Generator, size: tuple[int, int]) -> Landmarks:
    """Points as a network may give them: some beyond the photo."""
    places = rng.uniform(-50, 50 + max(size), (len(NAMES), 2))
    return Landmarks(places, rng.uniform(0, 1, len(NAMES)), rng.normal(0, 0.5, (len(NAMES), 3)))


@st.composite
def people(draw) -> Person:
    """Somebody whose body the mannequin gave: by hand over any photo, or by an outline, framed or as it came."""
    rng, pose = np.random.default_rng(draw(st.integers(0, 99))), POSES[draw(st.sampled_from(sorted(POSES)))]
    pose = pose.replace(**draw(SHAPES), yaw=draw(st.floats(-60, 60)))
    photo, iuv = render_person(draw_person(draw(st.integers(0, 50))), pose, (256, 176))
    kind = draw(st.sampled_from(["by hand", "by hand over a wide photo", "found", "found without points", "cut out"]))
    if kind.startswith("by hand"):
        if kind.endswith("wide photo"):
            photo = np.concatenate([photo[:, ::-1], photo, np.full((256, 90, 3), 70, np.uint8)], 1)
            shift = draw(st.floats(-0.3, 0.3))
            return fitted_person(fit_by_hand("wide", photo, pose).stand(pose.replace(zoom=0.35, shift_x=shift)))
        return fitted_person(ManualFit("hand", photo, pose))
    outline = np.where(iuv[..., 0] > 0, 255, rng.integers(0, 100, iuv.shape[:2])).astype(np.uint8)
    points = None if kind.endswith("without points") else landmarks(rng, photo.shape[:2])
    if kind != "cut out":
        return fitted_person(ManualFit("found", photo, pose, Sighting(outline, points)))
    wide = np.concatenate([np.full((256, 20, 3), 90, np.uint8), photo], 1)[: draw(st.integers(200, 256))]
    frame = frame_around(wide.shape[:2], (0, 20, wide.shape[0], 176), target=None)
    framed = frame_photo(wide, frame)
    there = rng.integers(0, 256, framed.shape[:2]).astype(np.uint8)
    there[40:-40, 40:-40] = 255
    return fitted_person(ManualFit("cut", framed, pose, Sighting(there, points, (wide, frame))))


@settings(max_examples=12, deadline=None)
@given(people())
def test_a_person_comes_back_with_the_mannequin_over_them(person: Person) -> None:
    again = back(person)
    assert again.key == person.key and again.body == person.body
    assert np.array_equal(again.iuv, person.iuv) and np.array_equal(again.texture.image, person.texture.image)
    assert np.array_equal(again.texture.coverage, person.texture.coverage)
    assert np.array_equal(again.fit.photo, person.photo)
    if person.fit.sighting is None and person.whole is not None:
        drawn = again.fit.drawn[..., 0] > 0
        assert (drawn == (person.iuv[..., 0] > 0)).mean() > 0.995, "it stands where it stood, in a part of the photo"
    else:
        assert again.fit.pose == person.fit.pose and np.array_equal(again.fit.iuv, person.fit.iuv)
    if person.fit.sighting is not None:
        now, then = again.fit.sighting, person.fit.sighting
        assert np.array_equal(now.outline, then.outline) and now.inside == then.inside
        assert (now.landmarks is None) == (then.landmarks is None)
        if then.landmarks is not None:
            for name in ("places", "sure", "space"):
                assert np.array_equal(getattr(now.landmarks, name), getattr(then.landmarks, name))
    texts = [write_recipe(Recipe(looks.of(one)), pictures=True) for one in (person, again)]
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def found() -> Person:
    photo, iuv = render_person(draw_person(3), POSES["relaxed"], (256, 176))
    outline = (iuv[..., 0] > 0).astype(np.uint8) * np.uint8(255)
    seen = Sighting(outline, landmarks(np.random.default_rng(0), photo.shape[:2]))
    return fitted_person(ManualFit("Holiday", photo, POSES["relaxed"], seen))


def altered(person: Person, **changes: object) -> str:
    values = json.loads(write_recipe(Recipe(looks.of(person)), pictures=True))
    [picture] = values["pictures"].values()
    picture["fit"].update(changes)
    return json.dumps(values)


def test_it_takes_little_room_and_has_the_published_form(found: Person) -> None:
    values = json.loads(write_recipe(Recipe(looks.of(found)), pictures=True))
    [picture] = values["pictures"].values()
    assert allows(recipe_schema(), values)
    assert len(json.dumps(picture["fit"])) < 8_000, "beside a photo of 30,000"
    assert "fit" not in write_recipe(Recipe(looks.of(found))), "nothing of it travels without the pictures"


def test_a_recipe_from_before_opens_without_the_mannequin(found: Person) -> None:
    values = json.loads(write_recipe(Recipe(looks.of(found)), pictures=True))
    for picture in values["pictures"].values():
        del picture["fit"]
    again = read_recipe(json.dumps(values)).look.person
    assert again.key == found.key and again.fit is None


WRONG = {
    "a pose that is none": ({"pose": {"dance": 1}}, "not a pose file"),
    "a pose that is a word": ({"pose": "standing"}, "laid over a photo in this recipe is damaged"),
    "a joint beyond its limit": ({"pose": {"angles": {"left_elbow.bend": 500}}}, "may only go from"),
    "an outline that is no picture": ({"outline": "AAAA"}, "picture|photo"),
    "32 points": ({"landmarks": [[0.0] * 6] * 32}, "is damaged"),
    "points of two numbers": ({"landmarks": [[0.0] * 2] * 33}, "is damaged"),
    "points that are words": ({"landmarks": "many"}, "is damaged"),
    "a point far away": ({"landmarks": [[1e9] * 6] * 33}, "is damaged"),
    "a part beyond the photo": ({"inside": [0, 0, 900, 900]}, "is damaged"),
    "a part of nothing": ({"inside": [0, 0, 0, 0]}, "is damaged"),
    "a surprise": ({"run": "x"}, "“pictures: run”"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_damaged_one_is_told_in_a_sentence(found: Person, case: str) -> None:
    changes, said = WRONG[case]
    with pytest.raises(StudioError, match=said) as told:
        read_recipe(altered(found, **changes))
    assert len(str(told.value)) < 400


def test_points_that_are_not_finite_and_an_outline_of_another_size_are_told(found: Person) -> None:
    text = altered(found, landmarks=[[0.0] * 6] * 33).replace("0.0", "NaN", 1)
    with pytest.raises(StudioError):
        read_recipe(text)
    other = fitted_person(ManualFit("x", *other_size()))
    values = json.loads(write_recipe(Recipe(looks.of(other)), pictures=True))
    [picture] = values["pictures"].values()
    with pytest.raises(StudioError, match="is damaged"):
        read_recipe(altered(found, outline=picture["fit"]["outline"]))


def other_size() -> tuple[np.ndarray, Pose, Sighting]:
    photo, iuv = render_person(draw_person(3), POSES["relaxed"], (320, 220))
    return photo, POSES["relaxed"], Sighting((iuv[..., 0] > 0).astype(np.uint8) * np.uint8(255), None)
