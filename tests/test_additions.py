"""The additions for small models: each does what it says, and none is there unless it is asked for."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from test_training import ADDED, SIZES, UNET, config

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.mannequin.rendering import draw_iuv
from mcld_app.body.texture.extraction import extract
from mcld_app.body.texture.filling import fill
from mcld_app.body.texture.texture_map import TextureMap, places
from mcld_app.checkpoints import load_pipeline
from mcld_app.engine.engine import Engine
from mcld_app.engine.model import Model
from mcld_app.errors import StudioError
from mcld_app.network.attention import Focus
from mcld_app.network.focus import PLANS
from mcld_app.network.patch_autoencoder import PatchAutoencoder
from mcld_app.network.places import FEATURES, PlacePreference, cell_places, features_of, grid_places
from mcld_app.network.refiner import DetailRefiner
from mcld_app.network.unets import DenoisingUNet, Guide
from mcld_app.request import Conditions, Face, Job, Settings
from mcld_app.synthetic.people import draw_person, render_person
from mcld_app.training.bundle import PARTS, bundle
from mcld_app.training.parts import SCHEDULE, new_part

share = st.floats(0, 1)


# --- Places --------------------------------------------------------------------------------------------------------


@given(share, share, share, share)
def test_features_of_two_places_agree_most_where_they_coincide(x: float, y: float, u: float, v: float):
    a, b = features_of(torch.tensor([[x, y], [u, v]]))
    assert a.shape == (FEATURES,)
    assert float(a @ a) == pytest.approx(FEATURES / 2, rel=1e-4)
    assert float(a @ b) <= float(a @ a) + 1e-4


def test_a_cell_prefers_the_texels_its_pixels_show():
    side, cell = 32, 8
    iuv = draw_iuv(named_poses()["standing"], (512, 384))
    where = torch.from_numpy(places(iuv)).movedim(-1, 0)[None]
    cells = cell_places(where, (64, 48))
    queries = PlacePreference(2).queries(cells, (64, 48), 64 * 48, 16)
    scores = (queries[0, 0] @ grid_places(side * side, queries).T).reshape(64, 48, side, side)
    shown = where[0].unfold(1, cell, cell).unfold(2, cell, cell).flatten(3)  # (3, 64, 48, pixels of a cell)
    one_place = (shown[2].mean(-1) == 1) & (shown[:2].std(-1).amax(0) < 0.5 / side)
    assert int(one_place.sum()) > 50
    best = scores[one_place].flatten(1).argmax(1)
    x, y = shown[:2].mean(-1)[:, one_place] * side
    assert (best % side + 0.5 - x).abs().max() < 1.6
    assert (best // side + 0.5 - y).abs().max() < 1.6
    assert (scores[shown[2].amax(-1) == 0] == 0).all(), "where no body is, no texel is preferred"


def test_half_sizes_round_up_as_the_unet_does():
    cells = torch.rand(1, FEATURES, 9, 7)
    assert PlacePreference(2).queries(cells, (9, 7), 5 * 4, 8).shape == (1, 2, 20, FEATURES)


# --- The denoising UNet --------------------------------------------------------------------------------------------


def nothing(unet: DenoisingUNet, rows: int = 1) -> Focus:
    return Focus({"photo": torch.zeros(rows, 1, 16), "texture": torch.zeros(rows, 1, 16)})


def test_at_first_the_clean_latents_are_the_previews():
    torch.manual_seed(0)
    unet = DenoisingUNet(**ADDED, focus=asdict(PLANS["ours"]), schedule=SCHEDULE).eval()
    z, preview = torch.randn(1, 4, 16, 12), torch.randn(1, 5, 16, 12)
    guide = Guide(preview, torch.zeros(1, FEATURES, 16, 12))
    with torch.no_grad():
        v = unet(z, 999, nothing(unet), None, guide)  # all noise: what is predicted is minus the clean latents
    assert torch.allclose(-v, torch.sigmoid(torch.tensor(2.0)) * preview[:, :4], atol=1e-5)


@pytest.mark.parametrize("t", [0, 49, 500, 999])
def test_the_skip_keeps_latents_that_are_almost_clean(t: int):
    torch.manual_seed(0)
    unet = DenoisingUNet(sizes=UNET, skip=0.01, focus=asdict(PLANS["ours"]), schedule=SCHEDULE).eval()
    z = torch.randn(1, 4, 16, 12)
    with torch.no_grad():
        v = unet(z, t, nothing(unet))
    from diffusers import DDIMScheduler

    a = DDIMScheduler(**SCHEDULE).alphas_cumprod[t]
    expected = a.sqrt() * 0.01 / (a * 0.01 + 1 - a)
    assert torch.allclose(a.sqrt() * z - (1 - a).sqrt() * v, expected * z, atol=1e-4)


def test_the_published_network_has_none_of_the_additions():
    unet = DenoisingUNet(sizes=UNET, focus=asdict(PLANS["ours"]))
    assert unet.guide_in is None
    assert not any("prefer" in name for name in unet.state_dict())
    added = DenoisingUNet(**ADDED, focus=asdict(PLANS["ours"]), schedule=SCHEDULE)
    assert any("prefer" in name for name in added.state_dict())


# --- Autoencoder and refiner ---------------------------------------------------------------------------------------


def photos() -> torch.Tensor:
    made = [render_person(draw_person(n), named_poses()["standing"], (128, 88))[0] for n in range(4)]
    return torch.from_numpy(np.stack(made)).movedim(-1, 1).float() / 127.5 - 1


def test_the_autoencoder_starts_from_principal_components():
    torch.manual_seed(0)
    vae = PatchAutoencoder(latent_channels=16, fine=8, coarse=8, blocks=1)
    x = photos()
    vae.fit_components(x)
    with torch.no_grad():
        z = vae.encode(x).latent_dist.mean
        y = vae.decode(z)[0]
    assert z.shape == (4, 16, 16, 11)
    flat = ((x - x.mean((0, 2, 3), keepdim=True)) ** 2).mean()
    assert ((y - x) ** 2).mean() < 0.05 * flat


@pytest.mark.parametrize("size", [(64, 64), (128, 88), (72, 104)])
def test_the_autoencoder_takes_every_size_of_whole_patches(size):
    vae = PatchAutoencoder(latent_channels=4, fine=8, coarse=8, blocks=1)
    z = vae.encode(torch.zeros(1, 3, *size)).latent_dist.mean
    assert z.shape == (1, 4, size[0] // 8, size[1] // 8)
    assert vae.decode(z)[0].shape == (1, 3, *size)


def test_a_refiner_without_a_preview_begins_by_changing_nothing():
    torch.manual_seed(0)
    refiner = DetailRefiner(latent_channels=4, widths=(8, 8, 8))
    picture, latents = photos(), torch.randn(4, 4, 16, 11)
    with torch.no_grad():
        assert torch.equal(refiner(picture, latents, torch.zeros(4, 5, 128, 88)), picture)
        preview = torch.cat([picture.flip(3), torch.ones(4, 2, 128, 88)], 1)
        assert not torch.allclose(refiner(picture, latents, preview), picture)


# --- All of them together, from a run to a picture -----------------------------------------------------------------


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model with every addition and random weights, as `bundle` writes it."""
    root = tmp_path_factory.mktemp("bundled")
    run = config(root / "run", sizes={**SIZES, "denoising_unet": {**ADDED, "schedule": SCHEDULE}})
    with torch.random.fork_rng(), pytest.MonkeyPatch.context() as patch:
        torch.manual_seed(0)
        patch.setenv("MCLD_CHECKPOINTS", str(root / "checkpoints"))
        for name in (*PARTS, "face_encoder", "refiner"):
            part = new_part(name, run)
            if name == "pose_guider":
                torch.nn.init.normal_(part.conv_out.weight, std=0.1)
            if name == "denoising_unet":
                torch.nn.init.normal_(part.unet.conv_out.weight, std=0.05)
            part.save_pretrained(root / "run" / name, safe_serialization=True)
        bundle(root / "run", root / "checkpoints" / "mine")
    return root / "checkpoints" / "mine"


