"""Hold the network and the engine against a folder of golden data: python tests/golden.py FOLDER

A folder holds weights under the authors' names (`*.safetensors`), `configs.json` with the sizes, and `*.npz` with
inputs and outputs of the authors' own network (see its README). Prints the largest error of each case; exits 1 if any
is past its tolerance. `tests/reference` is such a folder.

How tight. Processors sum in different orders, so float32 results differ in their last bits; how far that reaches after
a whole network is measured here, case by case, and not guessed:

* *float32.* Each forward is run in float64 too. What lies between is how far this processor's rounding is from the
  truth. Measured with AVX-512, AVX2 and neither, that distance differs up to threefold from one to the other, and two
  processors were at most 2.5 of it apart. `ORDERS` of it are allowed: two processors, each four times as far as this
  one. That is 1e-5 to 7e-4, by the tensor.
* *Half precision.* The authors cast the reference's bank to float16. Where another order of summation moves a value
  over the middle between two halves, its last bit flips, and a flipped bit is 500 times what moved it. So the bank is
  moved at random by what float32 is allowed, which flips 5 to 15% of its bits, is cast, and the furthest that any of
  `TRIES` such banks takes the output is allowed on top: 2e-4 to 6e-4. Between real processors 2% flip and 9e-5 was
  seen.
* *The loop.* DDIM's steps with v-prediction turn latents by a quarter circle in all, so an error e of every forward,
  which guidance of 3.5 makes 6 e at most, adds up to pi / 2 x 6 e: 6e-3 with half precision, 1e-3 without, and by
  the step's share of it before. A picture in 0..1 may be off by half a grey level.

Mistakes in the structure move a single forward by 0.29 and more (the data's own `mutants`). No forward's allowance
exceeds a hundredth of that, so that a network which is broken cannot widen its own.
"""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

ORDERS, TRIES, SMALLEST_MISTAKE = 8, 8, 0.29
CEILING = SMALLEST_MISTAKE / 100
# A product of 1000 float32 factors is off by 1000 ** 0.5 roundings of 6e-8.
SCHEDULE = 2e-6
GREY = 1 / 255  # cutting to bytes turns a last bit into a whole grey level
PIPELINE_FP32, PIPELINE_FP16, IMAGE = 1e-3, 6e-3, GREY / 2


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


