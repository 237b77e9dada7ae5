"""The network against the authors' own: every golden case within its tolerance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from golden import CEILING, SMALLEST_MISTAKE, Folder, Result, check, load_pipeline
from thorough import only_thorough


def test_every_case_of_the_reference_data_agrees(reference: Path):
    """The small networks, the schedule, the way back to 11:16, and a whole drawing through pipeline and engine."""
    results = agree(reference)
    assert len(results) > 20 and sum("engine" in r.name for r in results) == 2


@only_thorough
def test_every_case_of_the_larger_set_agrees(shared: Path):
    assert len(agree(shared / "golden")) > 40


def agree(folder: Path) -> list[Result]:
    results = list(check(folder))
    late = [f"{r.name}: {r.error:.2e} > {r.allowed:.1e}" for r in results if not r.passed]
    assert not late, "\n".join(late)
    return results


def test_no_allowance_comes_near_a_mistake_in_the_structure(reference: Path):
    mistakes = json.loads((reference / "manifest.json").read_text("utf-8"))["mutants"]
    structural = {name: m["max_abs"] for name, m in mistakes.items() if isinstance(m, dict) and name != "bank_fp16"}
    assert len(structural) == 9 and min(structural.values()) >= SMALLEST_MISTAKE >= 100 * CEILING


def test_a_deliberate_mistake_is_noticed(reference: Path):
    """A face weight of 1 instead of 0.5 moves a forward by 0.79 in the data's own list of mistakes."""
    from mcld_app.network.attention import Focus

    data = Folder(reference)
    pipe, z = load_pipeline(data), data.arrays("ref_denoise")
    photo = z["b1_16x16/in/clip_embed"]
    with torch.no_grad():
        bank, _ = pipe.reference_unet(z["b1_16x16/in/ref_latents"], photo)
        tokens = {"photo": photo, "texture": z["b1_16x16/in/clip_embed2"], "face": z["b1_16x16/in/face_tokens"]}
        focus = Focus(tokens, pipe.denoising_unet.project_reference(bank), 0, face_weight=1.0)
        latents, pose = z["b1_16x16/in/latents"].squeeze(2), z["b1_16x16/in/pose_fea"].squeeze(2)
        out = pipe.denoising_unet(latents, z["b1_16x16/in/timestep"], focus, pose)
    assert (out - z["b1_16x16/nocfg/out_bank_fp32"].squeeze(2)).abs().max() > 0.1


@pytest.mark.parametrize("file", ["denoising_unet", "reference_unet", "pose_guider", "image_proj_model"])
def test_key_names_and_shapes_are_the_published_files(reference: Path, file: str):
    from mcld_app.network.face_projector import FaceProjector
    from mcld_app.network.pose_guider import PoseGuider
    from mcld_app.network.unets import DenoisingUNet, ReferenceUNet

    published = json.loads((reference / "full_keys.json").read_text("utf-8"))[f"{file}.pth"]
    with torch.device("meta"):
        module = {
            "denoising_unet": lambda: DenoisingUNet().unet,
            "reference_unet": lambda: ReferenceUNet().unet,
            "pose_guider": PoseGuider,
            "image_proj_model": FaceProjector,
        }[file]()
    assert {k: list(v.shape) for k, v in module.state_dict().items()} == published
