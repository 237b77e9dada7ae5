"""A run of the paper's training becomes a model: bundled for the studio, and exported for the authors' code."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_engine import conditions
from test_starting_points import put
from test_training import SIZES, UNET, accelerate_anew, prepared  # noqa: F401
from tiny import tiny_pipeline

from mcld_app.checkpoints import WeightsError, load_pipeline, trust
from mcld_app.checkpoints.authors import authors_tensors, export_authors
from mcld_app.checkpoints.conditioning import conditioning_of
from mcld_app.checkpoints.modules import without_memory
from mcld_app.checkpoints.parts import PARTS
from mcld_app.checkpoints.sizes import Sizes
from mcld_app.checkpoints.table import MCLD_FILES
from mcld_app.cli.main import main
from mcld_app.data.config import DataConfig
from mcld_app.engine import registry
from mcld_app.engine.engine import Engine
from mcld_app.engine.model import Model
from mcld_app.errors import StudioError
from mcld_app.network.focus import PLANS
from mcld_app.request import Job, Settings
from mcld_app.training.bundle import bundle
from mcld_app.training.config import Config, read_config
from mcld_app.training.loop import train
from mcld_app.training.parts import new_part

NAME = "a-paper-run"
FAST = Settings(steps=2)
SQUARE = {**UNET, "sample_size": 16}


def published_sizes() -> Sizes:
    """The base parts as `tiny` builds them, beside small networks of the paper's design."""
    tiny = tiny_pipeline()
    vae = {k: v for k, v in tiny.vae.config.items() if not k.startswith("_")}
    encoder = {k: getattr(tiny.image_encoder.config, k) for k in (*SIZES["image_encoder"], "hidden_act")}
    return Sizes(
        unet=SQUARE, pose_guider=SIZES["pose_guider"], face_projector=SIZES["face_projector"], vae=vae,
        image_encoder=encoder,
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two steps of a run that starts from small published weights, in the paper's way. The folder of checkpoints lies
    beside it."""
    root, sizes = tmp_path_factory.mktemp("paper"), published_sizes()
    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        torch.manual_seed(0)
        patch.setenv("MCLD_CHECKPOINTS", str(root / "checkpoints"))
        patch.setenv("HF_HUB_CACHE", str(root / "cache"))
        checkpoints, own = root / "checkpoints", tiny_pipeline()
        parts = {
            "vae": sizes.vae, "image_encoder": sizes.image_encoder, "pose_guider": sizes.pose_guider,
            "denoising_unet": {"sizes": SQUARE}, "reference_unet": {"sizes": SQUARE},
            "face_projector": sizes.face_projector,
        }  # fmt: skip
        config = Config(
            "mcld", str(root / "run"), base="stable-diffusion", steps=2, batch=2, learning_rate=1e-3, sizes=parts,
            save_every=0, grid_every=2, drawn_schedule="linear",
            data=DataConfig("folder", str(prepared(root)), (128, 128), 128),
        )  # fmt: skip
        unet = new_part("denoising_unet", config).unet.state_dict()
        start = {name: value for name, value in unet.items() if "processor" not in name}
        put(checkpoints, "sd-image-variations-diffusers/unet/diffusion_pytorch_model.safetensors", start)
        guider = new_part("pose_guider", config).state_dict()
        hint = {f"controlnet_cond_embedding.{name}": value for name, value in guider.items()}
        put(checkpoints, "control_v11p_sd15_seg/diffusion_pytorch_model.safetensors", hint)
        put(checkpoints, "sd-vae-ft-mse/diffusion_pytorch_model.safetensors", own.vae.state_dict())
        put(checkpoints, "image_encoder/model.safetensors", own.image_encoder.state_dict())
        train(config, quiet=True)
    return root / "run"


@pytest.fixture
def checkpoints(run: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of checkpoints that the run started from."""
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(run.parent / "checkpoints"))
    monkeypatch.setenv("HF_HUB_CACHE", str(run.parent / "cache"))
    registry.model_named.cache_clear()
    return run.parent / "checkpoints"


def picture(model: Model) -> np.ndarray:
    return Engine(model, device="cpu").generate([Job(conditions(), 3)], FAST)[0].picture.astype(int)


def test_a_run_keeps_its_configuration(run: Path):
    kept = json.loads((run / "config-mcld.json").read_text("utf-8"))
    assert (kept["base"], kept["drawn_schedule"], kept["data"]["source"]) == ("stable-diffusion", "linear", "folder")


