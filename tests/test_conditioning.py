"""What each model is given: the published one what its authors gave it, the bundled one what the studio shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image
from tiny import SIZES, tiny_pipeline

from mcld_app.body.charts import charts
from mcld_app.body.iuv import encode_iuv
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.parts import region_mask
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.outline import read_outline
from mcld_app.checkpoints.conditioning import conditioning_of, note_conditioning
from mcld_app.checkpoints.errors import BrokenWeights
from mcld_app.data.layout import Layout
from mcld_app.data.prepare.photo import PhotoJob, prepare_photo
from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.conditioning import conditions_of
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.look import Look
from mcld_app.editing.person import Person, make_person, read_person
from mcld_app.editing.recipe import Recipe, read_recipe, write_recipe
from mcld_app.engine import registry
from mcld_app.engine.engine import Engine
from mcld_app.engine.latent_colours import LatentColours
from mcld_app.engine.model import Model
from mcld_app.engine.view import view_of
from mcld_app.errors import Cancelled, PictureError
from mcld_app.request import AUTHORS, STUDIO, Conditioning, Conditions, Job, Settings
from mcld_app.synthetic.people import draw_person, render_person

CASES = ("full512", "missing_parts", "black_pixels", "one_part_all_black", "one_part_uniform_gray")
SIDE = 512
OWN_OUTLINE = 34  # dB; 35.4 and more were measured, the bar is 32


class Recorded:
    """An engine whose small network is as high as the published one, and what its autoencoder and CLIP are handed."""

    def __init__(self) -> None:
        # Attention on the coarser level alone: 4096 cells that look at one another take long.
        coarse = {"down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
                  "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D"]}  # fmt: skip
        pipe = tiny_pipeline(sizes=SIZES | coarse | {"sample_size": SIDE // 8})
        self.pipe, self.to_clip, self.to_vae, self.to_guider = pipe, [], [], []
        show, encode, guide = pipe.feature_extractor, pipe.vae.encode, pipe.pose_guider.forward

        def shown(pictures, **options):
            self.to_clip += [np.array(picture) for picture in pictures]
            return show(pictures, **options)

        def encoded(pixels):
            self.to_vae.append(((pixels[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().astype(np.uint8))
            return encode(pixels)

        def guided(pixels):
            self.to_guider.append((pixels[0].permute(1, 2, 0).numpy() * 255).round().astype(np.uint8))
            return guide(pixels)

        def stop(*_, **__):
            raise Cancelled()  # all is encoded: the picture itself is of no interest here

        pipe.feature_extractor, pipe.vae.encode, pipe.pose_guider.forward, pipe.draw = shown, encoded, guided, stop

    def ask(self, look: Look, how: Conditioning) -> Conditions:
        """Ask an engine for a picture, up to where all is encoded; afterwards the lists hold what it handed over."""
        model = Model("tiny", lambda *_: self.pipe, conditioning=how)
        given = conditions_of(look, how)
        for handed in (self.to_clip, self.to_vae, self.to_guider):
            handed.clear()
        with pytest.raises(Cancelled):
            Engine(model, device="cpu", dtype="float32").generate([Job(given)])
        return given


@pytest.fixture(scope="module")
def recorded() -> Iterator[Recorded]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LatentColours, "fitted", lambda pipe: None)  # for small pictures on the way; none are drawn here
        yield Recorded()
    registry.engine_for.cache_clear()  # engines that were loaded meanwhile cannot show any


def squeezed(path: Path) -> np.ndarray:
    """As the authors' script reads a picture: Pillow's default filter, to the network's square."""
    return np.array(Image.open(path).convert("RGB").resize((SIDE, SIDE)))


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((a.astype(float) - b) ** 2).mean()))


def unframed(photo: Path, iuv: Path) -> Person:
    """A person from a picture of any shape, as it is: the studio would cut or pad it to 11:16 first."""
    rgb, body = np.array(Image.open(photo)), np.array(Image.open(iuv))[..., ::-1]
    body = np.ascontiguousarray(body)
    return Person("case", rgb, body, extract(rgb, body))


@pytest.fixture(scope="module")
def outline(shared: Path) -> np.ndarray:
    return read_outline(shared / "golden" / "preprocess" / "outline.png")


