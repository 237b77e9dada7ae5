"""Values that are worked out when they are first asked for, and kept by their object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

T = TypeVar("T")


class cached_property(Generic[T]):
    """`functools.cached_property` as it is from Python 3.12 on: without a lock. Before, all objects of a class share
    one for each property, and one visitor's picture waits for another's. Two threads may work out the same value at the
    same time; the same one is kept for both."""

    def __init__(self, work_out: Callable[[Any], T]) -> None:
        self.func, self.__doc__ = work_out, work_out.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type | None = None) -> cached_property[T]: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> T: ...
    def __get__(self, instance: object | None, owner: type | None = None) -> cached_property[T] | T:
        if instance is None:
            return self
        kept = instance.__dict__
        if self._name in kept:
            return kept[self._name]
        return kept.setdefault(self._name, self.func(instance))
