"""Pictures of real people beside the truth: the figures, and that blurring shows in them."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from body_finder import need_body_finder

from mcld_app.editing import look as looks
from mcld_app.editing import samples
from mcld_app.editing.look import pose_as
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError
from mcld_app.evaluation.real_pairs import Figures, Pair, by_blurred, by_preview, figures, measured, read_pairs, table

SIZE = (96, 64)


def first() -> Person:
    """A sample person."""
    return samples.sample_person(next(iter(samples.people())))


def second() -> Person:
    """Another one."""
    return samples.sample_person(list(samples.people())[1])


@pytest.fixture
def truth() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (*SIZE, 3), dtype=np.uint8)


def masks(inside: slice) -> tuple[np.ndarray, np.ndarray]:
    mask = np.zeros(SIZE, bool)
    mask[inside] = True
    return mask, mask.astype(np.uint8) * np.uint8(255)


def test_the_truth_itself_has_all_of_its_gradients_and_its_whole_outline(truth):
    mask, alpha = masks(slice(10, 80))
    found = figures(truth, alpha, truth, mask, mask)
    assert found.mask_psnr > 100 and found.both_psnr > 100
    assert found.mask_ssim == pytest.approx(1)
    assert found.gradients == pytest.approx(1)
    assert found.overlap == 1


def test_what_lies_outside_of_the_mask_does_not_count(truth):
    mask, alpha = masks(slice(0, 40))
    other = truth.copy()
    other[60:] = 0
    assert figures(other, alpha, truth, mask, mask) == figures(truth, alpha, truth, mask, mask)


def test_half_an_outline_overlaps_by_half(truth):
    mask, _ = masks(slice(0, 80))
    _, alpha = masks(slice(0, 40))
    assert figures(truth, alpha, truth, mask, mask).overlap == pytest.approx(0.5)


def test_blurring_shows_in_the_gradients(truth):
    mask, alpha = masks(slice(0, 96))
    soft = figures(cv2.GaussianBlur(truth, (0, 0), 2), alpha, truth, mask, mask)
    assert soft.gradients < 0.5


def test_a_blurred_preview_lets_no_ground_in():
    look = looks.stand(looks.of(first()), pose_as(second()))
    ground = np.array([0, 255, 0], np.uint8)
    picture, alpha = by_blurred(3)(look, ground)
    sharp, _ = by_preview(look, ground)
    inside = alpha > 0
    assert np.abs(picture[inside].mean(0) - sharp[inside].mean(0)).max() < 3
    assert (picture[~inside] == ground).all()


def test_the_table_has_a_row_a_method_and_a_column_a_person():
    people = [first(), second()]
    pairs = [Pair("Mara", people[0], people[1]), Pair("Aiko", people[1], people[0])]
    rows = [(pair, name, found) for pair, name, found, _ in measured(pairs, {"a": by_preview, "b": by_blurred(2)})]
    lines = table(rows).splitlines()
    assert len(lines) == 4
    assert lines[0].endswith("| Mara | Aiko |")
    a, b = (dict(zip((f.name for f in fields(Figures)), line.split("|")[2:], strict=False)) for line in lines[2:])
    assert float(a["gradients"]) > float(b["gradients"])


def test_real_pairs_are_all_ordered_pairs_of_each_person():
    need_body_finder()
    folder = Path(__file__).resolve().parents[2] / "shared" / "pictures" / "pairs"
    if not folder.is_dir():
        pytest.skip("the real pairs in ../shared/pictures/pairs are not here")
    pairs = read_pairs(folder)
    counts = {path.name: len(list(path.glob("*.jpg"))) for path in folder.iterdir() if path.is_dir()}
    for who, n in counts.items():
        assert len([pair for pair in pairs if pair.who == who]) == n * (n - 1)


def test_a_folder_without_pairs_says_what_it_should_hold(tmp_path):
    with pytest.raises(StudioError, match="two photos or more"):
        read_pairs(tmp_path)
