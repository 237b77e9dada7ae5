"""Skirts and trousers of drawn people whose clothes fall as cloth does: told apart, and as wide as in their photo."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from thorough import some

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.shells.find import found_shells
from mcld_app.body.shells.shell import Shell
from mcld_app.editing import samples
from mcld_app.synthetic.drawn.drawing import draw
from mcld_app.synthetic.drawn.garments import KINDS
from mcld_app.synthetic.drawn.people import make_person
from mcld_app.synthetic.drawn.setting import Setting
from mcld_app.synthetic.drawn.spec import DrawnPerson, Garment
from tools.sample_people import people

SIZE = (512, 352)


@cache
def photographed(seed: int, pose: str, skirt: Garment | None = None) -> tuple[np.ndarray, np.ndarray, bool]:
    """Photo and map of somebody, and whether they wear a skirt; `skirt` takes the place of what covers their legs."""
    person = make_person(seed)
    if skirt is not None:
        garments = (replace(skirt, cloth=g.cloth) if KINDS[g.kind].region == "lower" else g for g in person.garments)
        person = replace(person, garments=tuple(garments))
    view = draw(person, named_poses()[pose].replace(zoom=0.9 / person.body.height), Setting(grain=False), SIZE)
    return view.photo, view.iuv, any(KINDS[g.kind].hangs for g in person.garments)


def legs_in(person: DrawnPerson, *kinds: str) -> bool:
    return any(garment.kind in kinds for garment in person.garments)


def places(shells: tuple[Shell, ...]) -> set[str]:
    return {shell.hangs_on for shell in shells}


@pytest.mark.parametrize(
    ("seed", "pose"),
    some([(108, "standing"), (148, "standing"), (144, "standing"), (118, "three-quarter"), (142, "three-quarter"),
          (103, "walking-front"), (101, "hands-on-hips")], 4),
)  # fmt: skip
def test_trousers_are_no_skirt_however_low_their_crotch_and_wide_their_legs(seed: int, pose: str) -> None:
    photo, iuv, is_skirt = photographed(seed, pose)
    assert not is_skirt and "hips" not in places(found_shells(photo, iuv))


@pytest.mark.parametrize(
    ("seed", "pose", "kind", "hem"),
    [(116, "walking-front", "skirt", 0.48), (128, "standing", "skirt", 0.75),
     (113, "walking-front", "pencil-skirt", 0.71), (125, "standing", "pencil-skirt", 0.62),
     (146, "three-quarter", "skirt", 0.70)],
)  # fmt: skip
def test_a_skirt_is_one_short_or_long_and_with_a_hem_that_slants(seed: int, pose: str, kind: str, hem: float) -> None:
    cut = Garment(kind, make_person(seed).garments[0].cloth, hem=hem, loose=0.01)
    photo, iuv, is_skirt = photographed(seed, pose, cut)
    assert is_skirt
    (skirt,) = (shell for shell in found_shells(photo, iuv) if shell.hangs_on == "hips")
    assert skirt.rest[:, 1].min() == pytest.approx(hem, abs=0.06)


def stands_off(shell: Shell) -> np.ndarray:
    """(N,) metres from each point of a shell to the nearest of the average adult's skin."""
    skin = body_mesh().rest
    return np.array([np.sqrt(((skin - point) ** 2).sum(1).min()) for point in shell.rest])


@pytest.mark.parametrize("who", [p for p in people() if legs_in(p[2], "trousers")], ids=lambda p: p[0])
def test_neither_hands_nor_cuffs_nor_the_crotch_make_trousers_wide_at_the_hips(who: tuple) -> None:
    person = samples.sample_person(f"person:{who[0]}")
    for shell in person.shells:
        if shell.hangs_on == "limb" and shell.rest[:, 1].mean() < 0.9:
            hips = stands_off(shell)[shell.rest[:, 1] > 0.76]
            assert hips.size == 0 or hips.max() < 0.04


def test_wide_trousers_are_drawn_in_neither_at_the_knee_nor_at_their_hem() -> None:
    nadia = samples.sample_person("person:nadia")
    legs = [shell for shell in nadia.shells if shell.hangs_on == "limb" and shell.rest[:, 1].mean() < 0.9]
    assert len(legs) == 2
    for shell in legs:
        off, up = stands_off(shell), shell.rest[:, 1]
        hem, shin, knee, thigh = (np.median(off[(up > low) & (up < low + 0.06)]) for low in (0.12, 0.18, 0.27, 0.40))
        assert min(hem, knee) > 0.75 * min(shin, thigh)
