"""The live network: what its pictures are made of, how it is trained, and that its training can be trusted."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from mcld_app.data.live_store import LiveStore
from mcld_app.errors import StudioError
from mcld_app.evaluation.live_drawn import measured, table
from mcld_app.network.face_encoder import FaceEncoder
from mcld_app.network.live import (
    CELL,
    SOURCE_PLANES,
    TARGET_PLANES,
    LiveNetwork,
    carried,
    cell_places,
    combined,
    distances,
    place_prior,
)
from mcld_app.training.config import Config, Objective, read_config
from mcld_app.training.critic import PatchCritic, criticised
from mcld_app.training.guard import LossGuard
from mcld_app.training.live_batch import HEAD, hidden_pixels, target_of, worse
from mcld_app.training.loop import make_task, train
from mcld_app.training.tasks.live import sharp_edge
from mcld_app.training.weights import TrainingError, Weights

SMALL = {"widths": [16, 16, 16], "reference": [16, 16, 16], "heads": 2, "head": 8, "tail": 8}
H, W, T, K = 64, 64, 64, 2


def random_planes(seed: int, height: int = H, width: int = W) -> torch.Tensor:
    """A target whose left half is body."""
    made = torch.rand(1, TARGET_PLANES, height, width, generator=torch.Generator().manual_seed(seed))
    made[:, 3:5] = (torch.arange(width) < width // 2).float()
    made[:, 8:9] = made[:, 3:4]
    made[:, :3] *= made[:, 3:4]
    return made


def reference_of(network: LiveNetwork, seed: int):
    generator = torch.Generator().manual_seed(seed)
    photo = torch.rand(1, SOURCE_PLANES, H, W, generator=generator)
    texture = torch.rand(1, SOURCE_PLANES, T, T, generator=generator)
    return network.refer(photo, texture, torch.zeros(1, 512))


@pytest.fixture(scope="module")
def network() -> LiveNetwork:
    torch.manual_seed(3)
    made = LiveNetwork(**SMALL).eval().requires_grad_(False)
    for part in made.parameters():  # as if trained: nothing is zero any more
        part.add_(0.05 * torch.randn_like(part))
    return made


def test_colour_alpha_and_gate_have_the_target_s_size_and_alpha_s_logit_is_bounded(network):
    drawn = network(random_planes(0), reference_of(network, 1))
    assert drawn.colour.shape == (1, 3, H, W)
    assert drawn.alpha.shape == drawn.gate.shape == (1, 1, H, W)
    assert drawn.alpha.abs().max() <= 12
    assert drawn.gate.min() >= 0
    assert drawn.gate.max() <= 1


def test_where_the_preview_shows_nothing_nothing_is_copied(network):
    drawn = network(random_planes(0), reference_of(network, 1))
    assert (drawn.gate[..., W // 2 :] == 0).all()
    assert (drawn.gate[..., : W // 2] > 0).any()


def test_an_open_gate_copies_the_preview_to_the_bit():
    target = random_planes(5)
    wide_open = torch.zeros(1, 5, H, W)
    wide_open[:, 3] = 100
    colour = combined(wide_open, target).colour
    inside = target[:, 3:4].expand_as(colour) > 0.5
    assert torch.equal(colour[inside], target[:, :3][inside])


@pytest.mark.parametrize("what", ["photo", "texture", "face", "places"])
def test_every_condition_changes_the_picture(network, what):
    photo, texture = (torch.rand(1, SOURCE_PLANES, side, wide) for side, wide in ((H, W), (T, T)))
    face, target = torch.zeros(1, 512), random_planes(2)
    before = network(target, network.refer(photo, texture, face)).colour
    if what == "photo":
        photo = photo.flip(3)
    elif what == "texture":
        texture = texture * 0.5
    elif what == "face":
        face = torch.nn.functional.normalize(torch.ones(1, 512), dim=-1)
    else:
        target = target.clone()
        target[:, 5:8] += 0.3
    assert not torch.allclose(network(target, network.refer(photo, texture, face)).colour, before, atol=1e-5)


def test_a_person_s_reference_serves_several_targets(network):
    reference = reference_of(network, 4)
    both = torch.cat([random_planes(6), random_planes(7)])
    together = network(both, reference.repeated(2)).colour
    for n in (0, 1):
        assert torch.allclose(together[n : n + 1], network(both[n : n + 1], reference).colour, atol=1e-5)


def test_a_part_of_the_picture_is_drawn_as_in_the_whole(network):
    """Norms look at one pixel's channels, so only what lies near a cut knows of it."""
    tall = random_planes(8, 12 * CELL, 3 * CELL)
    reference = reference_of(network, 4)
    whole = network(tall, reference).colour
    part = network(tall[:, :, 2 * CELL :], reference).colour
    far = 6 * CELL
    assert torch.allclose(part[:, :, far:], whole[:, :, 2 * CELL + far :], atol=2e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.9, 0.9), st.floats(-0.9, 0.9), st.integers(1, 200))
