"""The network by itself: its configurations, what each stage sees, and what is not worked out twice."""

from __future__ import annotations

from dataclasses import asdict

import pytest
import torch
from tiny import SIZES, tiny_pipeline

from mcld_app.errors import StudioError
from mcld_app.network.attention import Focus
from mcld_app.network.focus import PLANS, FocusPlan
from mcld_app.network.unets import DenoisingUNet


@pytest.fixture(autouse=True)
def _no_gradients():
    with torch.no_grad():
        yield


def forward(pipe, **changes) -> torch.Tensor:
    """One guided forward of one person, from fixed random conditions; `changes` replaces tokens by slot."""
    g = torch.Generator().manual_seed(1)
    width = SIZES["cross_attention_dim"]
    tokens = {slot: torch.randn(1, n, width, generator=g) for slot, n in (("photo", 1), ("texture", 1), ("face", 4))}
    latent, noise = torch.randn(1, 4, 8, 8, generator=g), torch.randn(1, 4, 8, 8, generator=g)
    reference = pipe.encode_reference(changes.pop("latent", latent), tokens["photo"])
    focus = Focus(tokens | changes, reference, 1)
    return pipe.denoising_unet(noise.repeat(2, 1, 1, 1), 500, focus, None)


# What each ablation of table 3 sees, besides the reference.
SEEN = {
    "ours": {"photo", "texture", "face"}, "B1": {"photo"}, "B2": {"photo", "texture"},
    "B3": {"photo", "texture", "face"}, "B4": {"texture", "face"}, "B5": {"photo", "texture"},
}  # fmt: skip


@pytest.mark.parametrize("plan", PLANS)
def test_each_ablation_sees_its_own_conditions_and_no_others(plan: str):
    pipe = tiny_pipeline(plan)
    plain = forward(pipe)
    for slot, n in (("photo", 1), ("texture", 1), ("face", 4)):
        # The reference saw the photo as well: here only the denoising UNet's token changes.
        changed = forward(pipe, **{slot: torch.ones(1, n, SIZES["cross_attention_dim"])})
        moved = (changed[1:] - plain[1:]).abs().max().item()
        assert (moved > 1e-5) == (slot in SEEN[plan]), f"{plan}: {slot} moved the picture by {moved:.1e}"
        assert torch.equal(changed[:1], plain[:1]), "unconditional rows see no condition"


@pytest.mark.parametrize("plan", PLANS)
def test_the_reference_moves_conditional_rows_only(plan: str):
    pipe = tiny_pipeline(plan)
    plain, other = forward(pipe), forward(pipe, latent=torch.ones(1, 4, 8, 8))
    assert (other[1:] - plain[1:]).abs().max() > 1e-5
    assert torch.equal(other[:1], plain[:1])


def test_a_stage_sees_its_own_slots():
    """Encoder I, middle I and A, decoder A (eq. 4): counted on the slots of each cross-attention."""
    unet = DenoisingUNet(sizes=SIZES).unet
    slots = {name[:4]: p.slots for name, p in unet.attn_processors.items() if ".attn2." in name}
    assert slots == {"down": ("photo",), "mid_": ("photo", "texture"), "up_b": ("texture",)}


@pytest.mark.parametrize(("plan", "pairs"), [("ours", True), ("B1", False), ("B3", False), ("B4", True), ("B5", False)])
def test_only_plans_that_add_the_face_have_weights_for_it(plan: str, pairs: bool):
    keys = DenoisingUNet(sizes=SIZES, focus=asdict(PLANS[plan])).unet.state_dict()
    assert any("to_k_ip" in key for key in keys) == pairs


@pytest.mark.parametrize("name", ["denoising_unet", "reference_unet", "pose_guider", "face_projector"])
def test_a_part_comes_back_from_its_configuration(name: str):
    part = getattr(tiny_pipeline(), name)
    again = type(part).from_config(part.config)
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in part.state_dict().items()}


