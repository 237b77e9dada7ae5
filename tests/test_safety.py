"""The safety checker: a very small one of the real classes, in the layouts people have, that dislikes red."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
from safetensors.torch import save_file
from transformers import CLIPConfig, CLIPImageProcessorPil

from mcld_app.checkpoints import BrokenWeights, DownloadError, MissingWeights, UntrustedWeights, trust, weight_named
from mcld_app.checkpoints.modules import without_memory
from mcld_app.deployment import safety_checker_is_on
from mcld_app.engine.safety import BLOCKED, SafetyChecker, _empty, load_checker
from mcld_app.errors import StudioError

RED, BLUE = (220, 20, 30), (20, 60, 220)
SIZES = {
    "projection_dim": 16,
    "vision_config": {
        "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
        "image_size": 28, "patch_size": 14, "hidden_act": "quick_gelu",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No network, an empty Hugging Face cache, and a checkpoints folder of the test's own."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("MCLD_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the checker belongs."""
    made = tmp_path / "checkpoints" / "safety_checker"
    made.mkdir(parents=True)
    return made


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """A network this small only waits for its threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def plain(colour: tuple[int, int, int], size: tuple[int, int] = (64, 64)) -> np.ndarray:
    return np.full((*size, 3), colour, np.uint8)


@pytest.fixture(scope="module")
def model() -> StableDiffusionSafetyChecker:
    """A checker with random weights whose first concept is a red square; no other concept is ever met."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = StableDiffusionSafetyChecker(CLIPConfig(**SIZES)).eval()
    red = CLIPImageProcessorPil(size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28})(
        plain(RED), return_tensors="pt"
    )
    with torch.no_grad():
        made.concept_embeds_weights.fill_(2.0)
        made.special_care_embeds_weights.fill_(2.0)
        made.concept_embeds[0] = made.visual_projection(made.vision_model(red.pixel_values)[1])[0]
        made.concept_embeds_weights[0] = 0.98
    return made


def published(model: StableDiffusionSafetyChecker) -> dict[str, torch.Tensor]:
    """The tensors under the names they were published by: an encoder within an encoder, and a counter of positions."""
    nested = {
        name.replace("vision_model.", "vision_model.vision_model.", 1): tensor.contiguous()
        for name, tensor in model.state_dict().items()
    }
    return nested | {"vision_model.vision_model.embeddings.position_ids": torch.arange(5)[None]}


def write(folder: Path, tensors: dict[str, torch.Tensor], name: str = "model.safetensors") -> Path:
    (folder / "config.json").write_text(json.dumps({"model_type": "clip", **SIZES}))
    path = folder / name
    if path.suffix == ".safetensors":
        save_file(tensors, path)
    else:
        torch.save(tensors, path)
    return path


@pytest.fixture(scope="module")
def checker(model: StableDiffusionSafetyChecker) -> SafetyChecker:
    return SafetyChecker(model)


# --- What is blocked -----------------------------------------------------------------------------------------------


def test_each_picture_is_judged_by_itself(checker: SafetyChecker) -> None:
    pictures = [plain(BLUE), plain(RED), plain((200, 200, 200)), plain(RED, (40, 40))]
    assert checker.blocked(pictures) == [False, True, False, True]
    assert checker.blocked([]) == []


def test_looking_at_a_picture_leaves_it_as_it_is(checker: SafetyChecker) -> None:
    good, bad = plain(BLUE), plain(RED)
    before = bad.copy()
    assert checker.blocked([bad, good]) == [True, False]
    assert np.array_equal(bad, before), "the checker in it would blacken what it blocks"
    assert BLOCKED.endswith(".")


@pytest.mark.parametrize("place", ["top", "middle", "bottom", "left", "right"])
def test_a_longer_picture_is_looked_at_from_end_to_end(checker: SafetyChecker, place: str) -> None:
    """Stable Diffusion's pipelines look at the middle square alone."""
    picture = plain(BLUE, (64, 160) if place in ("left", "right") else (160, 64))
    ends = {"top": np.s_[:64], "middle": np.s_[48:112], "bottom": np.s_[96:]}
    ends |= {"left": np.s_[:, :64], "right": np.s_[:, 96:]}
    assert checker.blocked([picture]) == [False]
    picture[ends[place]] = RED
    assert checker.blocked([picture]) == [True]


def test_more_pictures_than_are_looked_at_in_one_go(checker: SafetyChecker) -> None:
    pictures = [plain(RED if n % 5 == 2 else BLUE, (48, 33)) for n in range(13)]
    assert checker.blocked(pictures) == [n % 5 == 2 for n in range(13)]


def test_something_near_one_of_the_special_concepts_lowers_the_bar(model: StableDiffusionSafetyChecker) -> None:
    """The published rule: each threshold falls by 0.01 once a special one was passed."""
    checker = SafetyChecker(model)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    try:
        with torch.no_grad():
            model.concept_embeds_weights[0] = 1.005  # out of reach for a cosine
            assert checker.blocked([plain(RED)]) == [False]
            model.special_care_embeds[0] = model.concept_embeds[0]
            model.special_care_embeds_weights[0] = 0.98
        assert checker.blocked([plain(RED), plain(BLUE)]) == [True, False]
    finally:
        model.load_state_dict(before)


