"""Whatever picture is dropped on the person: it is worn, or the visitor is asked, or told in a sentence what to do."""

from __future__ import annotations

import base64
import io
from dataclasses import replace

import cv2
import numpy as np
import pytest
import studio_actions as actions
from flat_garments import RED, dress, ground, shape, skirt, tee, trousers
from PIL import Image
from test_clothes_dropped import dropped, worn
from thorough import THOROUGH, only_thorough, some

from mcld_app.body.charts import charts
from mcld_app.body.photo import encode_png
from mcld_app.body.texture.texture_file import is_texture_map, read_texture_map
from mcld_app.editing import draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import open_recipe
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.panels.garments import api_garment_from_photo
from mcld_app.studio.state import EditorState, initial_state

SHOE = [(120, 500), (200, 420), (330, 470), (470, 560), (600, 590), (610, 640), (120, 640)]


def file_of(picture: np.ndarray, name: str = "shop.png") -> dict:
    return {"name": name, "data": base64.b64encode(encode_png(picture)).decode()}


def answered(state: EditorState, index: int = 0) -> EditorState:
    return actions.answer(state, {"name": state.question.name, "index": index})


def two_garments() -> np.ndarray:
    return np.hstack([cv2.resize(drawn.picture, (480, 640)) for drawn in (tee("white"), trousers("white"))])


def on_its_own_colour() -> np.ndarray:
    drawn = tee()
    picture = np.full_like(drawn.picture, (40, 130, 90))
    picture[drawn.mask & (np.indices(drawn.mask.shape).sum(0) % 97 < 3)] = (60, 150, 110)  # a thread here and there
    return picture


def curtain() -> np.ndarray:
    folds = np.sin(np.arange(720) / 14)[None, :, None] * np.array([60, 36, 24]) + np.zeros((960, 1, 1)) + 120
    return folds.astype(np.uint8)


# ---- asked: of what kind ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize(("picture", "first", "region"), some([
    (trousers, "Trousers", "nowhere"), (tee, "Top", None), (dress, "Dress", "shoes"),
], 1))  # fmt: skip
def test_where_no_region_tells_the_kind_pictures_of_it_worn_ask(picture, first: str, region: str | None) -> None:
    state = actions.wear_files(initial_state(), dropped(picture().picture, region))
    shown = actions.shown("question", state)
    labels = [option["label"] for option in shown["options"]]
    assert labels[0] == first and len(labels) == len(set(labels)) <= 3
    assert len({option["src"] for option in shown["options"]}) == len(labels), "each shows what comes of it"
    assert not state.look.edits
    on = answered(state)
    assert worn(on).garment.kind == first.lower() and on.question is None


@pytest.mark.usefixtures("without_body_finder")
def test_left_alone_nothing_is_lost_and_a_late_answer_does_nothing() -> None:
    state = actions.wear_files(initial_state(), dropped(tee().picture, None))
    left = actions.leave(state, {})
    assert left.question is None and len(left.own_garments) == 1 and not left.look.edits
    asked_again = actions.wear_files(left, dropped(tee().picture, None))
    for data in ({"name": state.question.name, "index": 0}, {"name": asked_again.question.name, "index": 9},
                 {"name": None, "index": 0}, {"index": True}, {}):  # fmt: skip
        with pytest.raises(StudioError, match="not open any more"):
            actions.answer(asked_again, data)


# ---- bad input ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize(
    ("picture", "region", "says"),
    [
        (on_its_own_colour(), "upper", "No garment stands out"),
        (curtain(), "outfit", "No garment stands out"),
        (np.random.default_rng(0).integers(0, 255, (900, 700, 3), dtype=np.uint8), "bottom", "No garment stands out"),
        (shape(SHOE), "upper", "sides differ"),
        (shape(SHOE), "bottom", "wider than long"),
        (cv2.circle(ground("white"), (360, 480), 150, RED, -1), "upper", "no neck"),
        (shape([(220, 250), (500, 250), (500, 640), (220, 640)]), "upper", "folded"),
    ],
    ids=["own colour", "curtain", "noise", "shoe on top", "shoe on legs", "logo", "folded"],
)
def test_what_is_not_understood_gets_a_sentence_and_a_way_on(picture: np.ndarray, region: str, says: str) -> None:
    state = actions.wear_files(initial_state(), dropped(picture, region))
    assert says in state.question.text and state.question.text.endswith(".")
    assert not state.look.edits and not state.own_garments
    *others, by_hand = actions.shown("question", state)["options"]
    assert "by hand" in by_hand["label"] and by_hand["src"].startswith("data:image/")
    assert [option["label"].partition(":")[0] for option in others] == ["A pattern"] * ("stands out" in says)
    assert "Add" in actions.shown("adjust", answered(state, len(others)))["problem"]