def test_cells_off_the_body_take_the_place_of_those_near(x, y, pixels):
    places = torch.tensor([x, y, 0.1]).view(1, 3, 1, 1).expand(1, 3, H, W)
    body = torch.zeros(1, 1, H, W)
    body.view(-1)[torch.randperm(H * W, generator=torch.Generator().manual_seed(pixels))[:pixels]] = 1
    place, share = cell_places(places, body)
    assert torch.allclose(place, torch.tensor([x, y, 0.1]).expand_as(place), atol=1e-4)
    assert share.sum() * CELL * CELL == pytest.approx(pixels, rel=1e-4)


def test_the_source_s_cell_of_the_same_place_is_the_likeliest():
    target = torch.tensor([[[0.0, 0.5, 0.1]]])
    source = torch.tensor([[[0.0, 0.5, 0.1], [0.1, 0.5, 0.1], [0.0, -0.5, 0.1], [0.0, 0.5, 0.1]]])
    holds = torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    prior = place_prior(distances(target, source), holds)[0, 0]
    assert prior.argmax() == 0
    assert prior[0] > prior[1] > prior[2]
    assert prior[3] < prior[2] + 7  # an empty cell is hardly worth a look


def test_colours_are_carried_to_where_they_lie_on_the_body_and_beside_it():
    """A photo of two cells side by side: the left one is red body; the right one is green and stands off it."""
    network = LiveNetwork(**SMALL)
    photo = torch.zeros(1, SOURCE_PLANES, 2 * CELL, 2 * CELL)
    photo[:, 0, :CELL, :CELL] = 1
    photo[:, 1, :CELL, CELL:] = 1
    photo[:, 3, :CELL] = 1
    photo[:, 5, :CELL, :CELL] = 0.5  # the body is up here; the other cell takes its place
    photo[:, 7, :CELL, :CELL] = 1
    reference = network.refer(photo, torch.zeros(1, SOURCE_PLANES, CELL, CELL), torch.zeros(1, 512))
    target = torch.tensor([[[0.0, 0.5, 0.0], [0.0, -0.5, 0.0]]])
    on, off = carried(distances(target, reference.places), reference, 2)[0, :, :, 0].split(4)
    assert torch.allclose(on[:, 0], torch.tensor([1.0, 0.0, 0.0, 1.0]), atol=1e-3)
    assert torch.allclose(off[:, 0], torch.tensor([0.0, 1.0, 0.0, 1.0]), atol=1e-3)
    assert on[3, 1] < 1e-3  # a metre away nobody knows
    assert off[3, 1] < 1e-3


# --- training ----------------------------------------------------------------------------------------------


