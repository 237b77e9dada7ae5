"""Hold the network against a folder of golden data: python tests/golden.py FOLDER

A folder holds weights under the authors' names (`*.safetensors`), `configs.json` with the sizes, and `*.npz` with
inputs and outputs of the authors' own network (see its README). Prints the largest error of each case; exits 1 if any
is past its tolerance.

How tight: a single forward must agree within 1e-5. Rows are laid out as the authors lay them out ([unconditional,
conditional], one thread), because a matrix product rounds differently for another number of rows, and the fp16 cast
of the reference bank turns a last-bit difference there into one of 5e-4. The pipeline runs the reference once, for
the conditional rows only, and rounding grows from step to step, so what a step may be off grows with it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

FORWARD = 1e-5
# Latents are of order 1. Structural mistakes move a single forward by 0.29 and more (the data's own `mutants`).
PIPELINE_FP32, PIPELINE_FP16, IMAGE = 2e-3, 1e-2, 2e-3


@dataclass(frozen=True)
class Result:
    """One comparison: what, the largest absolute error, and how large it may be."""

    name: str
    error: float
    allowed: float

    @property
    def passed(self) -> bool:
        return self.error <= self.allowed


@dataclass(frozen=True)
class Folder:
    """A golden folder, opened."""

    path: Path

    def config(self) -> dict:
        return json.loads((self.path / "configs.json").read_text("utf-8"))

    def arrays(self, name: str) -> dict[str, Tensor]:
        with np.load(self.path / f"{name}.npz", allow_pickle=False) as data:
            return {key: torch.from_numpy(data[key]) for key in data.files}

    def weights(self, name: str) -> dict[str, Tensor]:
        from safetensors.torch import load_file

        return {k: v.float() for k, v in load_file(self.path / f"{name}.safetensors").items()}

    def meta(self, name: str) -> dict:
        return json.loads((self.path / "manifest.json").read_text("utf-8"))["arrays"][name]["_meta"]

    def has(self, name: str) -> bool:
        return (self.path / f"{name}.npz").is_file()


def load_pipeline(folder: Folder):
    """An `MCLDPipeline` with the folder's weights, float32, on CPU."""
    from diffusers import AutoencoderKL, DDIMScheduler
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection

    from mcld_app.network.face_projector import FaceProjector
    from mcld_app.network.pipeline import MCLDPipeline
    from mcld_app.network.pose_guider import PoseGuider
    from mcld_app.network.unets import DenoisingUNet, ReferenceUNet

    c = folder.config()
    guider, projector = c["pose_guider"], c["image_proj_model"]
    denoising, reference = (
        DenoisingUNet(sizes=unet_sizes(c["denoising_unet"])),
        ReferenceUNet(sizes=unet_sizes(c["reference_unet"])),
    )
    parts = {
        "vae": AutoencoderKL(**c["vae"]),
        "image_encoder": CLIPVisionModelWithProjection(CLIPVisionConfig(**c["image_encoder"])),
        "denoising_unet": denoising,
        "reference_unet": reference,
        "pose_guider": PoseGuider(
            channels=guider["conditioning_embedding_channels"], widths=guider["block_out_channels"]
        ),
        "face_projector": FaceProjector(
            dim=projector["dim"],
            depth=projector["depth"],
            heads=projector["heads"],
            head_dim=projector["dim_head"],
            tokens=projector["num_queries"],
            identity=projector["embedding_dim"],
            output=projector["output_dim"],
            ff_mult=projector["ff_mult"],
        ),
    }  # fmt: skip
    files = {"denoising_unet": denoising.unet, "reference_unet": reference.unet, "face_projector": "image_proj_model"}
    for name, module in parts.items():
        target = files.get(name, module)
        file = target if isinstance(target, str) else name
        (module if isinstance(target, str) else target).load_state_dict(folder.weights(file), strict=True)
        module.eval()
    scheduler = DDIMScheduler(
        num_train_timesteps=1000, beta_start=0.00085, beta_end=0.012, beta_schedule="linear", clip_sample=False,
        steps_offset=1, prediction_type="v_prediction", timestep_spacing="trailing", rescale_betas_zero_snr=True,
    )  # fmt: skip
    pipe = MCLDPipeline(**parts, scheduler=scheduler, feature_extractor=CLIPImageProcessorPil())
    pipe.set_progress_bar_config(disable=True)
    return pipe


def unet_sizes(config: dict) -> dict:
    """The authors' 3D or 2D UNet configuration as arguments of the stock 2D UNet."""
    keep = (
        "sample_size", "in_channels", "out_channels", "layers_per_block", "block_out_channels", "cross_attention_dim",
        "attention_head_dim", "norm_num_groups",
    )  # fmt: skip
    out = {k: config[k] for k in keep if k in config}
    out |= {k: [b.replace("3D", "2D") for b in config[k]] for k in ("down_block_types", "up_block_types")}
    return out


def largest(a: Tensor, b: Tensor) -> float:
    """The largest absolute difference, after the authors' single-frame axis is dropped; NaN counts as infinite."""
    b = b.float()
    b = b.squeeze(2) if b.ndim == a.ndim + 1 else b
    if a.shape != b.shape:
        raise ValueError(f"shapes differ: {tuple(a.shape)} here, {tuple(b.shape)} in the golden data")
    return float(torch.nan_to_num((a.float() - b).abs(), nan=float("inf")).max())


