"""Heads on the texture map: collars stay with the clothes."""

from __future__ import annotations

import numpy as np
import pytest

from mcld_app.body.parts import region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.head_swap import bare_head, collar, put_head_on
from mcld_app.body.texture.skin import skin_colour
from mcld_app.editing import samples

HEAD, NECK = region_mask("head"), region_mask("head") & (rest_surface().y < 1.54)


@pytest.mark.parametrize("name", ["kofi", "leo"])
def test_a_rollneck_is_a_collar(name: str) -> None:
    found = collar(samples.sample_person(f"person:{name}").texture)
    assert found[NECK].all() and not (found & ~HEAD).any()
    assert not (found & region_mask("face") & (rest_surface().y > 1.585)).any()


@pytest.mark.parametrize("name", ["mara", "tomas", "zuri", "lena"])
def test_a_bare_neck_is_none(name: str) -> None:
    assert not collar(samples.sample_person(f"person:{name}").texture).any()


def test_nothing_but_the_head_changes_and_a_share_of_nothing_is_ones_own() -> None:
    mara, kofi = (samples.sample_person(f"person:{name}").texture for name in ("mara", "kofi"))
    head = bare_head(kofi)
    swapped, own = put_head_on(mara, head), put_head_on(mara, head, 0.0)
    assert (swapped.image[~HEAD] == mara.image[~HEAD]).all()
    seen = HEAD & mara.coverage
    assert (own.image[seen] == mara.image[seen]).all()
    assert swapped.coverage[HEAD].all()
    assert np.abs(swapped.image[NECK].astype(int) - skin_colour(kofi)).mean() < 30
