"""Recipes: a look as JSON and back, what travels with it and what does not, and what damaged ones are told."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from json_schema import allows
from thorough import THOROUGH

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import region_mask
from mcld_app.editing import FILLS, Garment, Look, MapPose, samples
from mcld_app.editing import look as looks
from mcld_app.editing.area import CLOTHES
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits import KINDS
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.edit import Edit
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.flat import Flat
from mcld_app.editing.edits.paint import Paint
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.look import pose_as
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.recipe import VERSION, Recipe, read_recipe, write_recipe
from mcld_app.editing.recipe.schema import recipe_schema
from mcld_app.errors import StudioError
from mcld_app.request import Settings
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.state import initial_state
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


@settings(max_examples=30 if THOROUGH else 3, deadline=None)
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


AREAS = st.one_of(
    st.sampled_from(sorted(CLOTHES)), st.frozensets(st.integers(1, 24), min_size=1, max_size=5).map(frozenset)
)


@st.composite
def an_edit(draw, donors: list[Person]) -> Edit:
    """An edit of any kind, on or off."""
    kind, on, donor = draw(st.sampled_from(sorted(KINDS))), draw(st.booleans()), draw(st.sampled_from(donors))
    if kind == "wear":
        garment = samples.sample_garment(draw(st.sampled_from(GARMENTS)))
        return Wear(garment, on=on) if draw(st.booleans()) else Wear(clothes_of(donor), "upper", on=on)
    if kind == "cover":
        colour, name = draw(st.tuples(*[st.integers(0, 255)] * 3)), draw(st.text(max_size=40))
        # One pattern has one name in a recipe.
        rng = np.random.default_rng([draw(st.integers(0, 99)), *name.encode("utf-8", "surrogatepass")])
        pattern = rng.integers(0, 256, (7, 5, 4), np.uint8) if draw(st.booleans()) else None
        if pattern is not None:
            pattern[pattern[..., 3] == 0] = 0
        scale, angle = draw(st.floats(1, 200)), draw(st.floats(-360, 360))
        name = name if pattern is not None else "Pattern"
        return Cover(draw(AREAS), colour, pattern, name, scale, angle, draw(st.booleans()), draw(st.booleans()), on=on)
    if kind == "paint":
        layer = np.zeros((512, 512, 4), np.uint8)
        top = draw(st.integers(0, 500))
        layer[top : top + 12, 60:400] = (*draw(st.tuples(*[st.integers(0, 255)] * 3)), draw(st.integers(1, 255)))
        layer[~region_mask("body")] = 0
        return Paint(layer, on=on)
    if kind == "flat":
        return Flat(draw(st.booleans()), True, on=on)
    return FaceSwap(draw(st.sampled_from([None, donor])), draw(st.floats(0, 1)), draw(st.booleans()), on=on)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_any_list_of_edits_comes_back_and_has_the_published_form(own: Person, data) -> None:
    donors = [own, samples.sample_person(PEOPLE[1])]
    edits = tuple(data.draw(st.lists(an_edit(donors), max_size=4)))
    look = looks.with_edits(looks.of(samples.sample_person(PEOPLE[0])), edits)
    text = write_recipe(Recipe(look), pictures=True)
    back = read_recipe(text).look
    assert [(type(e), e.label, e.place, e.on) for e in back.edits] == [
        (type(e), e.label, e.place, e.on) for e in edits
    ]
    assert (back.texture.image == look.texture.image).all()
    assert write_recipe(Recipe(back), pictures=True) == text
    assert allows(SCHEMA, json.loads(text))


def test_a_recipe_of_an_earlier_version_of_the_studio_opens() -> None:
    old = """{"format": "mcld-recipe", "version": 1, "model": "bundled",
      "settings": {"steps": 7, "guidance": 1.0, "scheduler": "unipc", "preview": true}, "seeds": [3],
      "drawn_with": {"device": "cpu", "dtype": "float32", "batch": 1, "fallback": "none"},
      "person": {"sample": "person:mara"}, "others": [], "pose": {"of": {"sample": "person:kofi"}}, "fill": "smooth",
      "face_weight": 0.8, "edits": [
        {"on": true, "kind": "wear", "garment": {"sample": "garment:jeans"}, "region": "bottom"},
        {"on": false, "kind": "cover", "colour": [1, 2, 3], "scale": 12.0, "angle": 0.0, "shaded": true,
         "pattern": null, "parts": [1, 7]},
        {"on": true, "kind": "face", "donor": null, "share": 1.0, "texels": true}], "pictures": {}}"""
    recipe = read_recipe(old)
    assert recipe.redrawn == ("garment:jeans", "person:kofi", "person:mara"), "it does not say as which it knew them"
    assert "drawn anew" in use_recipe(initial_state(), recipe).note.text
    assert recipe.settings == Settings(7, 1.0, "unipc") and recipe.look.face_weight == 0.8
    assert [(edit.label, edit.place, edit.on) for edit in recipe.look.edits] == [
        ("Jeans", "Bottom", True), ("Colour #010203", "2 body parts", False), ("No face", "Identity", True),
    ]  # fmt: skip
    assert conditions_of(recipe.look).face_weight == 0.8
    assert recipe.details == "seed 3, 7 steps, guidance 1, face weight 0.8, unipc"
    assert allows(SCHEMA, json.loads(old))


def test_a_recipe_says_which_samples_were_drawn_anew_since_it_was_written() -> None:
    look = looks.add(looks.of(samples.sample_person("person:mara")), Wear(samples.sample_garment("garment:jeans")))
    look = looks.stand(look, pose_as(samples.sample_person("person:kofi")))
    look = looks.add(look, FaceSwap(samples.sample_person("person:leo")))
    text = write_recipe(Recipe(look))
    assert read_recipe(text).redrawn == ()
    assert "drawn anew" not in use_recipe(initial_state(), read_recipe(text)).note.text
    for sample in ("person:mara", "garment:jeans", "person:kofi", "person:leo"):
        content = samples.sample_garment(sample).donor.key if "garment" in sample else samples.sample_person(sample).key
        assert text.count(content) == 1
        assert read_recipe(text.replace(content, "0123456789abcdef")).redrawn == (sample,)


def test_the_name_of_a_photos_content_stays_as_recipes_out_there_have_it(own: Person) -> None:
    plain = hashlib.blake2b(own.photo.tobytes() + own.iuv.tobytes(), digest_size=8).hexdigest()
    assert own.key == plain


# ---- the published form ---------------------------------------------------------------------------------------

PUBLISHED = Path(__file__).resolve().parents[1] / "docs" / "recipe.schema.json"
SCHEMA = recipe_schema()


def test_the_published_schema_is_the_one_that_recipes_are_read_by() -> None:
    assert json.loads(PUBLISHED.read_text("utf-8")) == SCHEMA, "write it anew: make schema"


def test_a_look_with_everything_in_it_has_the_published_form(own: Person) -> None:
    made = Recipe(full(own, own), Settings(7, 2.0, "unipc"), (3, 9), "bundled", {"device": "cpu", "batch": 2})
    for pictures in (True, False):
        assert allows(SCHEMA, json.loads(write_recipe(made, pictures=pictures)))


@pytest.mark.parametrize("case", [
    "an unknown field", "an unknown setting", "no version", "a version of the future", "nobody", "10,000 edits",
    "edits that are none", "an edit of another kind", "an edit with a surprise", "an unknown region",
    "parts that are none", "a colour that is none", "too many steps", "no seeds", "a negative seed",
    "a face that weighs nothing known", "a fill that is none", "a switch that is a word", "a scale of nothing",
    "an edit of no kind", "two people in one", "a photo that is a number", "a guidance that is none",
])  # fmt: skip
def test_what_has_another_form_is_outside_of_the_published_one_too(case: str) -> None:
    assert not allows(SCHEMA, json.loads(BAD[case][0]))


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
    "a fill as long as a book": (altered(fill="x" * 100_000), "no way"),
    "a switch that is a word": (altered(edits=[{"kind": "face", "on": "yes"}]), "“edits: on”"),
    "a scale of nothing": (altered(edits=[{"kind": "cover", "region": "top", "scale": 0}]), "1 to 200"),
    "an edit of no kind": (altered(edits=[{"on": True}]), "does not say its kind"),
    "a field called as a kind": (altered(cover=1), "“cover”"),
    "a kind that is a number": (altered(edits=[{"kind": 5}]), "unknown kind"),
    "a kind that is a list": (altered(edits=[{"kind": ["wear"]}]), "edit"),
    "an edit that is a word": (altered(edits=["jeans"]), "edits"),
    "no place for a colour": (altered(edits=[{"kind": "cover"}]), "region"),
    "two people in one": (altered(person={"sample": "person:mara", "own": "x"}), "whom it is about"),
    "a donor that is none": (altered(edits=[{"kind": "face", "donor": 3}]), "whom it is about"),
    "a garment of nobody": (altered(edits=[{"kind": "wear", "region": "top"}]), "“edits: garment”"),
    "a photo that is a number": (altered(pictures={"k": {"photo": 3}}), "picture in this recipe is damaged"),
    "a guidance that is none": (altered(settings={"guidance": "much"}), "Guidance must be a number from 0 to 30"),
    "an unknown scheduler": (altered(settings={"scheduler": "euler"}), "no scheduler 'euler'"),
    "a model that is a number": (altered(model=3), "“model” is no name"),
    "too many other photos": (altered(others=[{"sample": "person:mara"}] * 13), "at most 12"),
    "too many seeds": (altered(seeds=[1] * 65), "at most 64"),
    "a pose that is none": (altered(pose={"dance": 1}), "“pose"),
    "deep where nothing is": (altered(edits="DEEP").replace('"DEEP"', "[" * 900 + "]" * 900), "edit"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_recipe_that_cannot_be_used_is_told_in_a_sentence(case: str) -> None:
    text, says = BAD[case]
    with pytest.raises(StudioError, match=says) as told:
        read_recipe(text)
    sentence = str(told.value)
    assert sentence.endswith((".", "?")) and len(sentence) < 400 and "Traceback" not in sentence
    assert told.value.__cause__ is None or "photo" not in str(told.value.__cause__), "a log must not quote a recipe"


def test_a_recipe_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(StudioError, match="larger than 40 MB"):
        read_recipe("[" + " " * (41 << 20))
