"""The table of weights, and where weights are looked for."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import sizes_of
from weight_files import (
    in_hub,
    picture,
    pth_bytes,
    same_weights,
    states_of,
    write_authors,
)

from mcld_app import checkpoints
from mcld_app.checkpoints import (
    PUBLISHED,
    TABLE,
    BrokenWeights,
    ChecksumManifest,
    MissingWeights,
    find,
    find_all,
    load_pipeline,
    trust,
    weight_named,
)


def test_the_table_says_of_every_weight_where_it_is_from_and_under_which_licence():
    assert len({weight.name for weight in TABLE}) == len(TABLE)
    for weight in TABLE:
        assert weight.repository.count("/") == 1 and weight.licence and weight.files and weight.place
        assert all(len(known) == 64 for known in weight.known)


def test_of_all_but_the_authors_own_files_the_commit_and_the_hash_are_known():
    for weight in checkpoints.NEEDED + checkpoints.OPTIONAL + checkpoints.READERS:
        theirs = weight.repository == "Lotior/mcld"
        assert weight.is_pinned != theirs and bool(weight.sha256) != theirs, weight.name
        assert weight.revision in weight.url


def test_a_download_lands_where_it_is_looked_for(folder: Path):
    for weight in checkpoints.NEEDED + checkpoints.OPTIONAL + checkpoints.READERS:
        path = folder / weight.place
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
        assert find(weight).path == path


def test_the_sizes_in_the_table_are_those_of_the_networks(reference: Path):
    """At full size, without memory: bytes in float32, and for the authors' files their key names and shapes."""
    from mcld_app.checkpoints.modules import without_memory
    from mcld_app.checkpoints.parts import PUBLISHED_PARTS

    published = json.loads((reference / "full_keys.json").read_text("utf-8"))
    assert {part.weight for part in PUBLISHED_PARTS} == {weight.name for weight in checkpoints.NEEDED}
    for part in PUBLISHED_PARTS:
        module = without_memory(lambda part=part: part.published(Path("nowhere/x"), PUBLISHED))
        state = part.target(module).state_dict()
        weight = weight_named(part.weight)
        total = sum(t.numel() * 4 for t in state.values())
        assert 0 <= weight.size - total < 200_000, (part.name, weight.size, total)
        if not weight.known:
            assert total == weight.size
            assert {k: list(v.shape) for k, v in state.items()} == published[f"{weight.name}.pth"]



# --- Finding ---------------------------------------------------------------------------------------------------------

def test_the_authors_layout_loads_as_it_is(folder: Path, tiny):
    write_authors(folder, tiny)
    trust(folder)
    pipe = load_pipeline(sizes=sizes_of(tiny))
    assert same_weights(pipe, tiny)
    assert np.array_equal(picture(pipe), picture(tiny))
    assert not any(p.requires_grad for p in pipe.denoising_unet.parameters()) and not pipe.denoising_unet.training


@pytest.mark.parametrize(
    "names",
    [
        {"image_proj_model": "image_projector.pth"},
        {n: f"{n}-60000.pth" for n in ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model")},
        {"denoising_unet": "denoising_unet-500.pth", "image_proj_model": "image_projector-500.pth"},
    ],
    ids=["the readme's projector", "training's step", "only some with a step"],
)
def test_every_name_the_authors_use_is_accepted(folder: Path, tiny, names: dict[str, str]):
    write_authors(folder, tiny, names)
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)


def test_the_authors_two_folders_side_by_side_are_accepted(tmp_path: Path, folder: Path, tiny):
    write_authors(folder, tiny)
    (tmp_path / "pretrained_weights").mkdir()
    for name in ("sd-vae-ft-mse", "image_encoder"):
        shutil.move(folder / name, tmp_path / "pretrained_weights" / name)
    assert all(find_all(folder=tmp_path).values())
    trust(tmp_path)
    assert same_weights(load_pipeline(tmp_path, sizes=sizes_of(tiny)), tiny)