def test_nothing_but_pictures_is_looked_at(checker: SafetyChecker) -> None:
    for wrong in (np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.float32), np.zeros((0, 64, 3), np.uint8)):
        with pytest.raises(StudioError, match="RGB pictures"):
            checker.blocked([wrong])


# --- Loading -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model.safetensors", "model.fp16.safetensors", "pytorch_model.bin"])
@pytest.mark.parametrize("named", ["as published", "as today"])
def test_every_published_layout_loads(folder: Path, model, checker: SafetyChecker, name: str, named: str) -> None:
    tensors = published(model) if named == "as published" else model.state_dict()
    if "fp16" in name:
        tensors = {k: t.half() if t.is_floating_point() else t for k, t in tensors.items()}
    trust(write(folder, tensors, name))
    loaded = load_checker()
    assert loaded.model.dtype == torch.float32 and not loaded.model.training
    assert not any(parameter.requires_grad for parameter in loaded.model.parameters())
    pictures = [plain(RED), plain(BLUE), plain(BLUE, (96, 64))]
    assert loaded.blocked(pictures) == checker.blocked(pictures) == [True, False, False]


def test_the_checkers_own_repository_may_lie_beside_the_others(tmp_path: Path, folder: Path, model) -> None:
    write(folder, published(model), "pytorch_model.bin")
    folder.rename(folder.with_name("stable-diffusion-safety-checker"))
    trust(tmp_path / "checkpoints")
    assert load_checker().blocked([plain(RED)]) == [True]


def test_the_file_in_the_table_is_diffusers_class_at_full_size() -> None:
    """Without memory: numbers of both precisions, by their size and the header that names them."""
    state = without_memory(lambda: _empty(Path("nowhere/model.safetensors"))).state_dict()
    numbers = sum(tensor.numel() for tensor in state.values())
    assert 0 < weight_named("safety_checker").size - 4 * numbers < 60_000
    assert 0 < 608_018_440 - 2 * numbers < 60_000


def test_a_file_that_nobody_vouched_for_is_not_loaded(folder: Path, model) -> None:
    write(folder, published(model))
    with pytest.raises(UntrustedWeights, match="python -m mcld_app trust"):
        load_checker()


def test_a_file_that_could_hold_code_is_not_opened(folder: Path, model) -> None:
    trust(write(folder, {**published(model), "extra": Path("code")}, "pytorch_model.bin"))
    with pytest.raises(BrokenWeights, match="could be code"):
        load_checker()


def test_a_checker_that_lacks_a_threshold_is_no_checker(folder: Path, model) -> None:
    tensors = published(model)
    del tensors["concept_embeds_weights"]
    trust(write(folder, tensors))
    with pytest.raises(BrokenWeights, match=r"concept_embeds_weights.*is missing"):
        load_checker()


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize("wrong", [{"hidden_size": "x"}, {"patch_size": 0}, {"num_attention_heads": 5}])
def test_a_configuration_that_makes_no_sense_is_a_sentence(folder: Path, model, wrong: dict) -> None:
    trust(write(folder, published(model)))
    config = {"model_type": "clip", **SIZES, "vision_config": {**SIZES["vision_config"], **wrong}}
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(BrokenWeights, match="makes no sense"):
        load_checker()


def test_where_it_is_missing_nothing_is_drawn_unchecked_and_a_sentence_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MissingWeights) as error:
        load_checker()
    said = str(error.value)
    assert "/safety_checker/model.safetensors and put it at" in said
    assert str(tmp_path / "checkpoints" / "safety_checker" / "model.safetensors") in said
    assert "MCLD_SAFETY_CHECKER=off" in said
    with pytest.raises(DownloadError, match="no connection to"):
        load_checker(fetch_missing=True)


# --- On or off -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environment", "on"),
    [
        ({}, False),
        ({"SPACE_ID": "someone/mcld"}, True),
        ({"SPACE_ID": "someone/mcld", "MCLD_SAFETY_CHECKER": "off"}, False),
        ({"SPACE_ID": "someone/mcld", "MCLD_SAFETY_CHECKER": ""}, True),
        ({"MCLD_SAFETY_CHECKER": "On"}, True),
        ({"MCLD_SAFETY_CHECKER": "1"}, True),
        ({"MCLD_SAFETY_CHECKER": "0"}, False),
    ],
)
def test_it_is_on_for_the_public_and_where_the_owner_says_so(environment: dict[str, str], on: bool) -> None:
    assert safety_checker_is_on(environment) is on


def test_the_environment_is_that_of_this_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MCLD_SAFETY_CHECKER", raising=False)
    monkeypatch.setenv("SPACE_ID", "someone/mcld")
    assert safety_checker_is_on()
    monkeypatch.delenv("SPACE_ID")
    assert not safety_checker_is_on()


def test_a_switch_that_says_neither_is_not_taken_for_off() -> None:
    with pytest.raises(StudioError, match="Set it to on or off"):
        safety_checker_is_on({"MCLD_SAFETY_CHECKER": "maybe", "SPACE_ID": "someone/mcld"})
