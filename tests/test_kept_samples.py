"""The shells and heads of the sample people are worked out once on a machine."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from thorough import some

from mcld_app.body.parts import region_mask
from mcld_app.body.shells.shell import Shell
from mcld_app.body.texture.head_swap import bare_head
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.kept_samples import kept_head, kept_shells
from mcld_app.editing.samples import make_ready, people, sample_person


@pytest.fixture(scope="module")
def worn() -> tuple[np.ndarray, np.ndarray, tuple[Shell, ...]]:
    """Photo, map and shells of somebody with long hair."""
    person = next(p for p in map(sample_person, people()) if p.shells)
    return person.photo, person.iuv, person.shells


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MCLD_CACHE_DIR", str(tmp_path))
    return tmp_path


def same(one: tuple[Shell, ...], other: tuple[Shell, ...]) -> bool:
    return len(one) == len(other) and all(
        a.hangs_on == b.hangs_on and np.array_equal(a.picture, b.picture) and np.array_equal(a.rest, b.rest)
        for a, b in zip(one, other, strict=True)
    )


def test_they_are_found_the_first_time_and_read_after_that(worn, folder: Path) -> None:
    photo, iuv, shells = worn
    asked = []

    def find() -> tuple[Shell, ...]:
        asked.append(True)
        return shells

    assert same(kept_shells(photo, iuv, find), shells)
    assert same(kept_shells(photo, iuv, find), shells)
    assert len(asked) == 1
    other = photo.copy()
    other[0, 0] ^= 1
    kept_shells(other, iuv, find)
    assert len(asked) == 2, "another photo has its own"


@pytest.mark.parametrize("damage", ["cut short", "another's arrays", "no shells"])
def test_a_damaged_file_only_costs_the_time(worn, folder: Path, damage: str) -> None:
    photo, iuv, shells = worn
    kept_shells(photo, iuv, lambda: shells)
    (file,) = folder.glob("shells-*.npz")
    if damage == "cut short":
        file.write_bytes(file.read_bytes()[:100])
    elif damage == "another's arrays":
        np.savez(file, rest=np.zeros(3))
    else:
        np.savez(file, shells=np.zeros(40, np.uint8))
    assert same(kept_shells(photo, iuv, lambda: shells), shells)


def test_those_of_older_code_are_not_read_and_do_not_stay(worn, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo, iuv, shells = worn
    monkeypatch.setattr("mcld_app.editing.kept_samples._code", lambda: "old")
    kept_shells(photo, iuv, lambda: ())
    monkeypatch.undo()
    monkeypatch.setenv("MCLD_CACHE_DIR", str(folder))
    assert same(kept_shells(photo, iuv, lambda: shells), shells)
    assert len(list(folder.glob("shells-*.npz"))) == 1


def test_a_head_is_worked_out_the_first_time_and_read_after_that(folder: Path) -> None:
    texture = sample_person(next(iter(people()))).texture
    head, asked = region_mask("head"), []

    def find() -> np.ndarray:
        asked.append(True)
        return bare_head(texture)

    first, again = kept_head(texture, find), kept_head(texture, find)
    assert len(asked) == 1 and np.array_equal(first, again)
    assert np.array_equal(first[head], bare_head(texture)[head])
    kept_head(TextureMap(texture.image, np.roll(texture.coverage, 1)), find)
    assert len(asked) == 2, "another texture map has its own"


@pytest.mark.parametrize("damage", ["cut short", "another's arrays"])
def test_a_damaged_head_only_costs_the_time(folder: Path, damage: str) -> None:
    texture = sample_person(next(iter(people()))).texture
    whole = kept_head(texture, lambda: texture.image)
    (file,) = folder.glob("head-*.npz")
    if damage == "cut short":
        file.write_bytes(file.read_bytes()[:100])
    else:
        np.savez(file, texels=np.zeros((3, 3), np.uint8))
    assert np.array_equal(kept_head(texture, lambda: texture.image), whole)


def test_made_ready_nothing_is_left_to_work_out_for_a_sample_person(monkeypatch: pytest.MonkeyPatch) -> None:
    first = dict(some(people().items(), 6))
    monkeypatch.setattr("mcld_app.editing.samples.people", lambda: first)
    thread = threading.Thread(target=make_ready)  # it makes its thread a humble one
    thread.start()
    thread.join()
    for choice in first:
        assert {"shells", "pixels", "bare_head", "face"} <= set(vars(sample_person(choice)))
