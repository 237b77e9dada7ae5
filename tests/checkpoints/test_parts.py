"""The table of a model's parts: what the pipeline is made of, and nothing else."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
import torch

from mcld_app.checkpoints import NEEDED, PUBLISHED
from mcld_app.checkpoints.modules import without_memory
from mcld_app.checkpoints.parts import PARTS, PUBLISHED_PARTS, SETTINGS, build


def test_every_part_of_the_pipeline_is_in_the_table():
    from mcld_app.network.pipeline import MCLDPipeline

    parameters = set(inspect.signature(MCLDPipeline).parameters)
    assert parameters == (PARTS.keys() - {"face_judge", "live_network"}) | SETTINGS.keys()


def test_each_published_weight_belongs_to_one_part():
    assert sorted(part.weight for part in PUBLISHED_PARTS) == sorted(weight.name for weight in NEEDED)


@pytest.mark.parametrize("part", [*PARTS.values(), *SETTINGS.values()], ids=lambda part: part.name)
def test_a_part_is_only_ever_of_its_own_classes(part):
    for path in part.classes:
        _, _, name = path.rpartition(".")
        assert part.has_class(name) and part.kind(name).__name__ == name
        assert issubclass(part.kind(name), torch.nn.Module) is (part.name in PARTS)
    assert part.kind().__name__ == part.classes[0].rpartition(".")[2]
    for other in ("Module", "", None):
        assert not part.has_class(other)
    with pytest.raises(KeyError):
        part.kind("Module")


@pytest.mark.parametrize("part", PUBLISHED_PARTS, ids=lambda part: part.name)
def test_what_a_part_was_built_from_builds_it_again(part):
    """Its own config.json, as a saved model has it, says all that the published sizes say."""
    first = without_memory(lambda: part.published(Path("nowhere/x"), PUBLISHED))
    config = first.config.to_dict() if hasattr(first.config, "to_dict") else dict(first.config)
    again = without_memory(lambda: build(part.kind(), config))
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in first.state_dict().items()}
    assert part.target(first).state_dict().keys() <= {k.removeprefix("unet.") for k in first.state_dict()}