@pytest.fixture
def engine(bundled: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(bundled.parent))

    def load(device: str, dtype: str):
        return load_pipeline(bundled, device=device, dtype=dtype)

    return Engine(Model("mine", load, result=(128, 96)), device="cpu")


def given_conditions(**changes) -> Conditions:
    photo, iuv = render_person(draw_person(5), named_poses()["standing"], (256, 176))
    texture = extract(photo, iuv)
    head = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    pose = draw_iuv(named_poses()["arms-up"], (256, 176))
    values = {"photo": photo, "texture": texture.image, "pose": pose, "coverage": texture.coverage}
    return Conditions(**{**values, "face": Face(head=head), **changes})


def drawn(engine: Engine, **changes) -> np.ndarray:
    settings = changes.pop("settings", Settings(steps=2, guidance=2.0))
    return engine.generate([Job(given_conditions(**changes), 1)], settings)[0].picture.astype(int)


def test_a_bundle_draws_and_every_condition_moves_the_picture(engine: Engine):
    picture = drawn(engine)
    assert picture.shape == (128, 96, 3)
    assert np.array_equal(picture, drawn(engine))
    given = given_conditions()
    for change in (
        {"photo": given.photo[:, ::-1].copy()},
        {"texture": given.texture[::-1].copy()},
        {"pose": draw_iuv(named_poses()["sitting"], (256, 176))},
        {"face": Face(head=255 - given.face.head)},
        {"face": None},
        {"settings": Settings(steps=2, guidance=2.0, preview=False)},
        {"settings": Settings(steps=2, guidance=1.0)},
    ):
        assert not np.array_equal(picture, drawn(engine, **change)), next(iter(change))


