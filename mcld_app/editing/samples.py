"""The samples that ship with the studio, as the page needs them. Files are read on first use and then shared."""

from __future__ import annotations

from functools import lru_cache

from mcld_app.body.texture.dressing import garment_extent
from mcld_app.editing.garment import Garment
from mcld_app.editing.person import Person, read_sample
from mcld_app.editing.sample_files import SampleGarment, SamplePerson, sample_garments, sample_people


@lru_cache(maxsize=1)
def people() -> dict[str, SamplePerson]:
    """The sample people by the page's id."""
    return {f"person:{sample.id}": sample for sample in sample_people()}


@lru_cache(maxsize=1)
def garments() -> dict[str, SampleGarment]:
    """The sample garments by the page's id."""
    return {f"garment:{garment.id}": garment for garment in sample_garments()}


def sample_person(choice: str) -> Person:
    """The sample person of that id."""
    sample = people()[choice]
    return read_sample(choice, sample.label, sample.photo_path, sample.iuv_path)


@lru_cache(maxsize=64)
def sample_garment(choice: str) -> Garment:
    """The sample garment of that id."""
    garment = garments()[choice]
    donor = read_sample(choice, garment.label, garment.photo_path, garment.iuv_path)
    return Garment(garment.label, donor, garment.region, garment_extent(donor.texture))
