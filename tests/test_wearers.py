"""Clothes of people in photos, piece by piece: the wearer's skin and hair stay with the wearer."""

from __future__ import annotations

import base64
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from body_finder import need_body_finder
from cast import in_narrow_trousers, somebody, with_long_sleeves, without_hair
from thorough import some

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.photo import encode_png, read_photo
from mcld_app.body.shells.find import fitted_shells
from mcld_app.body.texture.texture_map import texels_seen
from mcld_app.cli.main import main
from mcld_app.editing import draw
from mcld_app.editing import look as looks
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.editing.worn_garment import outlines, piece_for, pieces_of, worn_piece
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.panels import garments
from mcld_app.studio.panels import pieces as panel
from mcld_app.studio.state import initial_state
from mcld_app.synthetic.people import DrawnPerson, draw_person, painted, render_view

PHOTOS = Path(__file__).resolve().parents[2] / "shared" / "pictures" / "people"
SIZE = (512, 352)
SHORT_SLEEVES, SLEEVELESS, LONG_HAIR, SHORTS, SKIRT = 1, 7, 19, 11, 13
DRAWN = (SHORT_SLEEVES, SLEEVELESS, LONG_HAIR, SHORTS, 0, 4, 6, 8, 10, 22)
WORN = {  # what is seen in each photo, and what no piece of it may bring
    "arm-on-hip": {"top", "bottom"}, "full-dress": {"dress"}, "full-jeans": {"top", "bottom", "shoes"},
    "half-skirt": {"top", "bottom"}, "half-tank": {"top", "bottom"}, "half-turned": {"top", "bottom"},
    "no-head-full": {"top", "bottom", "shoes"}, "shorts-room": {"top", "bottom", "shoes"},
}  # fmt: skip


@cache
def drawn(seed: int) -> tuple[DrawnPerson, Person]:
    person = draw_person(seed)
    view = render_view(person, named_poses()["standing"], SIZE)
    return person, make_person(f"Drawn {seed}", view.photo, view.iuv)


@cache
def photographed(name: str) -> Person:
    file = PHOTOS / f"{name}.jpg"
    if not file.is_file():
        pytest.skip(f"the photo {file} is not here")
    need_body_finder()
    from mcld_app.perception.found_people import find_in

    return find_in(name, read_photo(file)).person(0)


@cache
def mannequin() -> Person:
    """Somebody in narrow trousers and without hair: nothing of theirs stands off hips and legs."""
    return somebody(without_hair, in_narrow_trousers)


def texels(person: Person) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flat numbers, rows and columns of the texels that a person's map shows."""
    pixel, xy = texels_seen(person.iuv)
    column, row = np.clip(np.round(xy), 0, 511).astype(int).T
    return pixel, row, column


# --- Pieces of drawn people, whose clothes are known to the texel --------------------------------------------------


@pytest.mark.parametrize("seed", some(DRAWN, 3))
def test_each_piece_is_shown_where_it_was_painted(seed: int) -> None:
    true, person = drawn(seed)
    pixel, row, column = texels(person)
    shown = pieces_of(person).shown
    for piece in ("top", "bottom"):
        own, there = shown[piece].ravel()[pixel], painted(true).masks[piece][row, column]
        assert (own & there).sum() > 0.97 * own.sum(), f"{piece} takes in something else"
        assert (own & there).sum() > 0.95 * there.sum(), f"{piece} is not whole"


@pytest.mark.parametrize("seed", some(DRAWN, 6))
def test_a_top_reaches_as_far_as_it_was_made_front_and_back(seed: int) -> None:
    true, person = drawn(seed)
    own, there = pieces_of(person).extents["top"], painted(true).masks["top"]
    assert (own & there).sum() > 0.88 * (own | there).sum()


def test_bare_arms_stay_with_their_owner() -> None:
    _, person = drawn(SLEEVELESS)
    top = worn_piece(person, "top")
    assert not (top.layer(top.region).worn & parts_mask(frozenset(range(19, 23)))).any()
    sleeved = somebody(with_long_sleeves)
    dressed = looks.add(looks.of(sleeved), Wear(top)).texture
    arms = parts_mask(frozenset(range(19, 23))) & sleeved.texture.coverage
    theirs = np.array(drawn(SLEEVELESS)[0].skin, float)
    hue = cv2.cvtColor(dressed.image, cv2.COLOR_RGB2LAB)[arms][:, 1:].astype(float)
    own = np.hypot(*(hue - np.median(hue, 0)).T) < 6
    assert own.mean() > 0.95, "skin of one hue where the old sleeves were, darker where an arm turns away"
    assert np.abs(np.median(dressed.image[arms], 0) - theirs).max() > 12, "and it is not the donor's"


