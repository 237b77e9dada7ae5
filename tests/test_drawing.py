"""What a picture is drawn from, in which order and at which size: by the small networks of the reference data, whose
pictures all depend on every condition. What is expected is worked out here by Pillow and torch alone, from the parts
that the reference data proves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from golden import Folder, load_pipeline
from PIL import Image
from tiny import tiny_pipeline

from mcld_app.checkpoints.schedulers import scheduler_named
from mcld_app.engine.engine import Engine
from mcld_app.engine.model import Model
from mcld_app.errors import Cancelled, StudioError
from mcld_app.network.embeddings import Encoded, PersonEmbeddings
from mcld_app.network.preprocess import AS_GIVEN, SQUEEZED, pose_picture, results
from mcld_app.request import SCHEDULERS, Conditions, Face, Job, Settings

HIGH, WIDE = 128, 128
RESULT = (128, 88)
STEPS = 3


@pytest.fixture(scope="module")
def pipe(reference: Path):
    return load_pipeline(Folder(reference))


@pytest.fixture(scope="module")
def engine(pipe) -> Engine:
    return Engine(Model("reference", lambda *_: pipe, result=RESULT), device="cpu")


@pytest.fixture(scope="module")
def given() -> Conditions:
    """A photo twice as high as wide, whose ends and middle differ; a pose whose channels differ."""
    rng = np.random.default_rng(0)

    def picture(height: int, width: int) -> np.ndarray:
        coarse = rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
        fine = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.NEAREST)).astype(int)
        return (fine + rng.integers(-40, 41, fine.shape)).clip(0, 255).astype(np.uint8)

    pose = np.zeros((200, 138, 3), np.uint8)
    pose[20:180, 20:118, 0] = np.repeat(np.arange(1, 11), 16)[:, None]
    pose[20:180, 20:118, 1] = 90
    pose[20:180, 20:118, 2] = 255 - np.arange(98)
    face = Face(rng.normal(0, 2, 512).astype(np.float32))
    return Conditions(picture(256, 128), picture(512, 512), pose, face)


def squeezed(picture: np.ndarray) -> list[Image.Image]:
    """By Pillow's default filter."""
    return [Image.fromarray(picture).resize((WIDE, HIGH))]