@pytest.mark.usefixtures("without_body_finder")
def test_a_picture_that_comes_while_another_is_marked_by_hand_does_not_cost_its_marks() -> None:
    begun = answered(actions.wear_files(initial_state(), dropped(curtain(), "outfit")), 1)
    step = (begun.adjusting.marking,)  # after which it still cannot be worn
    marked = replace(begun, adjusting=replace(begun.adjusting, before=step))
    asked = actions.wear_files(marked, dropped(shape(SHOE), "upper"))
    with pytest.raises(StudioError, match="is not finished: go on until it is worn, or press “Done”"):
        answered(asked, len(asked.question.options) - 1)
    left = actions.finish_adjusting(asked, {})
    assert answered(left, len(left.question.options) - 1).adjusting is not None


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (encode_png(tee().picture[::16, ::12]), "too small"),
        (encode_png(np.full((500, 400, 3), 255, np.uint8)), "No garment stands out"),
        (b"GIF89a nothing", "."),
        (b"", "."),
    ],
    ids=["60 pixels", "nothing", "broken", "empty"],
)
def test_where_there_is_nothing_to_mark_the_sentence_says_what_to_choose(content: bytes, says: str) -> None:
    file = {"name": "a.png", "data": base64.b64encode(content).decode()}
    with pytest.raises(StudioError, match=says):
        actions.wear_files(initial_state(), {"files": [file], "region": "upper"})


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_forty_megapixels_are_worn_or_told(kind: str) -> None:
    large, buffer = Image.fromarray(tee().picture).resize((5480, 7300)), io.BytesIO()
    large.save(buffer, kind, **({"compress_level": 1} if kind == "PNG" else {}))
    data = {"files": [{"name": "large", "data": base64.b64encode(buffer.getvalue()).decode()}], "region": "upper"}
    if kind == "JPEG":
        assert worn(actions.wear_files(initial_state(), data)).garment.kind == "top"
    else:
        with pytest.raises(StudioError, match="too large"):
            actions.wear_files(initial_state(), data)


@pytest.mark.usefixtures("without_body_finder")
def test_of_two_garments_in_one_picture_the_visitor_says_which() -> None:
    state = actions.wear_files(initial_state(), dropped(two_garments(), None))
    assert "2 things" in state.question.text and len(state.question.options) == 2
    kinds = set()
    for index in range(2):
        asked = answered(state, index)
        kinds.add(asked.question.options[0].label)
        assert worn(answered(asked)).garment.marking.cutout.mask.any()
    assert kinds == {"Top", "Trousers"}


@pytest.mark.usefixtures("without_body_finder")
def test_a_hanger_and_a_watermark_are_left_out_and_said_to_be() -> None:
    picture = tee("white").picture.copy()
    cv2.line(picture, (360, 90), (360, 230), (90, 90, 90), 5)
    cv2.rectangle(picture, (520, 900), (700, 935), (150, 150, 150), -1)
    state = actions.wear_files(initial_state(), dropped(picture, "upper"))
    assert worn(state) and "left out" in state.note.text and "Adjust" in state.note.text


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize("count", [2, 30] if THOROUGH else [2])
def test_several_pictures_at_once_are_in_the_list_and_none_is_put_on(count: int) -> None:
    pictures = [tee().picture, trousers().picture, dress().picture, skirt().picture, tee("blue").picture,
                dress("blue").picture, tee("wood").picture]  # fmt: skip
    files = [file_of(pictures[k % 7], f"{k}.png") for k in range(min(count, 7))]
    state = actions.wear_files(initial_state(), {"files": files, "region": "upper", "count": count})
    assert len(state.own_garments) == min(count, 6) and not state.look.edits
    assert f"{min(count, 6)} of {count} files" in state.note.text
    assert ("6 at once are the most" in state.note.text) is (count == 30)


@only_thorough
@pytest.mark.usefixtures("without_body_finder")
def test_of_several_files_those_without_a_garment_are_named() -> None:
    files = [file_of(tee().picture, "shirt.png"), file_of(curtain(), "curtain.png"), file_of(shape(SHOE), "shoe.png")]
    state = actions.wear_files(initial_state(), {"files": files, "region": None})
    assert [garment.label for garment in state.own_garments] == ["shirt"]
    assert "one garment" in state.note.text and "“curtain” and “shoe”" in state.note.text
    assert state.note.kind == "warning"
    with pytest.raises(StudioError):
        actions.wear_files(initial_state(), {"files": [file_of(curtain()), file_of(shape(SHOE))], "region": None})