# --- the authors' own conditions -----------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES)
def test_networks_are_handed_what_the_authors_hand_theirs(shared: Path, outline, recorded: Recorded, case: str) -> None:
    folder = shared / "golden" / "preprocess"
    photo, iuv, theirs = (folder / f"{case}__{name}.png" for name in ("im", "iuv", "normal_u8"))
    recorded.ask(looks.of(unframed(photo, iuv)), replace(AUTHORS, outline=outline))
    assert np.array_equal(recorded.to_clip[0], squeezed(photo)), "I"
    assert np.array_equal(recorded.to_clip[1], squeezed(theirs)), "A, to CLIP"
    assert np.array_equal(recorded.to_vae[-1], squeezed(theirs)), "A, to the autoencoder"
    assert np.array_equal(recorded.to_guider[0], squeezed(iuv)), "P: V, U, I, squeezed once"
    own = conditions_of(looks.of(unframed(photo, iuv)), AUTHORS).texture
    assert psnr(own, squeezed(theirs)) > OWN_OUTLINE


def test_a_real_photo_comes_to_the_networks_as_the_authors_have_it(shared: Path, outline, recorded: Recorded) -> None:
    photo, iuv = shared / "real" / "person.jpg", shared / "real" / "person_iuv.png"
    person = read_person("somebody", photo, iuv)
    given = recorded.ask(looks.of(person), replace(AUTHORS, outline=outline))
    rgb, body = np.array(Image.open(photo)), np.ascontiguousarray(np.array(Image.open(iuv))[..., ::-1])
    theirs = extract(rgb, body, mode="exact", outline=outline).image  # equal to theirs on all cases, see test_texture
    assert np.array_equal(recorded.to_clip[0], squeezed(photo)), "the whole photo, not cut to 11:16"
    assert np.array_equal(recorded.to_clip[1], theirs) and np.array_equal(recorded.to_vae[-1], theirs)
    assert np.array_equal(recorded.to_guider[0], squeezed(iuv))
    assert 0.26 < given.texture.any(-1).mean() < 0.27, "black where the photo shows nothing"
    own = conditions_of(looks.of(person), AUTHORS).texture
    assert psnr(own, theirs) > 40
    assert psnr(conditions_of(looks.of(person)).texture, theirs) < 10, "what the studio shows is quite another thing"


def test_what_the_model_sees_is_what_its_networks_are_handed(anna: Person, recorded: Recorded) -> None:
    given = recorded.ask(dressed(anna), AUTHORS)
    seen = view_of(given, Model("tiny", lambda *_: recorded.pipe))
    assert np.array_equal(seen.photo, recorded.to_clip[0])
    assert np.array_equal(seen.texture, recorded.to_clip[1])
    assert np.array_equal(seen.texture, recorded.to_vae[-1])
    assert np.array_equal(seen.pose, recorded.to_guider[0])
    assert seen.preview is None


def test_the_bundled_model_sees_no_holes_and_the_preview_too(anna: Person) -> None:
    model = registry.model_named("bundled")
    seen = view_of(conditions_of(replace(looks.of(anna), fill="none"), model.conditioning), model)
    body = np.array(Image.fromarray(charts().part_map > 0).resize((256, 256))) > 0
    assert seen.photo.shape == seen.texture.shape == (256, 256, 3)
    assert seen.pose.shape == seen.preview.shape == (256, 176, 3)
    assert seen.texture[body].any(-1).all()


# --- edits on that map ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def anna() -> Person:
    return make_person("Anna", *render_person(draw_person(3), named_poses()["standing"], (512, 352)))


@pytest.fixture(scope="module")
def bea() -> Person:
    return make_person("Bea", *render_person(draw_person(8), named_poses()["standing"], (512, 352)))


def dressed(person: Person) -> Look:
    return looks.add(looks.of(person), Wear(samples.sample_garment("garment:star-tee")))


def exact(person: Person) -> np.ndarray:
    return extract(person.photo, person.iuv, mode="exact").image


def test_without_edits_the_map_is_the_authors_extraction(anna: Person) -> None:
    assert np.array_equal(conditions_of(looks.of(anna), AUTHORS).texture, exact(anna))


def test_a_garment_brings_the_texels_its_own_picture_shows_and_no_guess(anna: Person) -> None:
    look = dressed(anna)
    [edit] = look.edits
    worn, made = edit.garment.layer(edit.area).worn, conditions_of(look, AUTHORS)
    assert np.array_equal(made.texture[worn], exact(edit.garment.donor)[worn])
    hole = worn & ~edit.garment.donor.texture_map(AUTHORS).coverage & anna.texture_map(AUTHORS).coverage
    assert not made.coverage[hole].any()
    far = ~(worn | edit.garment.layer(edit.area).bared)
    assert np.array_equal(made.texture[far], exact(anna)[far])
    filled = conditions_of(look).texture
    assert filled[charts().part_map > 0].any(-1).mean() > 0.99, "the page's own map has no holes"


