"""Flat garments are read unrolled about the body's axes: as they are seen from in front in the middle, and at the sides
by the angle, so that a pattern keeps its scale there and does not end in bars."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.body.garments.unrolled import about_axis, unrolled
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface

TRUNK, LEGS = frozenset({1, 2}), frozenset(range(7, 15))


def test_the_middle_of_the_body_is_read_as_it_is_seen() -> None:
    flat, surface = unrolled(), rest_surface()
    middle = parts_mask(TRUNK) & (np.abs(surface.x) < 0.06) & (surface.y < 1.2)
    assert middle.sum() > 1000 and not flat.turned[middle].any()


def test_no_place_is_moved_up_or_down() -> None:
    flat, surface = unrolled(), rest_surface()
    body = parts_mask(TRUNK | LEGS)
    assert np.abs(flat.y - surface.y)[body].max() < 1e-5


@pytest.mark.parametrize(("radius", "length"), [(0.05, 0.3), (30.0, 200.0)], ids=["metres", "pixels"])
def test_round_a_limb_a_pattern_keeps_its_scale(radius: float, length: float) -> None:
    """As it is seen, the last thirty degrees before the side take up 13% of the radius; cloth there is four times as
    long. Unrolled, steps about the axis are steps on the cloth nearly as long as in the middle."""
    angle, along = np.meshgrid(np.radians(np.arange(-180, 180, 1.0)), np.linspace(0, length, 60), indexing="ij")
    at = np.stack([radius * np.sin(angle), along], -1)
    found = about_axis(
        at.reshape(-1, 2).astype(np.float32), np.float32([0, 1]), length / 30, (radius * np.cos(angle)).ravel()
    ).reshape(at.shape)
    steps = np.abs(np.diff(found[:, 30, 0], axis=0)) / (radius * np.radians(1))
    aside = np.abs(np.abs(np.sin(angle[:-1, 30])) - 1) < 0.1
    assert np.median(steps[aside]) > 0.7
    seen = np.abs(np.diff(at[:, 30, 0])) / (radius * np.radians(1))
    assert np.median(seen[aside]) < 0.35, "as it is seen, it is crushed there"
    assert np.abs(found[..., 0]).max() <= radius * 1.01, "nothing is read beside the cloth"


def test_front_and_back_meet_at_the_side() -> None:
    angle = np.radians([80.0, 89.0, 91.0, 100.0])
    along = np.repeat(np.linspace(0, 1, 40), len(angle))
    turns = np.tile(angle, 40)
    ring = np.radians(np.arange(0, 360, 5.0))
    at = np.concatenate([np.stack([0.1 * np.sin(turns), along], 1), np.stack([0.1 * np.sin(ring), 0 * ring + 0.5], 1)])
    depth = np.concatenate([0.1 * np.cos(turns), 0.1 * np.cos(ring)])
    found = about_axis(at.astype(np.float32), np.float32([0, 1]), 2.0, depth)[:4, 0]
    assert found[1] == pytest.approx(found[2], abs=0.003) and found[0] == pytest.approx(found[3], abs=0.003)