def test_hair_that_falls_on_a_top_is_not_brought() -> None:
    true, person = drawn(LONG_HAIR)
    top = worn_piece(person, "top")
    layer = top.layer(top.region)
    lab = cv2.cvtColor(layer.image, cv2.COLOR_RGB2LAB).astype(int)[layer.worn]
    hair = cv2.cvtColor(np.uint8([[true.hair.colour]]), cv2.COLOR_RGB2LAB)[0, 0].astype(int)
    cloth = [cv2.cvtColor(np.uint8([[c]]), cv2.COLOR_RGB2LAB)[0, 0].astype(int) for c in
             (true.top.cloth.colour, true.top.cloth.second)]  # fmt: skip
    away = np.abs(lab - hair).max(1)
    assert min(np.abs(c - hair).max() for c in cloth) > 30, "choose somebody whose hair is unlike the top"
    assert (away < 12).mean() < 0.01


def test_shorts_end_above_bare_legs() -> None:
    true, person = drawn(SHORTS)
    extent, there = pieces_of(person).extents["bottom"], painted(true).masks["bottom"]
    shins = parts_mask(frozenset({11, 12, 13, 14}))
    assert (extent & shins).sum() < (there & shins).sum() + 0.1 * shins.sum()


def test_a_skirt_that_is_on_no_map_comes_with_its_shell() -> None:
    _, person = drawn(SKIRT)
    skirt = worn_piece(person, "bottom")
    assert skirt.kind == "skirt"
    worn = looks.add(looks.of(mannequin()), Wear(skirt))
    own = {shell.hangs_on for shell in mannequin().shells}
    assert {shell.hangs_on for shell in worn.appearance.shells} - own == {"hips"}


# --- Meant by a click, by where it is dropped, or by name ---------------------------------------------------------


def test_the_region_says_which_piece_is_meant() -> None:
    _, person = drawn(SHORT_SLEEVES)
    meant = {"upper": "top", "top": "top", "sleeves": "top", "bottom": "bottom", "shoes": "shoes", "outfit": "outfit"}
    assert {region: piece_for(person, region).piece for region in meant} == meant


def test_what_is_not_there_is_a_sentence() -> None:
    _, person = drawn(SHORT_SLEEVES)
    with pytest.raises(StudioError, match="shows no dress"):
        worn_piece(person, "dress")
    with pytest.raises(StudioError, match="The pieces are"):
        worn_piece(person, "hat")


def test_an_outline_lies_round_its_piece() -> None:
    _, person = drawn(SHORT_SLEEVES)
    height, width = person.photo.shape[:2]
    for piece, lines in outlines(person).items():
        inside = np.zeros((height, width), np.uint8)
        cv2.fillPoly(inside, [np.round(line * (width, height)).astype(np.int32) for line in lines], 1)
        shown = pieces_of(person).shown[piece]
        assert (shown & (inside > 0)).sum() > 0.9 * (shown | (inside > 0)).sum(), piece


def test_on_the_page_a_click_puts_the_piece_on() -> None:
    _, person = drawn(SHORT_SLEEVES)
    photo, iuv = (
        {"name": name, "data": base64.b64encode(encode_png(array)).decode()}
        for name, array in (("photo.png", person.photo), ("photo_iuv.png", person.iuv[..., ::-1]))
    )
    state = garments.wear_files(initial_state(), {"files": [photo, iuv], "region": "upper"})
    (edit,) = state.look.edits
    assert edit.garment.piece == "top" and state.wearer is not None
    seen = panel.view(state, None)
    assert [piece["id"] for piece in seen["pieces"]] == ["top", "bottom", "shoes", "outfit"]
    assert all(piece["lines"] for piece in seen["pieces"] if piece["id"] != "outfit")
    both = panel.wear_piece(state, {"piece": "bottom"})
    assert [edit.garment.piece for edit in both.look.edits] == ["top", "bottom"]
    with pytest.raises(StudioError, match="not here any more"):
        panel.wear_piece(initial_state(), {"piece": "top"})
    listed = f"own:{state.wearer.key}"
    dragged = garments.wear(state, {"id": listed, "region": "bottom"})
    assert dragged.look.edits[-1].garment.piece == "bottom", "from the list it is the same"