def test_of_forty_files_of_all_kinds_each_goes_where_it_belongs_and_the_look_stays(body_finder: None) -> None:
    somebody = file_of(samples.sample_person("person:joel").photo, "joel.png")
    files = [somebody, file_of(tee().picture, "shirt.png")]
    for name, content in (("notes.pdf", b"%PDF-1.7"), ("logo.svg", b"<svg/>"), ("empty.png", b"")):
        files.append({"name": name, "data": base64.b64encode(content).decode()})
    before = actions.wear(initial_state(), {"id": "garment:jeans", "region": "bottom"})
    state = actions.bring(before, {"files": files, "count": 40})
    assert state.history is before.history and len(state.own) == len(state.own_garments) == 1
    assert "2 of 40 files are in the lists now: one person and one garment." in state.note.text
    assert "“notes” (a PDF document), “logo” (an SVG drawing) and “empty”" in state.note.text
    with pytest.raises(StudioError, match=r"None of these 40 files shows .* alone: “notes” \(a PDF"):
        actions.bring(before, {"files": files[2:], "count": 40})


def test_a_photo_takes_the_place_of_an_edited_look_and_says_how_that_comes_back(body_finder: None) -> None:
    photo = {"files": [file_of(samples.sample_person("person:joel").photo, "joel.png")]}
    plain = actions.bring(initial_state(), photo)
    edited = actions.bring(actions.wear(plain, {"id": "garment:jeans", "region": "bottom"}), photo)
    assert "Undo" not in plain.note.text and "Undo brings back what was here." in edited.note.text
    assert actions.undo(edited, {}).look.edits


# ---- people -------------------------------------------------------------------------------------------------------


def half(which: slice) -> np.ndarray:
    return np.ascontiguousarray(samples.sample_person("person:tomas").photo[which])


@pytest.mark.parametrize("which", some([slice(0, 200), slice(230, 512), slice(300, 512)], 2))
@pytest.mark.parametrize("region", ["upper", "bottom"])
def test_a_person_cut_in_two_is_asked_about(body_finder: None, which: slice, region: str) -> None:
    state = actions.wear_files(initial_state(), dropped(half(which), region))
    assert not state.look.edits and state.question.options
    assert ("shows somebody" if which.start == 0 else "cut off") in state.question.text


def test_a_persons_photo_is_for_their_clothes_or_for_themselves(body_finder: None) -> None:
    photo = samples.sample_person("person:tomas").photo
    state = actions.wear_files(initial_state(), dropped(photo, "upper"))
    assert [option.label for option in state.question.options] == ["Wear their clothes", "Use as the person"]
    assert [person.name for person in state.own] == ["shop"] and not state.look.edits
    clothed, chosen = answered(state, 0), answered(state, 1)
    assert worn(clothed).area == "upper" and clothed.look.person is state.look.person
    assert chosen.look.person.key == state.own[0].key and not chosen.look.edits
    assert actions.leave(state, {}).look is state.look


def test_a_garment_given_as_the_persons_photo_is_told_and_can_be_worn(body_finder: None) -> None:
    state = actions.use_upload(initial_state(), {"photo": file_of(tee().picture), "iuv": None})
    assert "looks like clothes" in state.note.text and state.fitting is None
    assert worn(answered(state, 0)).garment.kind == "top"
    assert answered(state, 1).fitting is not None, "it may be a person all the same"


# ---- texture maps -------------------------------------------------------------------------------------------------


def texture_file(shape: str) -> bytes:
    """What a sample person wears, as a texture map's file."""
    image = samples.sample_person("person:tomas").filled.image
    image = np.where((charts().part_map > 0)[..., None], image, np.uint8(0))
    if shape != "atlas":
        return encode_png(cv2.resize(image, (int(shape), int(shape)), interpolation=cv2.INTER_NEAREST))
    index, atlas = charts().atlas_of_texel, np.zeros((24 * 200 * 200, 3), np.uint8)
    atlas[index[index >= 0]] = image[index >= 0]
    atlas = cv2.dilate(atlas.reshape(24 * 200, 200, 3), np.ones((3, 3), np.uint8)).reshape(24, 200, 200, 3)
    atlas *= charts().outline[..., None]
    return encode_png(np.ascontiguousarray(atlas.reshape(4, 6, 200, 200, 3).swapaxes(1, 2).reshape(800, 1200, 3)))


