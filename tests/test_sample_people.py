"""The people and clothes that ship with the studio are what the rules draw, on this machine as on any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mcld_app.body.iuv import read_iuv
from mcld_app.body.photo import read_photo
from mcld_app.editing import samples
from tools.make_samples import draw_garment, photographed
from tools.sample_garments import GARMENTS
from tools.sample_people import people

CAST = {name: rest for name, *rest in people()}
RAIL = {sample.id: sample for sample in GARMENTS}


def same(drawn: np.ndarray, stored: np.ndarray) -> bool:
    """Within a grey level, but for the few pixels where another processor's rounding chose the triangle beside."""
    far = np.abs(drawn.astype(int) - stored).max(-1)
    return float((far > 1).mean()) < 0.002 and float(far.mean()) < 0.1


@pytest.mark.parametrize("name", ["mara", "ines", "zuri"])
def test_a_person_of_the_cast_is_drawn_again_as_they_were(name: str) -> None:
    sample = samples.people()[f"person:{name}"]
    photo, iuv = photographed(*CAST[name][1:])
    assert same(photo, read_photo(sample.photo_path))
    assert ((iuv == read_iuv(sample.iuv_path)).all(-1)).mean() > 0.995


@pytest.mark.parametrize("name", ["plaid-shirt", "brown-boots"])
def test_a_garment_on_the_rail_is_drawn_again_as_it_was(name: str) -> None:
    sample = samples.garments()[f"garment:{name}"]
    photo, iuv = draw_garment(RAIL[name])
    assert same(photo, read_photo(sample.photo_path))
    assert ((iuv == read_iuv(sample.iuv_path)).all(-1)).mean() > 0.995


def test_the_list_names_the_cast_and_the_rail() -> None:
    assert [s.id for s in samples.people().values()] == list(CAST) and len(CAST) == 24
    assert [s.id for s in samples.garments().values()] == list(RAIL)
    assert sum(s.region == "outfit" for s in RAIL.values()) == 6 and len(RAIL) == 26


@pytest.mark.parametrize("sample", [*samples.people().values(), *samples.garments().values()], ids=lambda s: s.id)
def test_every_picture_is_small_and_whole(sample: samples.SamplePerson | samples.SampleGarment) -> None:
    for path in (sample.photo_path, sample.iuv_path):
        assert Path(path).stat().st_size <= 120_000
    iuv = read_iuv(sample.iuv_path)
    assert read_photo(sample.photo_path).shape == iuv.shape == (512, 352, 3)
    if isinstance(sample, samples.SamplePerson):  # whole, with room around, and near enough to be seen
        rows, columns = np.nonzero(iuv[..., 0])
        assert rows.min() > 2 and rows.max() < 508 and columns.min() > 2 and columns.max() < 349
        assert np.ptp(rows) > 380