def test_a_flat_folder_is_accepted(folder: Path, tiny):
    """As a browser leaves them when they are downloaded one by one; the config.json is the last one's."""
    write_authors(folder, tiny)
    for name in ("sd-vae-ft-mse/diffusion_pytorch_model.safetensors", "image_encoder/pytorch_model.bin"):
        shutil.move(folder / name, folder / Path(name).name)
    (folder / "config.json").write_text(json.dumps({"_class_name": "UNet2DConditionModel"}))
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)


def test_the_golden_folder_is_a_flat_folder(reference: Path):
    from golden import Folder, unet_sizes
    from golden import load_pipeline as load_golden

    golden = Folder(reference)
    config = golden.config()
    theirs = load_golden(golden)
    trust(golden.path)
    sizes = replace(
        sizes_of(theirs), unet=unet_sizes(config["denoising_unet"]), reference=unet_sizes(config["reference_unet"])
    )
    assert same_weights(load_pipeline(golden.path, sizes=sizes), theirs)


def test_the_config_beside_the_weights_tells_their_sizes(folder: Path, tiny):
    write_authors(folder, tiny)
    sizes = sizes_of(tiny)
    tiny.vae.save_config(folder / "sd-vae-ft-mse")
    (folder / "image_encoder" / "config.json").write_text(tiny.image_encoder.config.to_json_string())
    trust(folder)
    wrong = replace(sizes, vae=PUBLISHED.vae, image_encoder=PUBLISHED.image_encoder)
    assert same_weights(load_pipeline(sizes=wrong), tiny)


def test_the_last_training_step_that_has_all_four_is_taken(folder: Path, tiny):
    write_authors(folder, tiny, {n: f"{n}-900.pth" for n in states_of(tiny)})
    for name in ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model"):
        shutil.copy(folder / f"{name}-900.pth", folder / f"{name}-1000.pth")
        shutil.copy(folder / f"{name}-900.pth", folder / f"{name}-9.pth")
    (folder / "pose_guider-1000.pth").unlink()  # training was stopped while it saved
    assert {found.step for found in find_all().values()} == {900, None}


def test_files_of_different_steps_are_not_mixed(folder: Path, tiny):
    write_authors(folder, tiny, {"denoising_unet": "denoising_unet-20.pth", "reference_unet": "reference_unet-10.pth"})
    with pytest.raises(BrokenWeights, match=r"different training steps .*denoising_unet-20.pth"):
        find_all()


def test_the_checkpoints_folder_goes_before_the_hugging_face_cache(tmp_path: Path, folder: Path, tiny):
    content = pth_bytes(tmp_path, tiny.pose_guider.state_dict())
    link = in_hub(tmp_path, "pose_guider", "pose_guider.pth", content)
    found = find(weight_named("pose_guider"))
    assert found.in_cache and found.path == link
    (folder / "pose_guider.pth").write_bytes(content)
    assert find(weight_named("pose_guider")).path == folder / "pose_guider.pth"


def test_what_lies_in_the_cache_under_its_own_hash_needs_nobodys_word(tmp_path: Path, folder: Path, tiny):
    write_authors(folder, tiny)
    content = (folder / "pose_guider.pth").read_bytes()
    in_hub(tmp_path, "pose_guider", "pose_guider.pth", content)
    (folder / "pose_guider.pth").unlink()
    trust(folder)
    assert same_weights(load_pipeline(sizes=sizes_of(tiny)), tiny)
    assert find(weight_named("pose_guider")).path == folder / "pose_guider.safetensors"  # converted, once


def test_a_damaged_file_in_the_cache_is_refused(tmp_path: Path, tiny):
    content = pth_bytes(tmp_path, tiny.pose_guider.state_dict())
    link = in_hub(tmp_path, "pose_guider", "pose_guider.pth", content, blob="0" * 64)
    with pytest.raises(BrokenWeights, match="damaged"):
        ChecksumManifest().verify(link, in_cache=True)


def test_what_is_missing_is_said_with_its_address_and_its_place(folder: Path, tiny):
    write_authors(folder, tiny)
    (folder / "reference_unet.pth").unlink()
    with pytest.raises(MissingWeights) as error:
        load_pipeline()
    assert "ReferenceNet" in str(error.value) and "denoising UNet" not in str(error.value)
    assert str(folder / "reference_unet.pth") in str(error.value) and "Lotior/mcld/resolve" in str(error.value)