def test_skin_that_a_garment_leaves_free_is_skin_where_the_photo_shows_that_place(anna: Person) -> None:
    look = dressed(anna)
    [edit] = look.edits
    free = edit.garment.layer(edit.area).bared
    made, seen = conditions_of(look, AUTHORS), anna.texture_map(AUTHORS).coverage
    new = free & seen & (made.texture != exact(anna)).any(-1)
    assert new.any() and len(np.unique(made.texture[new], axis=0)) == 1, "one colour, that of Anna's skin"
    assert not made.coverage[free & ~seen].any() and not made.texture[free & ~seen].any()


def test_a_colour_is_put_there_on_purpose_and_so_has_no_holes(anna: Person) -> None:
    made = conditions_of(looks.add(looks.of(anna), Cover("top", (210, 30, 40), shaded=False)), AUTHORS)
    top = region_mask("top")
    assert (made.texture[top] == (210, 30, 40)).all() and made.coverage[top].all()
    assert np.array_equal(made.texture[~top], exact(anna)[~top])


@pytest.mark.parametrize("share", [1.0, 0.4])
def test_another_head_has_holes_where_its_own_picture_shows_nothing(anna: Person, bea: Person, share: float) -> None:
    made = conditions_of(looks.add(looks.of(anna), FaceSwap(bea, share)), AUTHORS)
    changed = made.coverage & (made.texture != exact(anna)).any(-1)
    assert changed.any() and region_mask("head")[changed].all()
    if share == 1:
        assert np.array_equal(made.texture[changed], exact(bea)[changed])
    hidden = region_mask("face") & ~bea.texture_map(AUTHORS).coverage
    assert not made.texture[hidden].any()


def test_the_photo_is_edited_at_its_own_size(cleo: Person) -> None:
    made = conditions_of(dressed(cleo), AUTHORS)
    assert made.photo.shape == cleo.photo.shape == (1101, 750, 3)
    body = (cleo.iuv[..., 0] > 0).astype(np.uint8)
    background = cv2.dilate(body, np.ones((5, 5), np.uint8)) == 0
    assert np.array_equal(made.photo[background], cleo.photo[background])
    assert (made.photo != cleo.photo).any()
    assert made.pose is cleo.iuv


def test_filled_as_an_experiment_it_has_no_holes_and_keeps_what_was_seen(anna: Person) -> None:
    open_, filled = (conditions_of(dressed(anna), AUTHORS, fill_holes=fill) for fill in (False, True))
    assert np.array_equal(filled.texture[open_.coverage], open_.texture[open_.coverage])
    body = charts().part_map > 0
    assert filled.texture[body].any(-1).mean() > 0.99 and open_.texture[body].any(-1).mean() < 0.7


def test_another_photo_of_the_person_is_no_guess(anna: Person, bea: Person) -> None:
    both = looks.add_photo(looks.of(anna), bea)
    made = conditions_of(both, AUTHORS)
    new = made.coverage & ~anna.texture_map(AUTHORS).coverage
    assert new.any() and np.array_equal(made.texture[new], exact(bea)[new])


@pytest.fixture(scope="module")
def cleo() -> Person:
    """Somebody on a photo of DeepFashion's own size."""
    return make_person("Cleo", *render_person(draw_person(5), named_poses()["standing"], (1101, 750)))


def test_a_photo_of_deepfashions_shape_stays_whole_and_a_recipe_brings_the_same_conditions(cleo) -> None:
    assert cleo.whole is None
    back = read_recipe(write_recipe(Recipe(dressed(cleo)), pictures=True)).look
    first, second = (conditions_of(look, AUTHORS) for look in (dressed(cleo), back))
    for name in ("photo", "texture", "pose", "coverage"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


# --- which model is given what -------------------------------------------------------------------------------------


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(registry, "available", lambda: ("published", "bundled", "own"))
    registry.model_named.cache_clear()
    yield tmp_path
    registry.model_named.cache_clear()


def write_model(folder: Path, **changes) -> None:
    """As much of a model's folder as says of what kind it is."""
    for name, config in (("denoising_unet", {"sizes": SIZES, **changes}), ("vae", {"block_out_channels": [8] * 4})):
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(config))


def kind(how: Conditioning) -> tuple[str, str]:
    return how.texture, how.holes


