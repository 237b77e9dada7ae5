"""Recipes: a look as JSON and back, what travels with it and what does not, and what damaged ones are told."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import region_mask
from mcld_app.editing import FILLS, Garment, Look, MapPose, samples
from mcld_app.editing import look as looks
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.paint import Paint
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.recipe import VERSION, Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.request import Settings
from mcld_app.synthetic.people import draw_person, render_person

PEOPLE, GARMENTS = list(samples.people()), list(samples.garments())


@pytest.fixture(scope="module")
def own() -> Person:
    return make_person("Holiday 2019", *render_person(draw_person(5), named_poses()["relaxed"], (700, 481)))


def full(person: Person, donor: Person) -> Look:
    """A look with an edit of every kind."""
    rng = np.random.default_rng(0)
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[100:160, 60:120] = rng.integers(0, 256, (60, 60, 4))
    layer[~region_mask("body")] = 0
    layer[layer[..., 3] == 0] = 0
    look = looks.add(looks.of(person), Wear(samples.sample_garment(GARMENTS[0])))
    look = looks.add(look, Wear(Garment(f"{donor.name}’s clothes", donor, "upper"), frozenset({1, 2})))
    look = looks.add(look, Cover("shoes", (250, 10, 90)))
    pattern = rng.integers(0, 256, (40, 30, 3), np.uint8)
    look = looks.add(look, Cover("bottom", (0, 0, 0), pattern, "Tartan", 9.0, 30.0, False))
    look = looks.switch(looks.add(look, Paint(layer)), 0, False)
    look = looks.add(look, FaceSwap(donor, 0.6, True))
    look = looks.weigh_face(looks.guess(look, "inpaint"), 0.8)
    return looks.stand(look, named_poses()["arms-up"].replace(yaw=31.0))


def same(a: Look, b: Look) -> bool:
    first, second = conditions_of(a), conditions_of(b)
    faces = [(c.face, c.other_face) for c in (first, second)]
    heads = [np.array_equal(x.head, y.head) for x, y in zip(*faces, strict=True) if x is not None]
    alike = all(np.array_equal(getattr(first, k), getattr(second, k)) for k in ("photo", "texture", "pose", "coverage"))
    return alike and all(heads) and first.face_mix == second.face_mix and a.face_weight == b.face_weight


def test_a_recipe_with_pictures_brings_everything_back_exactly(own: Person) -> None:
    donor = samples.sample_person(PEOPLE[3])
    made = Recipe(full(own, donor), Settings(7, 2.0, "unipc"), (3, 9), "bundled", {"device": "cpu", "batch": 2})
    back = read_recipe(write_recipe(made, pictures=True))
    assert same(back.look, made.look)
    assert (back.settings, back.seeds, back.model, back.drawn_with) == (
        made.settings, made.seeds, made.model, made.drawn_with,
    )  # fmt: skip
    assert [(type(e), e.on, e.label, e.place) for e in back.look.edits][2:] == [
        (type(e), e.on, e.label, e.place) for e in made.look.edits
    ][2:]
    assert back.look.person.key == own.key and back.look.fill == "inpaint"


def test_by_default_nothing_of_a_visitors_pictures_travels(own: Person) -> None:
    text = write_recipe(Recipe(full(own, own)))
    assert "Holiday" not in text and "photo\"" not in text
    told = json.loads(text)
    assert told["pictures"] == {} and told["person"] == {"own": own.key}
    longest = max(len(str(v)) for edit in told["edits"] for k, v in edit.items() if k != "layer")
    assert longest < 200, "neither pictures nor faces hide in the edits"


def test_who_has_the_photos_can_open_a_recipe_without_them(own: Person) -> None:
    look = looks.add(looks.of(own), Wear(samples.sample_garment(GARMENTS[0])))
    text = write_recipe(Recipe(look))
    assert same(read_recipe(text, lambda key: own if key == own.key else None).look, look)
    with pytest.raises(StudioError, match="needs a photo that it does not carry"):
        read_recipe(text)


def test_the_pose_of_another_picture_travels_with_pictures_only(own: Person) -> None:
    look = looks.stand(looks.of(samples.sample_person(PEOPLE[0])), MapPose("as Holiday", own.picture_iuv))
    assert same(read_recipe(write_recipe(Recipe(look), pictures=True)).look, look)
    with pytest.raises(StudioError, match="pose of a picture"):
        read_recipe(write_recipe(Recipe(look)))


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_any_look_of_samples_comes_back(data) -> None:
    look = looks.of(samples.sample_person(data.draw(st.sampled_from(PEOPLE))))
    for garment in data.draw(st.lists(st.sampled_from(GARMENTS), max_size=2)):
        look = looks.add(look, Wear(samples.sample_garment(garment)))
    if data.draw(st.booleans()):
        donor = samples.sample_person(data.draw(st.sampled_from(PEOPLE)))
        look = looks.add(look, FaceSwap(donor, data.draw(st.floats(0, 1)), data.draw(st.booleans())))
    look = looks.guess(look, data.draw(st.sampled_from(sorted(FILLS))))
    look = looks.stand(look, named_poses().get(data.draw(st.sampled_from(["-", *named_poses()]))))
    seeds = tuple(data.draw(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=4)))
    back = read_recipe(write_recipe(Recipe(look, seeds=seeds)))
    assert same(back.look, look) and back.seeds == seeds


# ---- what is no recipe ----------------------------------------------------------------------------------------


def altered(**changes) -> str:
    values = json.loads(write_recipe(Recipe(looks.of(samples.sample_person(PEOPLE[0])))))
    return json.dumps({k: v for k, v in {**values, **changes}.items() if v != "GONE"})


BAD = {
    "no JSON": ("{", "no JSON"),
    "another JSON": ('{"a": 1}', "no recipe"),
    "a list": ("[1, 2]", "no recipe"),
    "very deep": ("[" * 100_000, "no recipe"),
    "an unknown field": (altered(surprise=1), "“surprise”"),
    "an unknown setting": (altered(settings={"steps": 3, "magic": 1}), "settings: magic"),
    "a version of the future": (altered(version=VERSION + 1), "newer MCLD Studio"),
    "no version": (altered(version="GONE"), "version"),
    "nobody": (altered(person="GONE"), "person"),
    "an unknown sample": (altered(person={"sample": "person:nobody"}), "sample that is not here"),
    "a way out of the folder": (altered(person={"sample": "person:../../etc/passwd"}), "sample that is not here"),
    "10,000 edits": (altered(edits=[{"kind": "face", "donor": None}] * 10_000), "at most 60"),
    "edits that are none": (altered(edits="all"), "no list"),
    "an edit of another kind": (altered(edits=[{"kind": "exec", "code": "1"}]), "unknown kind"),
    "an edit with a surprise": (altered(edits=[{"kind": "paint", "layer": "", "run": "x"}]), "“edits: run”"),
    "a picture that is none": (altered(edits=[{"kind": "paint", "layer": "AAAA"}]), "picture|layer|PNG"),
    "a layer that is no base64": (altered(edits=[{"kind": "paint", "layer": "ä"}]), "damaged"),
    "an unknown region": (altered(edits=[{"kind": "cover", "region": "soul"}]), "region"),
    "parts that are none": (altered(edits=[{"kind": "cover", "parts": [1, "2"]}]), "1 to 24"),
    "a colour that is none": (altered(edits=[{"kind": "cover", "region": "top", "colour": [1, 2, 300]}]), "255"),
    "a pattern that is missing": (altered(edits=[{"kind": "cover", "region": "top", "pattern": "k"}]), "pattern"),
    "a pose with a joint too many": (altered(pose={"mannequin": {"angles": {"tail.bend": 3}}}), "tail|joint"),
    "too many steps": (altered(settings={"steps": 10**9}), "number of steps"),
    "no seeds": (altered(seeds=[]), "seeds"),
    "a negative seed": (altered(seeds=[-1]), "seed"),
    "a face that weighs nothing known": (altered(face_weight="much"), "weight"),
    "a fill that is none": (altered(fill=["x"]), "fill|way"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_recipe_that_cannot_be_used_is_told_in_a_sentence(case: str) -> None:
    text, says = BAD[case]
    with pytest.raises(StudioError, match=says) as told:
        read_recipe(text)
    sentence = str(told.value)
    assert sentence.endswith((".", "?")) and len(sentence) < 400 and "Traceback" not in sentence


def test_a_recipe_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(StudioError, match="larger than 40 MB"):
        read_recipe("[" + " " * (41 << 20))