def test_a_recipe_brings_the_piece_back() -> None:
    _, person = drawn(SKIRT)
    look = looks.stand(looks.add(looks.of(mannequin()), Wear(worn_piece(person, "bottom"))), named_poses()["walking"])
    again = read_recipe(write_recipe(Recipe(look), pictures=True)).look
    assert np.array_equal(draw(again).picture, draw(look).picture)
    opened = use_recipe(initial_state(), Recipe(again))
    assert [own.name for own in opened.own] == [person.name] and not opened.own_garments


def test_what_is_left_of_an_old_top_below_a_new_one_takes_the_trousers_colour() -> None:
    person = somebody(in_narrow_trousers, with_long_sleeves)  # a top whose hem lies on the hips
    top = worn_piece(drawn(SHORT_SLEEVES)[1], "top")
    look = looks.add(looks.of(person), Wear(top))
    layer = top.layer(top.region)
    beside = parts_mask(frozenset({1, 2, 9, 10})) & person.texture.coverage & ~layer.worn & ~layer.bared
    above, below = (
        np.median(person.texture.image[region_mask(region) & person.texture.coverage].astype(int), 0)
        for region in ("top", "bottom")
    )
    assert np.abs(above - below).max() > 40, "choose somebody whose top can be told from the trousers"

    def like_the_old_top(image: np.ndarray) -> int:
        far, farther = (np.abs(image[beside].astype(int) - colour).max(1) for colour in (above, below))
        return np.count_nonzero((far < 40) & (far < farther))

    old, new = like_the_old_top(person.texture.image), like_the_old_top(look.texture.image)
    assert old > 1000
    assert new < 0.15 * old


# --- Before a busy ground ------------------------------------------------------------------------------------------


def test_before_a_busy_ground_the_body_finders_outline_tells_what_stands_off() -> None:
    from mcld_app.perception.detections import people_on_map
    from mcld_app.studio.actions.photos import take

    person = photographed("half-turned")  # before curtains
    assert make_person("Map alone", person.photo, person.iuv).shells == ()
    found = people_on_map("Found, too", person.photo, person.iuv)
    again = found.person(0)
    assert np.array_equal(again.iuv, make_person("x", person.photo, person.iuv).iuv), "the body stays the map's"
    assert "head" in {shell.hangs_on for shell in again.shells}
    assert "brush" in take(initial_state(), found, 0).note.text
    hidden = again.fit.with_outline(again.fit.snapped[..., 0] == 0, add=False)
    assert all(shell.hangs_on != "head" for shell in fitted_shells(hidden)), "what is painted away stands off no more"


# --- People in photos ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", some(WORN, 4))
def test_the_pieces_of_photographed_people_are_told_apart(name: str) -> None:
    assert set(pieces_of(photographed(name)).shown) - {"outfit"} == WORN[name]


@pytest.mark.parametrize("name", ["full-jeans", "half-tank", "half-skirt", "arm-on-hip", "half-turned"])
def test_no_skin_and_no_hair_come_with_a_photographed_top(name: str) -> None:
    person = photographed(name)
    top = worn_piece(person, "top")
    layer = top.layer(top.region)
    face = person.iuv[..., 0] >= 23
    lab = cv2.cvtColor(layer.image, cv2.COLOR_RGB2LAB).astype(float)[layer.worn]
    skin = np.median(cv2.cvtColor(person.photo, cv2.COLOR_RGB2LAB)[face].astype(float), 0)
    assert (np.hypot(*(lab - skin)[:, 1:].T) < 8).mean() < 0.04
    assert not (layer.worn & parts_mask(frozenset({3, 4, 23, 24}))).any()


def test_a_command_puts_on_what_somebody_in_a_photo_wears(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    photographed("half-tank")
    out, seen = tmp_path / "worn.json", tmp_path / "seen.png"
    told = ["garment", str(PHOTOS / "half-tank.jpg"), "--piece", "top", "-o", str(out), "--seen", str(seen)]
    assert main(told) == 0
    assert "pieces: top, bottom" in capsys.readouterr().out and seen.is_file()
    (edit,) = open_recipe(out.read_bytes()).look.edits
    assert edit.garment.piece == "top"
    assert main([*told, "--no-sleeves"]) != 0


def test_other_programs_name_the_piece() -> None:
    photographed("half-tank")
    data = base64.b64encode((PHOTOS / "half-tank.jpg").read_bytes()).decode()
    recipe = write_recipe(Recipe(looks.of(mannequin())), pictures=True)
    (edit,) = open_recipe(garments.api_garment_from_photo(recipe, data, piece="bottom")).look.edits
    assert edit.garment.piece == "bottom" and edit.area == "bottom"