def colour_of(state_or_look: object, part: tuple[int, ...]) -> np.ndarray:
    """The middle colour of parts of the body in a look's picture."""
    shown = draw(state_or_look)
    return np.median(shown.picture[np.isin(shown.iuv[..., 0], part)], 0)


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize("shape", ["512", "1024", "atlas"])
def test_a_texture_map_is_worn_and_kept_in_recipes(shape: str) -> None:
    content = texture_file(shape)
    file = {"name": "clothes.png", "data": base64.b64encode(content).decode()}
    state = actions.wear_files(initial_state(), {"files": [file], "region": "outfit"})
    assert [(edit.label, edit.area) for edit in state.look.edits] == [("clothes", "outfit")]
    assert [garment.label for garment in state.own_garments] == ["clothes"]
    wanted = colour_of(looks.of(samples.sample_person("person:tomas")), (2,))
    assert np.abs(colour_of(state.look, (2,)) - wanted).max() < 25
    again = use_recipe(initial_state(), read_recipe(write_recipe(Recipe(state.look), pictures=True)))
    assert np.array_equal(draw(again.look).picture, draw(state.look).picture)
    assert [garment.label for garment in again.own_garments] == ["clothes"] and not again.own, "it is nobody's photo"


@pytest.mark.usefixtures("without_body_finder")
@pytest.mark.parametrize("shape", ["512", "1024", "atlas"])
@pytest.mark.parametrize("kind", ["", "texture"])
def test_other_programs_send_texture_maps(shape: str, kind: str) -> None:
    data = base64.b64encode(texture_file(shape)).decode()
    recipe = write_recipe(Recipe(initial_state().look), pictures=True)
    (edit,) = open_recipe(api_garment_from_photo(recipe, data, kind)).look.edits
    assert edit.area == "outfit" and edit.garment.donor.texture.coverage.mean() > 0.3


def test_a_texture_map_of_a_person_covers_what_it_shows() -> None:
    content = texture_file("512")
    from mcld_app.editing.texture_clothes import clothes_of_texture

    given, kept = read_texture_map(content), clothes_of_texture("a", content).donor.texture
    both = given.coverage & kept.coverage
    assert np.count_nonzero(both) > 0.99 * np.count_nonzero(given.coverage)
    assert np.abs(given.image[both].astype(int) - kept.image[both]).mean() < 1


@pytest.mark.parametrize("picture", [tee, trousers, dress, skirt])
@pytest.mark.parametrize("size", [(600, 600), (900, 600)])
@pytest.mark.parametrize("on", ["white", "grey", "wood"])
def test_a_square_picture_of_a_garment_is_no_texture_map(picture, size: tuple[int, int], on: str) -> None:
    assert not is_texture_map(encode_png(cv2.resize(picture(on).picture, size)))


@pytest.mark.parametrize("kind", ["texture"])
def test_what_is_no_texture_map_is_a_sentence(kind: str) -> None:
    recipe = write_recipe(Recipe(initial_state().look), pictures=True)
    with pytest.raises(StudioError, match="A texture map is square"):
        api_garment_from_photo(recipe, file_of(tee().picture)["data"], kind)


# ---- other programs -----------------------------------------------------------------------------------------------


@only_thorough
def test_other_programs_give_points_and_say_which_garment() -> None:
    recipe = write_recipe(Recipe(initial_state().look), pictures=True)
    data = file_of(tee().picture)["data"]
    one = open_recipe(api_garment_from_photo(recipe, data, "top")).look
    other = open_recipe(api_garment_from_photo(recipe, data, "top", points={"left_hem": [0.75, 0.45]})).look
    assert np.any(draw(one).picture != draw(other).picture)
    pair = file_of(two_garments())["data"]
    assert open_recipe(api_garment_from_photo(recipe, pair, which=0)).look.edits
    for which in (2, -1):
        with pytest.raises(StudioError, match="no garment number"):
            api_garment_from_photo(recipe, pair, which=which)


@pytest.mark.parametrize(
    "points",
    [{"left_hem": [float("nan"), 0.5]}, {"left_hem": [0.5]}, {"left_hem": "ab"}, {"left_hem": [0.5, 7.0]},
     {"crotch": [0.5, 0.5]}, ["left_hem"], {"left_hem": [None, None]}],
)  # fmt: skip
def test_points_of_other_programs_that_are_none_are_a_sentence(points: object) -> None:
    recipe = write_recipe(Recipe(initial_state().look), pictures=True)
    with pytest.raises(StudioError):
        api_garment_from_photo(recipe, file_of(tee().picture)["data"], "top", points=points)