def test_holes_are_filled_for_it_and_what_was_guessed_already_stays_so(engine: Engine):
    given = given_conditions()
    filled = fill(TextureMap(given.texture, given.coverage)).image
    assert np.array_equal(drawn(engine), drawn(engine, texture=filled)), "filled here or there, it is the same"
    green = np.where(given.coverage[..., None], given.texture, np.uint8([0, 200, 0]))
    assert not np.array_equal(drawn(engine), drawn(engine, texture=green))


def test_an_identity_that_is_given_goes_before_the_head(engine: Engine):
    identity = np.random.default_rng(0).normal(0, 3, 512).astype(np.float32)
    first = drawn(engine, face=Face(identity, given_conditions().face.head))
    assert np.array_equal(first, drawn(engine, face=Face(identity)))
    assert not np.array_equal(first, drawn(engine))


def test_a_face_goes_over_into_another_one(engine: Engine):
    first, other = given_conditions().face, Face(head=np.full((64, 64, 3), 90, np.uint8))
    alone = drawn(engine, face=first)
    assert np.array_equal(alone, drawn(engine, face=first, other_face=other, face_mix=0.0))
    assert np.array_equal(drawn(engine, face=other), drawn(engine, face=first, other_face=other, face_mix=1.0))
    half = drawn(engine, face=first, other_face=other, face_mix=0.5)
    assert not np.array_equal(half, alone) and not np.array_equal(half, drawn(engine, face=other))


def test_a_batch_draws_what_each_of_its_jobs_draws_alone(engine: Engine):
    jobs = [Job(given_conditions(), 3), Job(given_conditions(pose=draw_iuv(named_poses()["t-pose"], (256, 176))), 4)]
    both = engine.generate(jobs, Settings(steps=2))
    for job, one in zip(jobs, both, strict=True):
        alone = engine.generate([job], Settings(steps=2))[0].picture
        assert np.abs(one.picture.astype(int) - alone).max() <= 1


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"face": Face(head=np.zeros((8, 8, 3), np.uint8))}, "64 x 64"),
        ({"coverage": np.zeros((8, 8), bool)}, "coverage"),
    ],
)
def test_what_does_not_fit_is_told(engine: Engine, change: dict, says: str):
    with pytest.raises(StudioError, match=says):
        drawn(engine, **change)


def test_half_precision_is_what_is_kept_on_disk(bundled: Path):
    from safetensors.torch import load_file

    kept = load_file(bundled / "denoising_unet" / "diffusion_pytorch_model.safetensors")
    assert {t.dtype for t in kept.values()} == {torch.float16}


def test_one_preview_serves_several_poses(bundled: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(bundled.parent))
    pipe = load_pipeline(bundled)
    pipe.set_progress_bar_config(disable=True)
    photo, texture = torch.rand(1, 3, 128, 96), torch.rand(1, 3, 128, 128)
    more = {"num_inference_steps": 1, "output_type": "pt", "preview": torch.rand(1, 5, 128, 96)}
    assert pipe(photo, texture, torch.rand(3, 3, 128, 96), **more).images.shape == (3, 3, 128, 96)