def test_a_paper_run_is_listed_draws_and_goes_out_in_the_authors_names(run: Path, checkpoints: Path, tmp_path: Path):
    assert not (run / "vae").exists(), "the run trains only its own parts"
    model = checkpoints / NAME
    assert main(["bundle", str(run), str(model)]) == 0
    assert NAME in registry.available()
    drawn = picture(registry.model_named(NAME))
    assert drawn.shape == (128, 88, 3) and drawn.std() > 0
    own, base = load_pipeline(model), tiny_pipeline()
    assert own.scheduler.config.beta_schedule == "linear"
    assert own.scheduler.config.rescale_betas_zero_snr and own.scheduler.config.prediction_type == "v_prediction"
    how = conditioning_of(model)
    assert (how.texture, how.holes) == ("exact", "open"), "given to it as in training"
    assert torch.equal(own.vae.decoder.conv_in.weight, base.vae.decoder.conv_in.weight.half().float())

    assert main(["export", "--authors", str(model), str(tmp_path / "out")]) == 0
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == sorted(f"{name}.pth" for name in MCLD_FILES)
    for name in ("sd-vae-ft-mse", "image_encoder"):
        shutil.copytree(checkpoints / name, tmp_path / "out" / name)
        trust(tmp_path / "out" / name)

    def load(device: str, dtype: str):
        return load_pipeline(tmp_path / "out", device=device, dtype=dtype, sizes=published_sizes())

    # The autoencoder and the image encoder are the base's own here, and were rounded to half precision there.
    assert np.abs(picture(Model("exported", load, result=(128, 88))) - drawn).max() <= 2


def test_a_run_is_exported_in_full_precision(run: Path, checkpoints: Path, tmp_path: Path):
    files = export_authors(run, tmp_path / "out")
    tensors = {file.stem: torch.load(file, weights_only=True) for file in files}
    for part in (part for part in PARTS.values() if part.weight in MCLD_FILES):
        saved = load_file(run / part.name / "diffusion_pytorch_model.safetensors")
        prefix = f"{part.inner}." if part.inner else ""
        assert {prefix + name for name in tensors[part.weight]} == set(saved)
        assert all(torch.equal(value, saved[prefix + name]) for name, value in tensors[part.weight].items())
    with pytest.raises(WeightsError, match="is in use"):
        export_authors(run, tmp_path / "out")


def test_at_full_size_the_export_has_the_authors_names_and_shapes(root: Path, reference: Path, tmp_path: Path):
    full = read_config(root / "configs" / "paper.yaml", {"data.folder": str(tmp_path)})
    published = json.loads((reference / "full_keys.json").read_text("utf-8"))
    for part in (part for part in PARTS.values() if part.weight in MCLD_FILES):
        tensors = authors_tensors(part, without_memory(lambda part=part: new_part(part.name, full)))
        assert {name: list(value.shape) for name, value in tensors.items()} == published[f"{part.weight}.pth"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [({"preview": True}, r"additions to the paper \(preview\)"), ({"focus": asdict(PLANS["B5"])}, "an ablation")],
)
def test_what_the_authors_code_cannot_draw_with_is_not_exported(
    run: Path, checkpoints: Path, tmp_path: Path, changes: dict, says: str
):
    shutil.copytree(run, tmp_path / "run")
    file = tmp_path / "run" / "denoising_unet" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes), "utf-8")
    with pytest.raises(WeightsError, match=says):
        export_authors(tmp_path / "run", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bundle_that_breaks_off_leaves_the_old_model_and_nothing_else(
    run: Path, checkpoints: Path, tmp_path: Path, monkeypatch
):
    bundle(run, tmp_path / "mine")
    (tmp_path / "mine" / "README.md").write_text("its card")
    before = {file: file.read_bytes() for file in (tmp_path / "mine").rglob("*") if file.is_file()}

    def breaks(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("mcld_app.checkpoints.saved.finish", breaks)
        bundle(run, tmp_path / "mine")
    assert {file: file.read_bytes() for file in (tmp_path / "mine").rglob("*") if file.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    bundle(run, tmp_path / "mine")
    assert (tmp_path / "mine" / "README.md").read_text() == "its card"
    assert load_pipeline(tmp_path / "mine").face_encoder is None


def test_a_run_that_is_not_done_is_no_model_yet(tmp_path: Path):
    with pytest.raises(StudioError, match="a run writes its parts after its last step"):
        bundle(tmp_path, tmp_path / "mine")


def test_the_papers_sample_pictures_show_the_real_target(run: Path):
    from PIL import Image

    from mcld_app.training.order import batch_of

    shown = np.asarray(Image.open(run / "pictures-mcld" / "0000002.png"))
    assert shown.shape == (2 * 128, 4 * 128, 3), "photo, pose, target, drawn"
    layout = run.parent / "fashion"
    pairs = [line.split(",") for line in (layout / "train.csv").read_text().split()[1:]]
    for row, item in enumerate(batch_of(1, 2, len(pairs), 0)):
        for column, name in ((0, pairs[item][0]), (2, pairs[item][1])):
            real = Image.open(layout / "train" / name).convert("RGB").resize((128, 128))
            got = shown[row * 128 : (row + 1) * 128, column * 128 : (column + 1) * 128].astype(int)
            assert np.abs(got - np.asarray(real)).max() <= 1