@torch.no_grad()
def check(folder: Path) -> Iterator[Result]:
    """Every comparison the folder allows, one by one."""
    data = Folder(folder)
    torch.set_num_threads(1)
    pipe = load_pipeline(data)
    if data.has("modules"):
        yield from check_modules(data, pipe)
    if data.has("scheduler"):
        yield from check_scheduler(data, pipe)
    if data.has("ref_denoise"):
        yield from check_forwards(data, pipe)
    for file in sorted(folder.glob("pipe_*.npz")):
        yield from check_pipeline(data, pipe, file.stem)


def check_modules(data: Folder, pipe) -> Iterator[Result]:
    z = data.arrays("modules")
    for key in z:
        if key.endswith("/in"):
            name = key[: -len("/in")]
            module = pipe.pose_guider if name.startswith("pose_guider") else pipe.face_projector
            given = z[key].squeeze(2) if z[key].ndim == 5 else z[key]
            yield Result(name, largest(module(given), z[f"{name}/out"]), FORWARD)


def check_scheduler(data: Folder, pipe) -> Iterator[Result]:
    z = data.arrays("scheduler")
    yield Result("scheduler/alphas_cumprod", largest(pipe.scheduler.alphas_cumprod, z["alphas_cumprod"]), 1e-7)
    for key in z:
        if key.startswith("timesteps_"):
            pipe.scheduler.set_timesteps(int(key.split("_")[1]))
            yield Result(f"scheduler/{key}", largest(pipe.scheduler.timesteps, z[key]), 0.0)


def check_forwards(data: Folder, pipe) -> Iterator[Result]:
    from mcld_app.network.attention import Focus

    z = data.arrays("ref_denoise")
    for case in sorted({key.split("/")[0] for key in z}):
        given = {key.split("/in/")[1]: v for key, v in z.items() if key.startswith(f"{case}/in/")}
        photo = given["clip_embed"]
        rows = len(photo)
        latents, pose = given["latents"].squeeze(2), given["pose_fea"].squeeze(2)
        tokens = {"photo": photo, "texture": given["clip_embed2"], "face": given["face_tokens"]}
        for guided in ("nocfg", "cfg"):
            if guided == "cfg":
                doubled = torch.cat([torch.zeros_like(photo), photo])
                bank, out = pipe.reference_unet(given["ref_latents"].repeat(2, 1, 1, 1), doubled)
                for key in z:
                    if key.startswith(f"{case}/cfg/bank/"):
                        yield Result(key, largest(bank[key.split("/bank/")[1]], z[key]), 2 * FORWARD)
                if f"{case}/cfg/reference_out" in z:
                    yield Result(f"{case}/cfg/reference_out", largest(out, z[f"{case}/cfg/reference_out"]), 5 * FORWARD)
                bank = {name: x[rows:] for name, x in bank.items()}
            else:
                bank, _ = pipe.reference_unet(given["ref_latents"], photo)
            for dtype, label in ((torch.float16, "fp16"), (torch.float32, "fp32")):
                key = f"{case}/{guided}/out_bank_{label}"
                if key not in z:
                    continue
                reference = pipe.denoising_unet.project_reference({n: x.to(dtype) for n, x in bank.items()})
                twice = 2 if guided == "cfg" else 1
                focus = Focus(tokens, reference, rows if guided == "cfg" else 0)
                out = pipe.denoising_unet(
                    latents.repeat(twice, 1, 1, 1), given["timestep"], focus, pose.repeat(twice, 1, 1, 1)
                )
                yield Result(key, largest(out, z[key]), FORWARD)


def check_pipeline(data: Folder, pipe, name: str) -> Iterator[Result]:
    z, meta = data.arrays(name), data.meta(name)
    single = "float32" in meta["bank_dtype"]
    source = data.arrays(meta["inputs"].split()[-1]) if "inputs" in meta and "in/ref_u8" not in z else z

    def given(key: str):
        values = source[f"in/{key}"]
        if meta.get("pil"):
            return [Image.fromarray(v.permute(1, 2, 0).numpy()) for v in values]
        return values.float() / 255

    seen: list[Tensor] = []
    out = pipe(
        given("clip_u8"),
        given("ref_u8"),
        given("pose_u8"),
        source["in/face_emb"],
        height=meta["height"],
        width=meta["width"],
        num_inference_steps=meta["steps"],
        guidance_scale=meta["guidance"],
        latents=source["in/init_latents"].squeeze(2),
        output_type="pt",
        bank_dtype=None if single else torch.float16,
        callback_on_step_end=lambda p, i, t, tensors: seen.append(tensors["latents"].clone()),
    ).images
    allowed = PIPELINE_FP32 if single else PIPELINE_FP16
    for step, (mine, theirs) in enumerate(zip(seen, z["mid/latents_steps"], strict=True), 1):
        yield Result(f"{name}/step {step:2d}", largest(mine, theirs), allowed * step / meta["steps"])
    yield Result(f"{name}/images", largest(out, z["out/images"]), IMAGE)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "configs.json").is_file():
        print("usage: python tests/golden.py FOLDER   (a folder with configs.json, *.safetensors and *.npz)")
        return 2
    failed = 0
    for result in check(Path(arguments[0])):
        failed += not result.passed
        verdict = "ok  " if result.passed else "FAIL"
        print(f"{verdict} {result.error:9.2e}  (at most {result.allowed:.0e})  {result.name}", flush=True)
    print(f"{failed} past their tolerance" if failed else "all within tolerance")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    raise SystemExit(main(sys.argv[1:]))