def test_the_reference_is_projected_once_per_texture():
    pipe = tiny_pipeline()
    calls = []
    for name, module in pipe.denoising_unet.unet.named_modules():
        if name.endswith("attn1.to_k"):
            module.register_forward_hook(lambda *a, name=name: calls.append(name))
    person = pipe.encode_person(torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64), None, (64, 64))
    once = len(calls)
    pose = pipe.encode_pose(torch.rand(1, 3, 64, 64), (64, 64))
    pipe.denoise(person, pose, torch.randn(1, 4, 8, 8), steps=5, guidance_scale=3.5, face_weight=0.5)
    layers = once  # one projection of the reference per self-attention ...
    assert len(calls) == once + 5 * layers  # ... and one of the picture's own tokens per step


def test_unconditional_rows_do_not_pass_the_cross_attentions_queries():
    """Their tokens are zeros: what comes out is known, so only conditional rows are worked out."""
    pipe = tiny_pipeline()
    rows = []
    for name, module in pipe.denoising_unet.unet.named_modules():
        if name.endswith("attn2.to_q"):
            module.register_forward_hook(lambda m, given, out: rows.append(len(given[0])))
    forward(pipe)
    assert set(rows) == {1}


def test_ours_and_the_plain_way_agree():
    """The plain way attends with the reference first, then overwrites unconditional rows, with zeros for tokens."""
    from mcld_app.bench.network import step_pair

    ours, plain = step_pair(SIZES, 16, "cpu")
    assert (ours() - plain()).abs().max() < 1e-5


@pytest.mark.parametrize("wrong", [{"encoder": ("hair",)}, {"reference": "pose"}, {"decoder": ("texture", "face")}])
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict):
    with pytest.raises(StudioError):
        FocusPlan(**wrong)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (56, 72), (96, 128), (40, 16)])
def test_any_size_draws_and_says_where_it_looked(height: int, width: int):
    """Sizes whose latents do not halve evenly too."""
    picture = torch.rand(1, 3, height, width)
    out = tiny_pipeline()(
        picture,
        picture,
        picture,
        height=height,
        width=width,
        num_inference_steps=2,
        output_type="pt",
        return_focus=True,
    )
    assert out.images.shape == (1, 3, height, width)
    assert all(focus.shape == (1, height // 8, width // 8) for focus in out.focus.values())


# --- What goes into the pipeline -----------------------------------------------------------------------------------


def asked(pipe, photos: int = 1, poses: int = 1, **more):
    g = torch.Generator().manual_seed(5)
    photo = torch.rand(photos, 3, 64, 64, generator=g)
    pose = torch.rand(poses, 3, 64, 64, generator=g)
    return pipe(photo, photo.flip(2), pose, **{"num_inference_steps": 2, "output_type": "pt", **more}).images


def test_one_person_in_several_poses_and_several_people_in_one():
    pipe = tiny_pipeline()
    noise = torch.randn(3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    poses = asked(pipe, 1, 3, latents=noise)
    people = asked(pipe, 3, 1, latents=noise)
    alone = asked(pipe, 1, 1, latents=noise[:1])
    assert poses.shape == people.shape == (3, 3, 64, 64)
    # With one photo the random numbers come in the same order, so the first pose is the same in both calls.
    assert torch.allclose(poses[:1], alone, atol=1e-4)
    assert not torch.allclose(poses[0], poses[1])
    assert not torch.allclose(people[0], people[1])


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"photos": 2, "poses": 3}, "do not go together: 2 people, 3 poses"),
        ({"latents": torch.zeros(1, 4, 3, 3)}, r"have the shape \(1, 4, 8, 8\)"),
        ({"output_type": "gif"}, "no output type 'gif'"),
        ({"num_inference_steps": 2.5}, "whole number"),
        ({"guidance_scale": float("nan")}, "Guidance must be a number from 0 to 30"),
        ({"guidance_scale": -3}, "Guidance must be"),
        ({"generator": [torch.Generator(), torch.Generator()]}, "one generator, or one for each of the 1 pictures"),
    ],
)
def test_what_cannot_be_drawn_is_told(more: dict, says: str):
    with pytest.raises(StudioError, match=says):
        asked(tiny_pipeline(), **more)
