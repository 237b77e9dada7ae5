"""The list of edits: colours, patterns, paint, faces; switches, order, and what the network is given."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import parts_mask, region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.skin import skin_colour
from mcld_app.editing import FILLS, Garment, Look, MapPose, draw, pose_map, samples
from mcld_app.editing import look as looks
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.paint import Paint, erased
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.preview import SMALL_SIZE
from mcld_app.editing.series import pose_between, series_of
from mcld_app.errors import StudioError
from mcld_app.synthetic.people import draw_person, render_person

HEAD, TOP = region_mask("head"), region_mask("top")


def photographed(name: str, seed: int, pose: str = "standing") -> Person:
    return make_person(name, *render_person(draw_person(seed), named_poses()[pose], (512, 352)))


@pytest.fixture(scope="module")
def anna() -> Person:
    return photographed("Anna", 3)


@pytest.fixture(scope="module")
def bea() -> Person:
    return photographed("Bea", 11)


ROW, COLUMN = np.argwhere(TOP)[np.count_nonzero(TOP) // 2]  # the middle of the top


def blob(colour=(200, 30, 40), row=ROW) -> np.ndarray:
    """A square of paint on the top, from that row on."""
    layer = np.zeros((512, 512, 4), np.uint8)
    layer[row : row + 30, COLUMN - 15 : COLUMN + 15] = (*colour, 255)
    layer[~region_mask("body")] = 0
    return layer


# ---- colours and patterns -------------------------------------------------------------------------------------


def test_a_colour_covers_its_area_and_nothing_else(anna: Person) -> None:
    look = looks.add(looks.of(anna), Cover("bottom", (250, 200, 10), shaded=False))
    changed, area = look.appearance.changed, region_mask("bottom")
    assert not (changed & ~area).any()
    assert (look.texture.image[area] == (250, 200, 10)).all()
    assert look.appearance.seen.coverage[area].all(), "a coloured texel is no hole"


def test_a_colour_that_keeps_the_folds_is_as_light_and_dark_as_the_photo(anna: Person) -> None:
    look = looks.add(looks.of(anna), Cover("top", (150, 150, 150)))
    shade = look.texture.image[TOP & anna.texture.coverage].astype(float).mean(-1)
    assert shade.std() > 1.0
    assert abs(np.median(shade) - 150) < 20


def test_an_area_is_given_one_colour_at_a_time(anna: Person) -> None:
    look = looks.add(looks.of(anna), Cover("top", (1, 2, 3)))
    look = looks.add(look, Cover("bottom", (1, 2, 3)))
    look = looks.add(look, Cover("top", (9, 9, 9)))
    assert [(edit.area, edit.colour) for edit in look.edits] == [("top", (9, 9, 9)), ("bottom", (1, 2, 3))]


def test_any_set_of_body_parts_can_be_covered_or_dressed(anna: Person, bea: Person) -> None:
    sleeve = frozenset({15, 17, 19, 21})
    coloured = looks.add(looks.of(anna), Cover(sleeve, (0, 0, 250), shaded=False))
    assert (coloured.texture.image[parts_mask(sleeve)] == (0, 0, 250)).all()
    dressed = looks.add(looks.of(anna), Wear(Garment("Bea’s clothes", bea, "upper"), sleeve))
    changed = dressed.appearance.changed
    assert changed.any() and not (changed & ~parts_mask(sleeve)).any()


@pytest.mark.parametrize("area", ["nowhere", frozenset(), frozenset({0}), frozenset({3, 25})])
def test_an_area_that_is_none_is_told(anna: Person, area) -> None:
    with pytest.raises(StudioError):
        looks.add(looks.of(anna), Cover(area, (1, 2, 3)))


# ---- paint ----------------------------------------------------------------------------------------------------


def erase(look: Look, where: np.ndarray) -> Look:
    return looks.with_edits(look, erased(look.edits, where))


def test_strokes_in_a_row_are_one_edit_and_the_eraser_takes_them_away(anna: Person) -> None:
    look = looks.add(looks.of(anna), Paint(blob()))
    look = looks.add(look, Paint(blob((10, 200, 30), ROW + 20)))
    assert len(look.edits) == 1
    layer = look.edits[0].layer
    assert (layer[..., 3] > 0).sum() > (blob()[..., 3] > 0).sum()
    rest = erase(look, blob()[..., 3] > 0)
    assert not rest.edits[0].layer[blob()[..., 3] > 0].any() and rest.edits[0].layer.any()
    gone = erase(look, np.ones((512, 512), bool))
    assert gone.edits == () and (gone.texture.image == looks.of(anna).texture.image).all()
    with pytest.raises(StudioError, match="no paint"):
        erase(gone, np.ones((512, 512), bool))


def test_the_eraser_takes_away_paint_only(anna: Person) -> None:
    look = looks.add(looks.of(anna), Cover("top", (9, 9, 9), shaded=False))
    with pytest.raises(StudioError, match="never the photo"):
        erase(look, np.ones((512, 512), bool))


# ---- faces ----------------------------------------------------------------------------------------------------


def test_a_face_brings_its_identity_and_its_heads_texels(anna: Person, bea: Person) -> None:
    look = looks.add(looks.of(anna), FaceSwap(bea))
    changed = look.appearance.changed
    assert not (changed & ~HEAD).any() and changed[HEAD].mean() > 0.5
    own, other, mix = look.faces
    assert mix == 1.0 and (own.head != other.head).any()
    face = region_mask("face")
    far = np.abs(look.texture.image.astype(int) - bea.filled.image).max(2)
    shown = face & bea.pixels.places.seen
    assert shown.sum() > 0.5 * face.sum() and (far[shown] == 0).mean() > 0.98
    assert (far[face] <= 3).mean() > 0.85, "what is guessed of it is guessed beside another neck"


def test_a_collar_belongs_to_the_clothes_and_not_to_the_head() -> None:
    rollneck, bare = samples.sample_person("person:kofi"), samples.sample_person("person:mara")
    neck = HEAD & (rest_surface().y < 1.54)
    with_head = looks.add(looks.of(bare), FaceSwap(rollneck)).texture.image
    assert np.abs(with_head[neck].astype(int) - skin_colour(rollneck.texture)).mean() < 30, "Kofi's skin, no collar"
    kept = looks.add(looks.of(rollneck), FaceSwap(bare)).texture.image
    assert (kept[neck] == rollneck.filled.image[neck]).all(), "Kofi's rollneck stays on"


def test_a_face_by_its_identity_alone_leaves_every_texel(anna: Person, bea: Person) -> None:
    look = looks.add(looks.of(anna), FaceSwap(bea, texels=False))
    assert not look.appearance.changed.any()
    assert look.faces[1] is not None


def test_half_way_to_another_face_lies_between_the_two(anna: Person, bea: Person) -> None:
    half = looks.add(looks.of(anna), FaceSwap(bea, share=0.5))
    seen = region_mask("face") & anna.texture.coverage
    low = np.minimum(anna.texture.image[seen], bea.filled.image[seen]).astype(int)
    high = np.maximum(anna.texture.image[seen], bea.filled.image[seen]).astype(int)
    image = half.texture.image[seen].astype(int)
    assert ((image >= low - 1) & (image <= high + 1)).all()
    assert half.faces[2] == 0.5
    none = looks.add(half, FaceSwap(bea, share=0.0))
    assert not none.appearance.changed.any() and none.faces[2] == 0.0


def test_no_face_is_a_choice_and_there_is_one_face_at_a_time(anna: Person, bea: Person) -> None:
    look = looks.add(looks.add(looks.of(anna), FaceSwap(bea)), FaceSwap(None))
    assert len(look.edits) == 1 and look.faces == (None, None, 0.0)
    off = looks.switch(look, 0, False)
    assert off.faces[0] is not None, "switched off, the face is the person's own"


def test_a_picture_without_a_face_is_refused_with_a_sentence(anna: Person) -> None:
    behind = photographed("Ben", 5, "back")
    with pytest.raises(StudioError, match="No face is seen in “Ben”"):
        looks.add(looks.of(anna), FaceSwap(behind))


# ---- the list -------------------------------------------------------------------------------------------------


@pytest.fixture
def three(anna: Person, bea: Person) -> Look:
    look = looks.add(looks.of(anna), Wear(Garment("Bea’s clothes", bea, "upper")))
    look = looks.add(look, Cover("top", (20, 200, 90), shaded=False))
    return looks.add(look, Paint(blob()))


def test_an_edit_that_is_off_does_not_count_and_on_again_does(three: Look) -> None:
    off = looks.switch(three, 1, False)
    assert (off.texture.image != three.texture.image).any()
    assert (looks.switch(off, 1, True).texture.image == three.texture.image).all()
    without = looks.remove(three, 1)
    assert (off.texture.image == without.texture.image).all()


def test_later_edits_lie_over_earlier_ones(three: Look) -> None:
    under = looks.move(three, 2, 0)
    assert [type(edit) for edit in under.edits] == [Paint, Wear, Cover]
    painted = (blob()[..., 3] > 0) & TOP
    assert painted.any()
    assert (three.texture.image[painted] == (200, 30, 40)).all()
    assert (under.texture.image[painted] == (20, 200, 90)).all()


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), max_size=4))
def test_however_they_were_ordered_the_list_says_what_is_seen(moves) -> None:
    person = samples.sample_person(next(iter(samples.people())))
    look = looks.of(person)
    for colour, area in (((250, 0, 0), "top"), ((0, 250, 0), "upper"), ((0, 0, 250), "outfit")):
        look = looks.add(look, Cover(area, colour, shaded=False))
    for index, to in moves:
        look = looks.move(look, index, to)
    afresh = looks.with_edits(looks.of(person), look.edits)
    assert (look.texture.image == afresh.texture.image).all()
    assert tuple(look.texture.image[TOP][0]) == look.edits[-1].colour


@pytest.mark.parametrize("index", [-1, 3, None, "0"])
def test_an_edit_that_is_not_there_is_told(three: Look, index) -> None:
    for act in (looks.remove, lambda look, i: looks.switch(look, i, False), lambda look, i: looks.move(look, i, 0)):
        with pytest.raises(StudioError, match="not in the list"):
            act(three, index)


def test_too_many_edits_are_refused(anna: Person) -> None:
    with pytest.raises(StudioError, match="too many"):
        looks.with_edits(looks.of(anna), (Paint(blob()),) * (looks.MOST_EDITS + 1))


# ---- what no picture shows ------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", FILLS)
def test_however_holes_are_filled_what_was_seen_or_edited_stays(three: Look, how: str) -> None:
    look = looks.guess(three, how)
    kept = look.appearance.seen.coverage
    if how == "smooth":  # which does not trust what lies around the seen texels of head, legs and feet
        kept = kept & (look.person.pixels.places.seen | look.appearance.changed | ~parts_mask({*range(5, 15), 23, 24}))
        head = kept & parts_mask({23, 24})
        kept &= ~head | (cv2.morphologyEx(head.astype(np.uint8), cv2.MORPH_OPEN, np.ones((9, 9))) > 0)  # no shreds
    assert (look.texture.image[kept] == look.appearance.seen.image[kept]).all()
    holes = region_mask("body") & ~look.texture.coverage
    assert holes.any() == (how in ("symmetry", "none"))


def test_another_photo_says_what_the_first_does_not_show() -> None:
    front, back = photographed("Anna", 3, "standing"), photographed("Anna", 3, "back")
    look = looks.add_photo(looks.of(front), back)
    assert look.fill == "photos"
    new = back.texture.coverage & ~front.texture.coverage
    assert new.sum() > 10_000
    assert (look.texture.image[new] == back.texture.image[new]).all()
    assert (look.texture.image[front.texture.coverage] == front.texture.image[front.texture.coverage]).all()
    with pytest.raises(StudioError, match="there already"):
        looks.add_photo(look, back)


def test_an_unknown_way_to_fill_is_told(anna: Person) -> None:
    with pytest.raises(StudioError, match="smooth, symmetry, photos, inpaint, none"):
        looks.guess(looks.of(anna), "magic")


# ---- what the network is given --------------------------------------------------------------------------------


def test_without_edits_the_network_sees_the_photo_itself(anna: Person) -> None:
    told = conditions_of(looks.of(anna))
    assert told.photo is anna.photo and told.face.head is not None and told.other_face is None


def test_the_old_clothes_do_not_come_in_by_the_photo(anna: Person) -> None:
    look = looks.stand(looks.add(looks.of(anna), Cover("top", (0, 250, 0), shaded=False)), named_poses()["arms-up"])
    told = conditions_of(look)
    shirt = anna.picture_iuv[..., 0] == 2
    middle = told.photo[shirt].astype(int)
    assert np.median(middle, 0).tolist() == [0, 250, 0]
    assert (told.pose == pose_map(look)).all()


def test_a_face_goes_to_the_network_with_its_share(anna: Person, bea: Person) -> None:
    told = conditions_of(looks.add(looks.of(anna), FaceSwap(bea, share=0.3, texels=False)))
    assert told.face_mix == 0.3 and told.other_face.head is not None
    assert conditions_of(looks.add(looks.of(anna), FaceSwap(None))).face is None


# ---- poses ----------------------------------------------------------------------------------------------------


def test_the_pose_of_a_picture_is_drawn_as_its_map_is(anna: Person, bea: Person) -> None:
    look = looks.stand(looks.of(anna), MapPose("as Bea", bea.picture_iuv))
    shown = draw(look)
    assert (shown.iuv == bea.picture_iuv).all()
    body = bea.picture_iuv[..., 0] > 0
    assert (shown.picture[body] != look.person.background[body]).any(-1).mean() > 0.9
    assert draw(look, SMALL_SIZE).picture.shape == (256, 176, 3)


def test_a_series_has_poses_in_between_where_there_is_a_way() -> None:
    a, b = named_poses()["standing"], named_poses()["arms-up"]
    assert series_of([a, b], 2)[0] == a and len(series_of([a, b], 2)) == 4
    assert series_of([a, None, b], 3) == [a, None, b]
    assert series_of([a], 5) == [a]
    with pytest.raises(StudioError, match="at most 64"):
        series_of([a, b] * 5, 7)


@given(st.floats(0, 1), st.floats(-180, 180), st.floats(-180, 180))
def test_the_way_between_two_poses_turns_the_short_way(share: float, start: float, end: float) -> None:
    a, b = named_poses()["standing"].replace(yaw=start), named_poses()["running"].replace(yaw=end)
    there = pose_between(a, b, share)
    assert -180 <= there.yaw <= 180
    gone = abs((there.yaw - start + 180) % 360 - 180)
    whole = abs((end - start + 180) % 360 - 180)
    assert gone <= whole + 1e-6 and gone == pytest.approx(share * whole, abs=1e-6)
    for key, value in there.angles.items():
        ends = sorted((a.angles.get(key, 0.0), b.angles.get(key, 0.0)))
        assert ends[0] - 1e-9 <= value <= ends[1] + 1e-9
