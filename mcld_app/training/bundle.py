"""Put a run's trained parts together as one model, in half precision, as the studio loads it."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path

from mcld_app.training.parts import SCHEDULE, saved_part

PARTS = ("vae", "image_encoder", "denoising_unet", "reference_unet", "pose_guider", "face_projector")
_OPTIONAL = ("face_encoder", "refiner")
JUDGE = "face_judge"


def bundle(run: Path, folder: Path) -> int:
    """Write a run's model.

    Args:
        run: folder of the trained parts.
        folder: what to write; a model that is there is replaced, other files there (its card) stay.

    Returns:
        The size of the weights in bytes.

    Raises:
        StudioError: where a part is missing.
    """
    from diffusers import DDIMScheduler

    from mcld_app.checkpoints.manifest import ChecksumManifest
    from mcld_app.checkpoints.saved import save_pipeline
    from mcld_app.network.pipeline import MCLDPipeline
    from mcld_app.training.preprocessing import feature_extractor

    parts = {name: saved_part(run, name).half() for name in PARTS}
    parts |= {name: saved_part(run, name).half() for name in _OPTIONAL if (run / name / "config.json").is_file()}
    pipe = MCLDPipeline(
        **parts,
        scheduler=DDIMScheduler(**SCHEDULE),
        feature_extractor=feature_extractor(parts["image_encoder"].config.image_size),
    )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=folder.parent) as temporary:
        made = Path(temporary) / "model"
        save_pipeline(pipe, made, bundled=True)
        if (run / JUDGE / "config.json").is_file():
            saved_part(run, JUDGE).half().save_pretrained(made / JUDGE, safe_serialization=True)
            _note_hashes(made, JUDGE)
        folder.mkdir(exist_ok=True)
        for path in made.iterdir():
            old = folder / path.name
            if old.is_dir():
                shutil.rmtree(old)
            shutil.move(path, old)
    manifest = ChecksumManifest()
    for file in folder.rglob("*.safetensors"):
        manifest.record(file, "saved")
    return sum(file.stat().st_size for file in folder.rglob("*.safetensors"))


def _note_hashes(folder: Path, name: str) -> None:
    """Add the weights of a part that the pipeline does not know of to the folder's hashes."""
    from mcld_app.checkpoints.manifest import sha256_of
    from mcld_app.checkpoints.saved import HASHES

    hashes = json.loads((folder / HASHES).read_text("utf-8"))
    hashes |= {f.relative_to(folder).as_posix(): sha256_of(f) for f in (folder / name).glob("*.safetensors")}
    (folder / HASHES).write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n", "utf-8")
