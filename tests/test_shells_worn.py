"""Hair and skirts in previews: they go with heads and clothes, take colours, and stay with whoever poses."""

from __future__ import annotations

import numpy as np
import pytest
from cast import in_a_skirt, in_narrow_trousers, somebody, with_long_hair, without_hair

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.body.shells.dyeing import coloured, patterned
from mcld_app.editing import draw, samples
from mcld_app.editing import look as looks
from mcld_app.editing.edits.cover import Cover
from mcld_app.editing.edits.face_swap import FaceSwap
from mcld_app.editing.edits.wear import Wear
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.look import Look
from mcld_app.editing.person import Person, make_person
from mcld_app.editing.preview import SMALL_SIZE

STANDING = named_poses()["standing"]


@pytest.fixture(scope="module")
def haired() -> Person:
    return somebody(with_long_hair, in_narrow_trousers)


@pytest.fixture(scope="module")
def skirted() -> Person:
    return somebody(in_a_skirt)


@pytest.fixture(scope="module")
def close() -> Person:
    return somebody(without_hair, in_narrow_trousers)


def hangs(look: Look) -> list[str]:
    return sorted({shell.hangs_on for shell in look.appearance.shells})


def test_people_have_what_they_wear(haired: Person, skirted: Person) -> None:
    assert "head" in hangs(looks.of(haired)) and "hips" not in hangs(looks.of(haired))
    assert "hips" in hangs(looks.of(skirted))


def test_trousers_take_the_place_of_a_skirt_and_a_skirt_comes_with_its_own(haired: Person, skirted: Person) -> None:
    assert "hips" not in hangs(looks.add(looks.of(skirted), Wear(clothes_of(haired), "bottom")))
    worn = looks.add(looks.of(haired), Wear(clothes_of(skirted), "bottom"))
    assert "hips" in hangs(worn) and "head" in hangs(worn)
    assert "hips" not in hangs(looks.switch(worn, 0, False)), "switched off, it is gone"
    assert "hips" in hangs(looks.add(looks.of(skirted), Wear(clothes_of(haired), "top"))), "a top changes no skirt"


def test_a_sample_garment_takes_the_skirt_off(skirted: Person) -> None:
    jeans = samples.sample_garment("garment:jeans")
    assert "hips" not in hangs(looks.add(looks.of(skirted), Wear(jeans)))


def test_hair_goes_with_the_head(haired: Person, close: Person) -> None:
    red = looks.add(looks.of(close), FaceSwap(haired))
    theirs = [shell for shell in haired.shells if shell.hangs_on == "head"]
    assert [shell for shell in red.appearance.shells if shell.hangs_on == "head"] == theirs
    identity = looks.add(looks.of(close), FaceSwap(haired, texels=False))
    assert identity.appearance.shells == close.shells


def test_a_skirt_takes_a_colour_and_a_pattern(skirted: Person) -> None:
    (skirt,) = (shell for shell in skirted.shells if shell.hangs_on == "hips")
    flat = coloured(skirt, (200, 30, 40), shaded=False)
    assert (flat.picture[..., :3] == (200, 30, 40)).all()
    assert np.array_equal(flat.picture[..., 3], skirt.picture[..., 3])
    there = skirt.picture[..., 3] > 0
    folds = coloured(skirt, (200, 200, 200)).picture[there].astype(float)
    assert 0 < folds[:, 0].std() < skirt.picture[there][:, 0].std(), "folds stay, the print goes"
    checks = np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((8, 8)))[..., None] * np.array([255, 255, 255])
    dyed = patterned(skirt, checks.astype(np.uint8), 0.06, shaded=False).picture[there]
    assert dyed[:, 0].min() < 40 and dyed[:, 0].max() > 215
    look = looks.add(looks.of(skirted), Cover("bottom", (200, 30, 40), shaded=False))
    (worn,) = (shell for shell in look.appearance.shells if shell.hangs_on == "hips")
    assert np.array_equal(worn.picture, flat.picture)


def test_they_are_seen_in_the_preview_at_any_size_and_not_on_the_map(haired: Person, skirted: Person) -> None:
    for person in (haired, skirted):
        look = looks.stand(looks.of(person), STANDING)
        for size in (SMALL_SIZE, (512, 352)):
            preview = draw(look, size)
            unlike = np.abs(preview.picture.astype(int) - person.background[0, 0]).max(2) > 60
            off = unlike & (preview.iuv[..., 0] == 0)
            assert off.sum() > 0.002 * size[0] * size[1], "something stands off the body"


def test_before_a_busy_ground_a_map_alone_tells_no_hair(haired: Person) -> None:
    rng = np.random.default_rng(1)
    busy = rng.integers(0, 255, haired.photo.shape).astype(np.uint8)
    photo = np.where(haired.iuv[..., :1] > 0, haired.photo, busy)
    assert make_person("Busy", photo, haired.iuv).shells == ()
