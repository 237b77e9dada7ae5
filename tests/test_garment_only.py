"""A colour or a pattern on the garment alone: neither skin nor hair takes it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from cast import everybody, with_bare_arms
from flat_garments import skirt, tee

from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.texture.skin import bare_limbs, cloth_texels
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.flat_garment import flat_garment
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.look import Look
from mcld_app.editing.person import Person
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.studio.panels.cover import api_cover

BLUE = (20, 40, 230)
ARMS, LEGS = parts_mask(frozenset(range(15, 23))), parts_mask(frozenset(range(7, 15)))


def person(name: str) -> Person:
    return samples.sample_person(f"person:{name}")


def is_blue(look: Look) -> np.ndarray:
    return (look.appearance.seen.image == BLUE).all(2)


def only(area: str, on: bool = True) -> Cover:
    return Cover(area, BLUE, shaded=False, garment_only=on)


@pytest.mark.parametrize("name", everybody(with_bare_arms))
def test_of_a_persons_own_clothes_skin_is_left_out(name: str) -> None:
    who = samples.sample_person(name)
    blue = is_blue(looks.add(looks.of(who), only("outfit")))
    bare = bare_limbs(who.texture)
    assert np.count_nonzero(bare) > 3000 and not (blue & bare).any()
    assert not (blue & (region_mask("face") | region_mask("hands") | region_mask("hair"))).any()
    torso = region_mask("top") & who.texture.coverage
    assert blue[torso].mean() > 0.85  # the rest is a neckline
    whole = is_blue(looks.add(looks.of(who), only("outfit", on=False)))
    assert whole[bare & region_mask("outfit")].all(), "the region as a whole stays a choice"


def test_of_a_worn_garment_its_own_texels_and_no_others() -> None:
    garment = flat_garment(tee().picture, "top").garment
    look = looks.add(looks.of(person("ruth")), Wear(garment))
    blue, own = is_blue(looks.add(look, only("upper"))), garment.layer("upper").worn
    assert (blue & own).sum() > 0.99 * own.sum()
    beyond = blue & ~own & region_mask("upper")
    assert np.count_nonzero(beyond & ARMS) == 0, "the sleeves that were there are bare skin now"
    assert not (is_blue(looks.add(look, only("bottom"))) & own).any()


def test_clothes_taken_from_others_and_skirts_take_it_too() -> None:
    ines = person("ines")
    look = looks.add(looks.of(person("tomas")), Wear(clothes_of(ines), "bottom"))
    dyed = looks.add(look, only("bottom"))
    (worn,) = (shell for shell in dyed.appearance.shells if shell.hangs_on == "hips")
    assert (worn.picture[..., :3] == BLUE).all()
    made = flat_garment(skirt().picture, "skirt").garment
    dyed = looks.add(looks.add(looks.of(ines), Wear(made)), only("bottom"))
    (worn,) = (shell for shell in dyed.appearance.shells if shell.hangs_on == "hips")
    assert (worn.picture[..., :3] == BLUE).all()
    legs = is_blue(dyed) & LEGS
    assert legs.any() and not (legs & ~made.layer("bottom").worn).any()


def test_below_a_persons_own_skirt_legs_stay_as_they_are() -> None:
    ines = person("ines")
    blue = is_blue(looks.add(looks.of(ines), only("bottom")))
    from mcld_app.body.surface import rest_surface

    (own,) = (shell for shell in ines.shells if shell.hangs_on == "hips")
    assert not (blue & LEGS & (rest_surface().y < own.rest[:, 1].min())).any() and (blue & LEGS).any()


def test_a_colour_given_again_lies_over_what_was_put_on_since() -> None:
    garment = flat_garment(tee().picture, "top").garment
    look = looks.add(looks.add(looks.of(person("leo")), Cover("upper", (1, 2, 3))), Wear(garment))
    look = looks.add(look, only("upper"))
    assert [type(edit).__name__ for edit in look.edits] == ["Wear", "Cover"]
    assert is_blue(look).any()
    look = looks.add(look, Cover("upper", (9, 9, 9)))
    assert [type(edit).__name__ for edit in look.edits] == ["Wear", "Cover"], "else it takes the older one's place"


TRUNK = {"trunk", "armpits"}  # what joins a tube to its sleeves goes with the tube


def test_sleeves_and_legs_take_the_colour_of_their_own_place() -> None:
    made = flat_garment(tee(sleeve=(0.22, 0.20), armpit=0.30).picture, "top").garment
    look = looks.add(looks.of(person("leo")), Wear(made))
    for area, places in (("sleeves", {"limb"}), ("top", TRUNK), ("upper", {"limb", *TRUNK}), ("bottom", set())):
        shells = looks.add(look, only(area)).appearance.shells
        assert {s.hangs_on for s in shells if (s.picture[..., :3] == BLUE).all()} == places, area


def test_recipes_keep_it_and_older_ones_mean_the_whole_area() -> None:
    look = looks.add(looks.of(person("leo")), only("upper"))
    text = write_recipe(Recipe(look))
    assert np.array_equal(read_recipe(text).look.texture.image, look.texture.image)
    told = json.loads(text)
    del told["edits"][0]["garment_only"]
    assert read_recipe(json.dumps(told)).look.edits[0].garment_only is False


def test_an_endpoint_and_the_page_can_ask_for_it() -> None:
    recipe = write_recipe(Recipe(looks.of(person("leo"))))
    text = api_cover(recipe, region="upper", colour="#1428e6", shaded=False, garment_only=True)
    assert json.loads(text)["edits"][0]["garment_only"] is True
    assert json.loads(api_cover(recipe, region="upper"))["edits"][0]["garment_only"] is False


def test_where_there_is_no_cloth_a_sentence_says_so() -> None:
    recipe = write_recipe(Recipe(looks.of(person("leo"))))
    with pytest.raises(StudioError, match="No cloth is seen on “hands”"):
        api_cover(recipe, parts=[3, 4], garment_only=True)


def test_without_a_face_all_of_trunk_and_limbs_is_cloth() -> None:
    made = flat_garment(tee().picture, "top").garment
    cloth = cloth_texels(made.donor.texture)
    assert cloth[region_mask("top")].all() and not cloth[region_mask("hands")].any()


def test_a_colour_whose_garment_is_taken_off_again_stands_in_nobodys_way() -> None:
    look = looks.add(looks.of(person("leo")), Wear(flat_garment(tee().picture, "top").garment))
    hands = looks.with_edits(looks.of(person("leo")), (only("hands"),))
    assert not is_blue(hands).any(), "there is no cloth on it, and so nothing to colour"
    dyed = looks.add(look, only("upper"))
    assert is_blue(dyed).any() and looks.remove(dyed, 0).edits == dyed.edits[1:]