def expected(pipe, given: Conditions, seed: int = 0, guidance: float = 3.5, face_weight: float = 0.5, **changes):
    """The picture's latents, put together by hand. `changes` are parts that something else is given for."""
    photo = changes.get("photo", squeezed(given.photo))
    token, texture = pipe.encode_picture(photo, preprocess=AS_GIVEN), squeezed(given.texture)
    latent = pipe.encode_latent(changes.get("texture", texture), (HIGH, WIDE))
    texture_token = pipe.encode_picture(texture, preprocess=AS_GIVEN)
    seen = texture_token if changes.get("reference_sees") == "texture" else token
    person = PersonEmbeddings(
        token,
        texture_token,
        pipe.encode_face(torch.from_numpy(changes.get("identity", given.face.identity))[None]),
        pipe.encode_reference(latent, seen),
    )
    pose = changes.get("pose", [Image.fromarray(given.pose[..., ::-1].copy()).resize((WIDE, HIGH))])
    noise = torch.randn(1, 4, HIGH // 8, WIDE // 8, generator=torch.Generator().manual_seed(seed))
    encoded = Encoded(person, pipe.encode_pose(pose, (HIGH, WIDE)))
    with torch.no_grad():
        latents = pipe.denoise(
            encoded.person, encoded.pose, noise, steps=STEPS, guidance_scale=guidance, face_weight=face_weight
        )
        return pipe.decode(latents)


def as_result(pictures: torch.Tensor) -> np.ndarray:
    """Antialiased bicubic, then cut to bytes."""
    back = torch.nn.functional.interpolate(pictures, RESULT, mode="bicubic", antialias=True)[0]
    return (back * 255).clamp(0, 255).byte().permute(1, 2, 0).numpy()


def drawn(engine: Engine, given: Conditions, **changes) -> np.ndarray:
    return engine.generate([Job(given)], Settings(steps=STEPS, **changes))[0].picture


def apart(first: np.ndarray, second: np.ndarray) -> float:
    """Grey levels, on average."""
    return float(np.abs(first.astype(int) - second).mean())


SAME, OTHER = 0.02, 0.1
"""Grey levels on average below which two pictures are the same, and above which they are not. Rounding in another order
changes one byte in a thousand by one."""


def test_the_engine_draws_what_the_proven_parts_make_of_squeezed_pictures(engine: Engine, pipe, given: Conditions):
    """The photo squeezed to a square for CLIP, too; I to the ReferenceNet's cross-attention; the pose as V, U, I; the
    identity as it is, not normalised; guidance of 3.5 and a face weight of 0.5; the result stretched back."""
    assert apart(drawn(engine, given), as_result(expected(pipe, given))) < SAME


def whole(picture: np.ndarray) -> list[Image.Image]:
    return [Image.fromarray(picture)]


def bilinear(picture: np.ndarray) -> list[Image.Image]:
    return [Image.fromarray(picture).resize((WIDE, HIGH), Image.Resampling.BILINEAR)]


@pytest.mark.parametrize(
    "mistake",
    [
        pytest.param(lambda c: {"pose": [Image.fromarray(c.pose).resize((WIDE, HIGH))]}, id="pose as I, U, V"),
        pytest.param(
            lambda c: {"identity": c.face.identity / np.linalg.norm(c.face.identity)}, id="the identity normalised"
        ),
        pytest.param(lambda c: {"photo": whole(c.photo)}, id="CLIP shown the photo unsqueezed"),
        pytest.param(lambda c: {"photo": bilinear(c.photo)}, id="the photo squeezed by another filter"),
        pytest.param(lambda c: {"texture": bilinear(c.texture)}, id="the texture map squeezed by another filter"),
        pytest.param(lambda c: {"reference_sees": "texture"}, id="the ReferenceNet shown A instead of I"),
        pytest.param(lambda c: {"guidance": 7.5}, id="guidance of 7.5"),
        pytest.param(lambda c: {"face_weight": 1.0}, id="a face weight of 1"),
    ],
)
def test_each_of_these_would_be_another_picture(engine: Engine, pipe, given: Conditions, mistake):
    """So the test before could not pass with one of them."""
    assert apart(drawn(engine, given), as_result(expected(pipe, given, **mistake(given)))) > OTHER


def test_unless_told_otherwise_guidance_is_3_5_and_the_face_weighs_half(engine: Engine, pipe, given: Conditions):
    usual = engine.generate([Job(given)])[0].picture
    job, settings = Job(replace(given, face_weight=0.5)), Settings(steps=20, guidance=3.5, scheduler="ddim")
    told = engine.generate([job], settings)[0].picture
    assert np.array_equal(usual, told)
    noise = torch.randn(pipe.noise_shape(1), generator=torch.Generator().manual_seed(0))
    pictures = squeezed(given.photo), squeezed(given.texture), [pose_picture(given.pose).resize((WIDE, HIGH))]
    called = pipe(*pictures, given.face.identity[None], latents=noise, output_type="pt").images
    assert apart(usual, as_result(called)) < SAME, "a call has the same defaults"


# --- Preprocessing by itself ---------------------------------------------------------------------------------------


def test_pictures_are_squeezed_by_pillows_default_filter(given: Conditions):
    picture = [Image.fromarray(given.photo)]
    mine = np.asarray(squeezed(given.photo)[0])
    assert np.array_equal(np.asarray(SQUEEZED.for_image_encoder(picture, HIGH)[0]), mine)
    pixels = SQUEEZED.for_autoencoder(picture, (HIGH, WIDE))[0].movedim(0, -1)
    assert np.allclose((pixels + 1) * 127.5, mine, atol=1e-3), "in -1..1 for the autoencoder"
    pixels = SQUEEZED.for_pose_guider(picture, (HIGH, WIDE))[0].movedim(0, -1)
    assert np.allclose(pixels * 255, mine, atol=1e-3), "in 0..1 for the pose guider"


@pytest.mark.parametrize("kind", ["pictures", "values"])
def test_a_tall_photo_is_seen_whole_by_the_image_encoder(pipe, kind: str):
    """Two photos of 512 x 352 that differ in head and feet alone, which a crop of the middle leaves out."""
    photos = np.full((2, 512, 352, 3), 128, np.uint8)
    photos[1, :64], photos[1, -64:] = (255, 0, 0), (0, 0, 255)
    given = [Image.fromarray(photo) for photo in photos]
    if kind == "values":
        given = torch.from_numpy(photos).movedim(-1, 1).float() / 255
    first, second = pipe.encode_picture(given)
    assert (first - second).abs().max() > 0.01
    cut, also_cut = pipe.encode_picture(given, preprocess=AS_GIVEN)
    assert torch.allclose(cut, also_cut, atol=1e-5), "the authors' pipeline by itself does not see them"
    whole = [Image.fromarray(photo).resize((pipe.size[0],) * 2) for photo in photos]
    assert torch.allclose(torch.stack([first, second]), pipe.encode_picture(whole, preprocess=AS_GIVEN), atol=1e-5)


def test_a_call_shows_the_image_encoder_the_whole_photo_too(pipe):
    photos = np.full((2, 512, 352, 3), 128, np.uint8)
    photos[1, :64] = (255, 0, 0)
    grey = Image.new("RGB", (128, 128), (90, 90, 90))
    noise = torch.zeros(pipe.noise_shape(1))
    first, second = (
        pipe(Image.fromarray(photo), grey, grey, latents=noise, num_inference_steps=1, output_type="latent").images
        for photo in photos
    )
    assert not torch.allclose(first, second, atol=1e-4)


def test_the_pose_is_shown_as_v_u_i():
    iuv = np.full((4, 4, 3), (7, 120, 250), np.uint8)
    assert np.asarray(pose_picture(iuv))[0, 0].tolist() == [250, 120, 7]


def test_a_result_is_stretched_by_antialiased_bicubic_and_cut():
    pictures = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    back = torch.nn.functional.interpolate(pictures, (64, 44), mode="bicubic", antialias=True)
    cut = np.floor((back * 255).clamp(0, 255).numpy()).transpose(0, 2, 3, 1)
    made = results(pictures, (64, 44))
    assert made.dtype == np.uint8 and np.array_equal(made, cut)
    assert (made != results(pictures + 0.5 / 255, (64, 44))).mean() > 0.4, "rounding would be seen"


# --- The loop, without any weights ---------------------------------------------------------------------------------


def seen_by_the_denoiser(pipe, answer, **settings) -> tuple[list[int], torch.Tensor]:
    """The timesteps the denoising UNet is told, and the latents that come out where it answers `answer(rows)`."""
    told: list[int] = []

    def forward(sample, t, *_):
        told.append(int(t))
        return answer(sample)

    pipe.denoising_unet.forward = forward
    photo = torch.zeros(1, 3, 64, 64)
    out = pipe(photo, photo, photo, latents=torch.ones(1, 4, 8, 8), output_type="latent", **settings).images
    return told, out


def test_the_denoiser_is_told_the_schedulers_own_timesteps():
    told, _ = seen_by_the_denoiser(tiny_pipeline(), torch.zeros_like, num_inference_steps=4)
    assert told == [999, 749, 499, 249], "trailing: from the last timestep, which is all noise"


def test_guidance_goes_from_the_unconditional_to_the_conditional_answer_and_beyond():
    """One step from pure noise gives minus what was predicted. Unconditional rows answer 1, conditional ones 3."""

    def answer(sample: torch.Tensor) -> torch.Tensor:
        return torch.cat([torch.ones_like(sample[:1]), 3 * torch.ones_like(sample[:1])])[-len(sample) :]

    for guidance, v in ((3.5, 1 + 3.5 * 2), (2.0, 1 + 2.0 * 2), (1.0, 3.0), (0.0, 3.0)):
        _, out = seen_by_the_denoiser(tiny_pipeline(), answer, num_inference_steps=1, guidance_scale=guidance)
        assert torch.allclose(out, torch.full_like(out, -v), atol=1e-4), guidance
    _, out = seen_by_the_denoiser(tiny_pipeline(), answer, num_inference_steps=1)
    assert torch.allclose(out, torch.full_like(out, -8.0), atol=1e-4), "3.5 unless told otherwise"


# --- Noise ---------------------------------------------------------------------------------------------------------


def test_noise_that_is_given_is_drawn_from_and_a_seeds_own_is_torchs(engine: Engine, pipe, given: Conditions):
    noise = torch.randn(pipe.noise_shape(1), generator=torch.Generator().manual_seed(7)).numpy()
    settings = Settings(steps=2)
    by_seed = engine.generate([Job(given, 7)], settings)[0].picture
    assert np.array_equal(engine.generate([Job(given, 3)], settings, noise=noise)[0].picture, by_seed)
    assert not np.array_equal(engine.generate([Job(given, 3)], settings)[0].picture, by_seed)
    two = engine.generate([Job(given, 1), Job(given, 2)], settings, noise=np.concatenate([noise, noise]))
    assert all(apart(one.picture, by_seed) < SAME for one in two)


def test_noise_of_another_shape_is_refused(engine: Engine, given: Conditions):
    with pytest.raises(StudioError, match=r"shape \(1, 4, 16, 16\), not \(1, 4, 8, 8\)"):
        engine.generate([Job(given)], noise=np.zeros((1, 4, 8, 8), np.float32))


# --- Whose encodings they are --------------------------------------------------------------------------------------


def count_of(pipe) -> list[str]:
    called: list[str] = []
    for name in ("image_encoder", "reference_unet", "pose_guider", "face_projector"):
        getattr(pipe, name).register_forward_hook(lambda *_, name=name: called.append(name))
    return called


def test_what_is_kept_of_one_owner_serves_nobody_else_and_goes_with_them(given: Conditions):
    pipe = tiny_pipeline()
    engine, called, settings = Engine(Model("tiny", lambda *_: pipe), device="cpu"), count_of(pipe), Settings(steps=1)

    def encoded_for(owner: str) -> list[str]:
        called.clear()
        engine.generate([Job(given)], settings, owner=owner)
        return sorted(called)

    everything = ["face_projector", "image_encoder", "image_encoder", "pose_guider", "reference_unet"]
    assert encoded_for("ann") == everything and encoded_for("ann") == []
    assert encoded_for("bob") == everything, "the same pictures, but another's"
    engine.forget("ann")
    assert encoded_for("bob") == [] and encoded_for("ann") == everything
    engine.forget()
    assert encoded_for("ann") == encoded_for("bob") == everything


def test_a_stop_is_heard_between_two_parts_that_are_encoded(given: Conditions):
    pipe = tiny_pipeline()
    engine, called = Engine(Model("tiny", lambda *_: pipe), device="cpu"), count_of(pipe)
    with pytest.raises(Cancelled):
        engine.generate([Job(given)], cancelled=lambda: "image_encoder" in called)
    assert called == ["image_encoder"]


# --- Parts that wait on the CPU for their turn ---------------------------------------------------------------------


def test_offloaded_parts_are_all_home_again_after_a_drawing_stopped_or_not(given: Conditions, monkeypatch):
    """accelerate's own hooks, with the CPU's index 0 in the place of a GPU: "cpu:0" is there, "cpu" is home."""
    pipe = tiny_pipeline()
    at: dict[int, str] = {}
    move = torch.nn.Module.to

    def noted(self, *where, **more):
        at[id(self)] = str(where[0]) if where else ""
        return move(self, *where, **more)

    monkeypatch.setattr(torch.nn.Module, "to", noted)
    pipe.enable_model_cpu_offload(device="cpu")
    at.clear()
    parts = {name: part for name, part in pipe.components.items() if isinstance(part, torch.nn.Module)}
    engine, there = Engine(Model("tiny", lambda *_: pipe, result=(64, 44)), device="cpu"), []

    def look(progress) -> None:
        there.extend(name for name, part in parts.items() if at.get(id(part)) == "cpu:0")

    for cancelled in (lambda: False, lambda: bool(there)):
        there.clear()
        try:
            engine.generate([Job(given)], Settings(steps=2), on_progress=look, cancelled=cancelled)
        except Cancelled:
            assert cancelled()
        assert "denoising_unet" in there, "its turn came"
        assert [name for name, part in parts.items() if at.get(id(part), "cpu") == "cpu:0"] == []


# --- Schedulers ----------------------------------------------------------------------------------------------------


def test_every_scheduler_of_the_table_can_be_made_and_follows_the_same_noise_schedule():
    own = tiny_pipeline().scheduler
    for name in SCHEDULERS:
        made = scheduler_named(name, own)
        assert torch.equal(made.alphas_cumprod[:-1], own.alphas_cumprod[:-1])  # DPM-Solver++ keeps the last above zero
        assert made.config.prediction_type == "v_prediction" and made.config.timestep_spacing == "trailing"
        made.set_timesteps(4)
        assert int(made.timesteps[0]) == 999


def test_the_same_settings_after_another_scheduler_draw_the_same_picture(engine: Engine, given: Conditions):
    first = drawn(engine, given)
    other = drawn(engine, given, scheduler="unipc")
    assert not np.array_equal(first, other) and np.array_equal(drawn(engine, given), first)
    assert not np.array_equal(drawn(engine, replace(given, face=None)), first)