def write_person(folder: Path, n: int) -> None:
    """A shard of noise, on a map of two parts and a head."""
    r = np.random.default_rng(n)

    def noise(*shape: int) -> np.ndarray:
        return r.integers(0, 256, shape, dtype=np.uint8)

    parts = np.zeros((H, W), np.uint8)
    parts[8:20, 12:36], parts[20:56, 12:36] = HEAD, 2
    maps = np.repeat(parts[..., None], 3, -1)
    body = (parts > 0).astype(np.uint8) * np.uint8(255)
    alpha = body.copy()
    alpha[4:8, 12:36] = 255  # hair
    preview = np.dstack([noise(H, W, 3), alpha, alpha])
    each = {
        "previews": np.stack([preview] * K), "poses": np.stack([maps] * K), "alphas": np.stack([alpha] * K),
        "snapped": np.array([True, False]), "truth": noise(K, H, W, 3), "regions": np.stack([alpha // 128] * K),
        "unseen": np.zeros((K, H, W), np.uint8), "places": r.normal(0, 0.3, (K, H, W, 3)).astype(np.float16),
    }  # fmt: skip
    own = {
        "photo": noise(H, W, 3), "outline": alpha, "iuv": maps, "texture": noise(T, T, 3), "coverage": noise(T, T),
        "face": noise(64, 64, 3), "source_places": r.normal(0, 0.3, (H, W, 3)).astype(np.float16),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_file({**each, **own}, folder / f"person-{n:06d}.safetensors")


@pytest.fixture(scope="module")
def shards(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    for n in range(3):
        write_person(folder, n)
    return folder


def config_of(shards: Path, out: Path, **more) -> Config:
    from mcld_app.data.config import DataConfig

    values = {
        "task": "live", "out": str(out), "steps": 3, "batch": 2, "learning_rate": 1e-3, "ema": 0.9, "grid_every": 0,
        "log_every": 1, "sizes": {"live_network": SMALL, "face_encoder": {"widths": [8, 8, 8, 8]}},
        "data": DataConfig(folder=str(shards), size=(H, W), texture=T, targets=K),
        "objective": Objective(drop_preview=0.5, drop_head=0.5, keep_preview=0.05),
    }  # fmt: skip
    return Config(**{**values, **more})


def losses_of(out: Path) -> list[float]:
    lines = (out / "losses-live.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["loss"] for line in lines]


def test_a_run_learns_and_exports_the_network(shards, tmp_path):
    config = config_of(shards, tmp_path / "run", steps=8, objective=Objective())
    told = []
    assert train(config, quiet=True, on_step=lambda step, losses: told.append(losses["loss"]))
    assert np.mean(told[-3:]) < np.mean(told[:3])
    assert (tmp_path / "run" / "live_network" / "config.json").is_file()


def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(shards, tmp_path):
    whole, parts = [], []
    train(config_of(shards, tmp_path / "whole"), quiet=True, on_step=lambda n, x: whole.append(x["loss"]))
    half = config_of(shards, tmp_path / "parts")
    train(half, minutes=0, quiet=True, on_step=lambda n, x: parts.append(x["loss"]))
    train(half, quiet=True, on_step=lambda n, x: parts.append(x["loss"]))
    assert len(parts) == 3
    assert parts == pytest.approx(whole, abs=1e-6)


def test_the_second_stage_has_a_critic_that_is_not_exported(shards, tmp_path):
    config = config_of(shards, tmp_path / "run", objective=Objective(critic=0.01))
    told = []
    train(config, quiet=True, on_step=lambda step, losses: told.append(losses))
    assert told and all("critic" in losses and "fooled" in losses for losses in told)
    names = {path.name for path in (tmp_path / "run").iterdir() if path.is_dir()}
    assert "live_network" in names and "critic" not in names


def test_the_third_stage_tells_of_outlines(shards, tmp_path):
    told = []
    config = config_of(shards, tmp_path / "run", objective=Objective(sharp_edge=0.5))
    train(config, quiet=True, on_step=lambda step, losses: told.append(losses))
    assert told and all({"outline", "beyond"} <= set(losses) for losses in told)


def test_where_an_outline_is_not_certain_a_sharp_one_costs_least():
    """It lies at one of three places; the middle one is the likeliest."""
    places = [40, 43, 43, 43, 46]
    truths = torch.stack([(torch.arange(64) < place).float().expand(64, 64) for place in places])[:, None]
    colours = torch.zeros(len(places), 3, 64, 64)

    def cost(alpha):
        return float(sharp_edge(colours, alpha.expand_as(truths), colours, truths)[0])

    assert cost(truths[1:2]) < cost(truths.mean(0, keepdim=True)) < cost(truths[:1])


def test_colours_around_the_outline_count_and_those_far_away_do_not():
    alpha = torch.zeros(1, 1, 64, 64)
    alpha[..., :30] = 1
    truth = torch.zeros(1, 3, 64, 64)
    near, far = truth.clone(), truth.clone()
    near[..., 30:36] = 1
    far[..., 50:] = 1
    assert float(sharp_edge(near, alpha, truth, alpha)[1]) > 0.1
    assert float(sharp_edge(far, alpha, truth, alpha)[1]) == 0


def test_the_critic_s_errors_are_not_the_drawer_s(shards):
    critic, drawn = PatchCritic(3, 8), torch.rand(1, 3, 64, 64, requires_grad=True)
    fooled, near, own = criticised(critic, drawn, torch.rand(1, 3, 64, 64))
    own.backward(retain_graph=True)
    assert drawn.grad is None
    assert any(p.grad is not None and p.grad.abs().sum() > 0 for p in critic.parameters())
    critic.zero_grad()
    (fooled + near).backward()
    assert drawn.grad.abs().sum() > 0
    assert all(p.grad is None or not p.grad.any() for p in critic.parameters())


def test_hidden_heads_are_hidden_everywhere(shards):
    given = LiveStore(shards).batch([0, 1], K, torch.Generator().manual_seed(0))
    hidden = hidden_pixels(given, 0.0, 1.0, torch.Generator().manual_seed(0))
    assert hidden.preview[:, 0][given["poses"].flatten(0, 1) >= HEAD].all()
    assert hidden.photo[:, 0][given["iuv"] >= HEAD].all()
    assert hidden.texture.any()
    assert not hidden.preview[..., 48:, :].any()  # the feet are not


def test_without_hiding_all_is_seen(shards):
    given = LiveStore(shards).batch([0, 1], K, torch.Generator().manual_seed(0))
    hidden = hidden_pixels(given, 0.0, 0.0, torch.Generator().manual_seed(0))
    assert not (hidden.preview.any() or hidden.photo.any() or hidden.texture.any())


def test_what_is_hidden_is_in_no_plane_of_the_target(shards):
    given = LiveStore(shards).batch([0, 1, 2], K, torch.Generator().manual_seed(0))
    hidden = hidden_pixels(given, 1.0, 0.0, torch.Generator().manual_seed(1))
    planes = target_of(given, hidden)
    assert hidden.preview.any()
    assert not planes[:, :5].masked_select(hidden.preview.expand(-1, 5, -1, -1)).any()


def test_a_mirrored_person_is_mirrored_in_all_that_shows_them(shards):
    given = LiveStore(shards).batch([0, 1, 2], K, torch.Generator().manual_seed(0))
    turned = worse(given, torch.Generator().manual_seed(2))
    flags = turned["mirrored"].tolist()
    assert True in flags and False in flags
    for n, mirrored in enumerate(flags):
        same = given["truth"][n].flip(2) if mirrored else given["truth"][n]
        assert torch.equal(turned["truth"][n], same)
        left = given["places"][n].flip(2) * torch.tensor([-1, 1, 1], dtype=torch.float16)
        assert torch.equal(turned["places"][n], left if mirrored else given["places"][n])


def test_a_folder_may_grow_while_it_is_read(tmp_path):
    write_person(tmp_path, 0)
    store = LiveStore(tmp_path)
    write_person(tmp_path, 1)
    assert len(store) == 1
    assert store.refresh() == 1 and len(store) == 2
    assert store.refresh() == 0


def test_an_empty_folder_says_how_to_draw_people(tmp_path):
    with pytest.raises(StudioError, match="prepare-live"):
        LiveStore(tmp_path)


def test_what_the_photo_is_worth_is_measured_with_the_same_gaps_in_the_preview(shards):
    torch.manual_seed(0)
    network, faces = LiveNetwork(**SMALL).eval(), FaceEncoder(widths=[8, 8, 8, 8]).eval()
    rows = list(measured(network, faces, shards))
    names = {name for name, _ in rows}
    assert names == {"preview", "open", "live", "open live", "open live, no photo"}
    assert len(rows) == 3 * K * len(names)
    assert all(0 <= own["overlap"] <= 1 for _, own in rows)
    by = {name: np.mean([own["overlap"] for which, own in rows if which == name]) for name in names}
    assert by["open"] < by["preview"] == 1  # the hair is gone
    assert len(table(rows).splitlines()) == 2 + len(names)


# --- the guard over the loss ---------------------------------------------------------------------------------


def guarded(shards: Path, tmp_path: Path) -> tuple[LossGuard, torch.nn.Module]:
    task = make_task(config_of(shards, tmp_path / "run"))
    weights = Weights(task, 0.9)
    return LossGuard(3.0, weights, torch.optim.AdamW(weights.learned)), task


def test_a_jump_of_the_loss_takes_the_weights_back(shards, tmp_path):
    guard, task = guarded(shards, tmp_path)
    for step in range(1, 101):
        assert not guard.watch(step, 1.0)
    network = task.live_network
    good = {name: p.detach().clone() for name, p in network.named_parameters()}
    with torch.no_grad():
        for p in network.parameters():
            p.add_(1.0)
    assert not guard.watch(101, 2.9)
    assert guard.watch(102, 3.5)
    assert all(torch.equal(p, good[name]) for name, p in network.named_parameters())


def test_a_loss_that_is_no_number_is_a_jump_and_too_many_end_the_run(shards, tmp_path):
    guard, _ = guarded(shards, tmp_path)
    for step in range(20):
        assert guard.watch(step, float("nan"))
    with pytest.raises(TrainingError, match="learning_rate"):
        guard.watch(21, float("inf"))


@pytest.mark.parametrize("name", ["live", "live-sharp", "live-edge"])
def test_the_configurations_can_be_read(name):
    config = read_config(Path("configs") / f"{name}.yaml")
    assert config.task == "live"
    assert (config.objective.critic > 0) == (name == "live-sharp")
    assert (config.objective.sharp_edge > 0) == (name == "live-edge")