def test_the_published_model_is_given_open_holes_and_the_bundled_one_none(checkpoints: Path) -> None:
    assert kind(registry.model_named("published").conditioning) == kind(AUTHORS) == ("exact", "open")
    assert kind(registry.model_named("bundled").conditioning) == kind(STUDIO) == ("fast", "filled")


def test_a_model_of_ones_own_says_what_it_was_trained_on(checkpoints: Path) -> None:
    folder = checkpoints / "own"
    write_model(folder)
    assert kind(conditioning_of(folder)) == kind(AUTHORS), "without additions it is the paper's"
    note_conditioning(folder, Conditioning("fast", "open"))
    assert kind(registry.model_named("own").conditioning) == ("fast", "open")
    (folder / "conditioning.json").write_text('{"texture": "best", "holes": "open"}')
    with pytest.raises(BrokenWeights, match="fast or exact"):
        conditioning_of(folder)
    write_model(checkpoints / "small", preview=True)
    assert kind(conditioning_of(checkpoints / "small")) == kind(STUDIO)


def test_the_authors_outline_counts_where_somebody_has_it(checkpoints: Path) -> None:
    mosaic = charts().outline.reshape(4, 6, 200, 200).transpose(1, 2, 0, 3).reshape(1200, 800).copy()
    mosaic[:200, :200] = False
    Image.fromarray(np.repeat(mosaic[..., None] * np.uint8(255), 3, 2)).save(checkpoints / "outline.png")
    outline = registry.model_named("published").conditioning.outline
    assert not outline[0].any() and np.array_equal(outline[1:], charts().outline[1:])
    Image.new("RGB", (100, 100)).save(checkpoints / "outline.png")
    registry.model_named.cache_clear()
    with pytest.raises(PictureError, match="no outline of the charts"):
        registry.model_named("published")


def test_the_page_asks_with_the_models_own_conditions(anna: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    from mcld_app.studio import generation

    monkeypatch.setattr(registry, "model_named", lambda name: SimpleNamespace(name=name, conditioning=AUTHORS))
    filled = conditions_of(looks.of(anna), AUTHORS, fill_holes=True).texture
    for fill, texture in ((False, exact(anna)), (True, filled)):
        order = generation.order_of("m", Settings(fill_holes=fill), looks.of(anna), (looks.of(anna),), (1,))
        [job] = order.jobs()
        assert np.array_equal(job.conditions.texture, texture)


def test_the_command_line_writes_what_the_model_sees(tmp_path: Path, anna: Person, root: Path) -> None:
    from mcld_app.cli.main import main

    recipe, seen = tmp_path / "look.json", tmp_path / "seen"
    recipe.write_text(write_recipe(Recipe(looks.of(samples.sample_person("person:mara")), Settings(1, 1.0))), "utf-8")
    told = ["generate", str(recipe), "-o", str(tmp_path / "x.png"), "--model", "bundled", "--seen", str(seen)]
    assert main(told) == 0
    model = registry.model_named("bundled")
    expected = view_of(conditions_of(looks.of(samples.sample_person("person:mara")), model.conditioning), model)
    for name, picture in vars(expected).items():
        assert np.array_equal(np.array(Image.open(seen / f"{name}.png")), picture), name


def test_a_prepared_photos_map_is_made_with_the_authors_outline_too(tmp_path: Path, anna: Person) -> None:
    mosaic = np.zeros((1200, 800, 3), np.uint8)
    Image.fromarray(mosaic).save(tmp_path / "outline.png")
    Image.fromarray(anna.photo).save(tmp_path / "photo.png")
    (tmp_path / "iuv.png").write_bytes(encode_iuv(anna.iuv))
    for name, outline in (("a.jpg", None), ("b.jpg", tmp_path / "outline.png")):
        layout, iuv = Layout(tmp_path, "test"), tmp_path / "iuv.png"
        job = PhotoJob(name, tmp_path / "photo.png", layout, iuv, face=False, copy=True, outline=outline)
        for path in (job.layout.photo(name), job.layout.densepose(name), job.layout.texture(name)):
            path.parent.mkdir(exist_ok=True)
        assert not prepare_photo(job, None).why
    made = [np.array(Image.open(tmp_path / "test_texture" / f"{name}.png")) for name in "ab"]
    nothing = np.zeros((24, 200, 200), bool)
    assert np.array_equal(made[0], exact(anna))
    assert np.array_equal(made[1], extract(anna.photo, anna.iuv, mode="exact", outline=nothing).image)
    assert (made[0] != made[1]).any()
