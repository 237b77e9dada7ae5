"""People found in a photo, carried from one process to another: the same afterwards, frozen arrays included, and the
arrays that both have already are left out."""

from __future__ import annotations

import copyreg
import pickle
from collections.abc import Sequence
from dataclasses import fields
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np

from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing.person import Person


class _Packer(pickle.Pickler):
    """Of protocol 5: with it, what is not to be written to stays so."""

    dispatch_table = copyreg.dispatch_table | {
        Pose: lambda pose: (Pose, tuple(getattr(pose, each.name) for each in fields(pose))),  # nothing worked out
        MappingProxyType: lambda table: (_table, (dict(table),)),
    }

    def __init__(self, file: BinaryIO, known: Sequence[np.ndarray]) -> None:
        super().__init__(file, 5)
        self._places = {id(array): place for place, array in enumerate(known)}

    def persistent_id(self, thing: Any) -> int | None:
        return self._places.get(id(thing))


class _Unpacker(pickle.Unpickler):
    def __init__(self, file: BinaryIO, known: Sequence[np.ndarray]) -> None:
        super().__init__(file)
        self._known = known

    def persistent_load(self, place: Any) -> np.ndarray:
        return self._known[place]


def pack(thing: Any, file: BinaryIO, known: Sequence[np.ndarray]) -> None:
    """Write something, without the arrays that are known there, too; whoever calls holds these. Raises whatever
    pickling raises, for what cannot be carried."""
    _Packer(file, known).dump(thing)


def unpack(file: BinaryIO, known: Sequence[np.ndarray]) -> Any:
    """Read what `pack` wrote, given the same arrays. Raises EOFError, and others for what is broken."""
    return _Unpacker(file, known).load()


def known_of(photo: np.ndarray, person: Person) -> tuple[np.ndarray, ...]:
    """The arrays of a person that were carried with them."""
    doubt = () if person.doubtful is None else (person.doubtful,)
    return photo, person.photo, person.iuv, person.texture.image, person.texture.coverage, *doubt


def _table(table: dict) -> MappingProxyType:
    return MappingProxyType(table)