def load_pipeline(folder: Folder, size: tuple[int, int] | None = None):
    """An `MCLDPipeline` with the folder's weights, float32, on CPU.

    Args:
        folder: with the weights.
        size: (height, width) of the pictures it draws unless told otherwise; default: as its configuration says.
    """
    from diffusers import AutoencoderKL, DDIMScheduler
    from transformers import CLIPImageProcessorPil, CLIPVisionConfig, CLIPVisionModelWithProjection

    from mcld_app.network.face_projector import FaceProjector
    from mcld_app.network.pipeline import MCLDPipeline
    from mcld_app.network.pose_guider import PoseGuider
    from mcld_app.network.unets import DenoisingUNet, ReferenceUNet

    c = folder.config()
    guider, projector = c["pose_guider"], c["image_proj_model"]
    scale = 2 ** (len(c["vae"]["block_out_channels"]) - 1)
    cells = {} if size is None else {"sample_size": [n // scale for n in size]}
    denoising, reference = (
        DenoisingUNet(sizes=unet_sizes(c["denoising_unet"]) | cells),
        ReferenceUNet(sizes=unet_sizes(c["reference_unet"]) | cells),
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


def rounding(single: Tensor, double: Tensor) -> float:
    """How far another order of summation may take a float32 result, from the same in float64."""
    floor = 4 * torch.finfo(torch.float32).eps * float(double.abs().max())
    return min(ORDERS * float((single.double() - double).abs().max()) + floor, CEILING)


@torch.no_grad()
def check(folder: Path) -> Iterator[Result]:
    """Every comparison the folder allows, one by one."""
    data = Folder(folder)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        pipe = load_pipeline(data)
        if data.has("modules"):
            yield from check_modules(data, pipe)
        if data.has("scheduler"):
            yield from check_scheduler(data, pipe)
        if data.has("ref_denoise"):
            yield from check_forwards(data, pipe)
        if data.has("postprocess"):
            yield from check_results(data)
        for file in sorted(folder.glob("pipe_*.npz")):
            yield from check_pipeline(data, pipe, file.stem)
            if data.meta(file.stem).get("pil"):
                yield from check_engine(data, file.stem)
    finally:
        torch.set_num_threads(threads)  # whatever comes after in this process has its own again


def check_modules(data: Folder, pipe) -> Iterator[Result]:
    z = data.arrays("modules")
    for key in z:
        if key.endswith("/in"):
            name = key[: -len("/in")]
            module = pipe.pose_guider if name.startswith("pose_guider") else pipe.face_projector
            given = z[key].squeeze(2) if z[key].ndim == 5 else z[key]
            out = module(given)
            allowed = rounding(out, copy.deepcopy(module).double()(given.double()))
            yield Result(name, largest(out, z[f"{name}/out"]), allowed)


def check_scheduler(data: Folder, pipe) -> Iterator[Result]:
    z = data.arrays("scheduler")
    yield Result("scheduler/alphas_cumprod", largest(pipe.scheduler.alphas_cumprod, z["alphas_cumprod"]), SCHEDULE)
    for key in z:
        if key.startswith("timesteps_"):
            pipe.scheduler.set_timesteps(int(key.split("_")[1]))
            yield Result(f"scheduler/{key}", largest(pipe.scheduler.timesteps, z[key]), 0.0)


@dataclass(frozen=True)
class Forward:
    """One case of `ref_denoise.npz`, to be run by networks of one precision.

    Attributes:
        reference, denoising: the networks.
        given: the case's inputs by name.
        guided: whether unconditional rows come first.
    """

    reference: nn.Module
    denoising: nn.Module
    given: Mapping[str, Tensor]
    guided: bool

    @property
    def _dtype(self) -> torch.dtype:
        return self.denoising.dtype

    def _input(self, name: str) -> Tensor:
        value = self.given[name].to(self._dtype)
        return value.squeeze(2) if value.ndim == 5 else value

    def bank(self) -> tuple[dict[str, Tensor], Tensor]:
        """The bank of all rows, and the ReferenceNet's output."""
        photo, latents = self._input("clip_embed"), self._input("ref_latents")
        if self.guided:
            photo, latents = torch.cat([torch.zeros_like(photo), photo]), latents.repeat(2, 1, 1, 1)
        return self.reference(latents, photo)

    def out(self, bank: Mapping[str, Tensor]) -> Tensor:
        """What the denoising UNet makes of that bank."""
        from mcld_app.network.attention import Focus

        rows = len(self.given["clip_embed"])
        slots = {"photo": "clip_embed", "texture": "clip_embed2", "face": "face_tokens"}
        tokens = {slot: self._input(name) for slot, name in slots.items()}
        conditional = {name: x[rows:] if self.guided else x for name, x in bank.items()}
        focus = Focus(tokens, self.denoising.project_reference(conditional), rows if self.guided else 0)
        times = 2 if self.guided else 1
        latents, pose = (self._input(name).repeat(times, 1, 1, 1) for name in ("latents", "pose_fea"))
        return self.denoising(latents, self.given["timestep"], focus, pose)


def check_forwards(data: Folder, pipe) -> Iterator[Result]:
    z = data.arrays("ref_denoise")
    double = [copy.deepcopy(net).double() for net in (pipe.reference_unet, pipe.denoising_unet)]
    for case in sorted({key.split("/")[0] for key in z}):
        given = {key.split("/in/")[1]: v for key, v in z.items() if key.startswith(f"{case}/in/")}
        for label in ("nocfg", "cfg"):
            single = Forward(pipe.reference_unet, pipe.denoising_unet, given, label == "cfg")
            truth = Forward(*double, given, label == "cfg")
            (bank, last), (true_bank, true_last) = single.bank(), truth.bank()
            near = {name: rounding(bank[name], true_bank[name]) for name in bank}
            for key in z:
                if key.startswith(f"{case}/{label}/bank/"):
                    name = key.split("/bank/")[1]
                    yield Result(key, largest(bank[name], z[key]), near[name])
            if (key := f"{case}/{label}/reference_out") in z:
                yield Result(key, largest(last, z[key]), rounding(last, true_last))
            out = single.out(bank)
            allowed = rounding(out, truth.out(true_bank))
            if (key := f"{case}/{label}/out_bank_fp32") in z:
                yield Result(key, largest(out, z[key]), allowed)
            if (key := f"{case}/{label}/out_bank_fp16") in z:
                out = single.out({name: x.half() for name, x in bank.items()})
                allowed += max(_flipped(single, bank, near, seed, out) for seed in range(TRIES))
                yield Result(key, largest(out, z[key]), min(allowed, CEILING))


def _flipped(case: Forward, bank: Mapping[str, Tensor], near: Mapping[str, float], seed: int, before: Tensor) -> float:
    """How far the output goes where last bits of a bank of half precision flip, as another order of summation does."""
    g = torch.Generator().manual_seed(seed)
    moved = {name: x + (torch.rand(x.shape, generator=g) * 2 - 1) * near[name] for name, x in bank.items()}
    return float((case.out({name: x.half() for name, x in moved.items()}) - before).abs().max())


def check_results(data: Folder) -> Iterator[Result]:
    """Pictures on their way back to 11:16. Rounding instead of cutting would change half of all bytes."""
    from mcld_app.network.preprocess import results

    z = data.arrays("postprocess")
    for key in z:
        if key.startswith("out_"):
            size = tuple(int(n) for n in key.removeprefix("out_").split("x"))
            ours = torch.from_numpy(results(z["in"], size)).movedim(-1, 1)
            theirs = (z[key] * 255).round()
            yield Result(f"postprocess/{key}", largest(ours / 255, theirs / 255), GREY * 1.001)
            yield Result(f"postprocess/{key}, bytes that differ", float((ours != theirs).float().mean()), 0.01)


def check_pipeline(data: Folder, pipe, name: str) -> Iterator[Result]:
    from mcld_app.network.preprocess import AS_GIVEN

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
        preprocess=AS_GIVEN,  # the data was made by the authors' pipeline alone, without their script
    ).images
    allowed = PIPELINE_FP32 if single else PIPELINE_FP16
    for step, (mine, theirs) in enumerate(zip(seen, z["mid/latents_steps"], strict=True), 1):
        yield Result(f"{name}/step {step:2d}", largest(mine, theirs), allowed * step / meta["steps"])
    yield Result(f"{name}/images", largest(out, z["out/images"]), IMAGE)


def check_engine(data: Folder, name: str) -> Iterator[Result]:
    """The case's pictures through `Engine.generate`: as the authors' pipeline takes them, which is what the case holds,
    and squeezed as their script does, which has to be what each part makes of pictures that Pillow squeezed."""
    from mcld_app.engine.engine import Engine
    from mcld_app.engine.model import Model
    from mcld_app.network.embeddings import Encoded, PersonEmbeddings
    from mcld_app.network.preprocess import AS_GIVEN, SQUEEZED
    from mcld_app.request import Conditions, Face, Job, Settings

    z, meta = data.arrays(name), data.meta(name)
    size = height, width = meta["height"], meta["width"]
    pipe = load_pipeline(data, size)
    photos, textures, poses = (
        [picture.permute(1, 2, 0).numpy() for picture in z[f"in/{key}_u8"]] for key in ("clip", "ref", "pose")
    )
    identities, noise = z["in/face_emb"].flatten(1), z["in/init_latents"].squeeze(2)
    jobs = [
        Job(Conditions(photo, texture, np.ascontiguousarray(pose[..., ::-1]), Face(identity.numpy())))
        for photo, texture, pose, identity in zip(photos, textures, poses, identities, strict=True)
    ]
    settings = Settings(steps=meta["steps"], guidance=meta["guidance"])

    def drawn(preprocess) -> Tensor:
        engine = Engine(Model("golden", lambda *_: pipe, result=size, preprocess=preprocess), device="cpu")
        made = engine.generate(jobs, settings, noise=noise.numpy(), step_pictures=False)
        return torch.from_numpy(np.stack([one.picture for one in made])).movedim(-1, 1) / 255

    def cut(pictures: Tensor) -> Tensor:
        return (pictures.float() * 255).floor() / 255

    images = z["out/images"].squeeze(2) if z["out/images"].ndim == 5 else z["out/images"]
    yield Result(f"{name}/engine, as given", largest(drawn(AS_GIVEN), cut(images)), IMAGE + GREY)

    def squeezed(pictures: list[np.ndarray], to: tuple[int, int]) -> list[Image.Image]:
        return [Image.fromarray(picture).resize(to, Image.Resampling.BICUBIC) for picture in pictures]

    token = pipe.encode_picture(squeezed(photos, (height, height)))
    latent = pipe.encode_latent(squeezed(textures, (width, height)), size)
    person = PersonEmbeddings(
        token,
        pipe.encode_picture(squeezed(textures, (height, height))),
        pipe.encode_face(identities),
        pipe.encode_reference(latent, token),
    )
    encoded = Encoded(person, pipe.encode_pose(squeezed(poses, (width, height)), size))
    expected = pipe.draw(
        encoded, noise, steps=settings.steps, guidance_scale=settings.guidance, face_weight=Conditions.face_weight
    ).pictures
    yield Result(f"{name}/engine, squeezed", largest(drawn(SQUEEZED), cut(expected)), GREY * 1.001)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (Path(arguments[0]) / "configs.json").is_file():
        print("usage: python tests/golden.py FOLDER   (a folder with configs.json, *.safetensors and *.npz)")
        return 2
    failed = 0
    for result in check(Path(arguments[0])):
        failed += not result.passed
        verdict = "ok  " if result.passed else "FAIL"
        print(f"{verdict} {result.error:9.2e}  (at most {result.allowed:.1e})  {result.name}", flush=True)
    print(f"{failed} past their tolerance" if failed else "all within tolerance")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    raise SystemExit(main(sys.argv[1:]))
