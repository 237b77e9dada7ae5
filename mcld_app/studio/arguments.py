"""What a program sends to an endpoint, read by the endpoint's own signature before anything else sees it."""

from __future__ import annotations

import inspect
import math
import types
from collections.abc import Callable, Sequence
from typing import Any, Literal, Union, get_args, get_origin

from gradio.data_classes import FileData

from mcld_app.errors import StudioError

_MOST_ITEMS = 1000
_MOST = 1 << 63  # beyond it no number here means anything
_MISSING = object()


def read(function: Callable[..., Any], sent: Sequence[Any]) -> list[Any]:
    """All arguments of a function, in order. What is left out, or sent as null, takes its default.

    Args:
        function: its signature has a type for each argument: str, bool, int, float, list and dict of these, Literal,
            and any of them or None; or text or a file, which Gradio's clients send as a `FileData`.
        sent: plain data, as JSON has it.

    Raises:
        StudioError: for an argument that is missing or of another type, or for too many. What was sent is not said.
    """
    parameters = list(inspect.signature(function).parameters.values())
    if len(sent) > len(parameters):
        names = ", ".join(parameter.name for parameter in parameters) or "none"
        raise StudioError(f"These are more arguments than this endpoint takes, which are: {names}.")
    given = [*sent, *[_MISSING] * (len(parameters) - len(sent))]
    return [_argument(parameter, value) for parameter, value in zip(parameters, given, strict=True)]


def _argument(parameter: inspect.Parameter, value: Any) -> Any:
    optional = parameter.default is not inspect.Parameter.empty
    if value is _MISSING or value is None:
        if optional:
            return parameter.default
        raise StudioError(f"The argument “{parameter.name}” is missing.")
    try:
        return _of_type(value, parameter.annotation)
    except (TypeError, ValueError, OverflowError):
        raise StudioError(f"The argument “{parameter.name}” has to be {_in_words(parameter.annotation)}.") from None


def _of_type(value: Any, wanted: Any) -> Any:
    """The value as its type has it.

    Raises:
        TypeError, ValueError, OverflowError: where it is of another one.
    """
    if get_origin(wanted) in (Union, types.UnionType):
        if FileData in get_args(wanted) and isinstance(value, dict):
            return _file(value)
        return _of_type(value, _some(wanted))
    return _READERS[get_origin(wanted) or wanted](value, get_args(wanted))


def _text(value: Any, _: tuple) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise TypeError
    value.encode()  # half a character, which JSON can hold, can be written nowhere
    return value


def _file(value: dict) -> dict:
    """A `FileData` of Gradio's, of which only path and address count."""
    return {name: _text(value[name], ()) for name in ("path", "url") if value.get(name) is not None}


def _switch(value: Any, _: tuple) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _number(value: Any, _: tuple) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) >= _MOST:
        raise TypeError
    return float(value)


def _whole_number(value: Any, _: tuple) -> int:
    if _number(value, ()) != int(value):
        raise ValueError
    return int(value)


def _one_of(value: Any, choices: tuple) -> Any:
    if not isinstance(value, str) or value not in choices:
        raise ValueError
    return value


def _list(value: Any, items: tuple) -> list:
    if not isinstance(value, list) or len(value) > _MOST_ITEMS:
        raise TypeError
    return [_of_type(item, items[0]) for item in value]


def _table(value: Any, items: tuple) -> dict:
    if not isinstance(value, dict) or len(value) > _MOST_ITEMS:
        raise TypeError
    return {_of_type(key, items[0]): _of_type(item, items[1]) for key, item in value.items()}


_READERS: dict[Any, Callable[[Any, tuple], Any]] = {
    str: _text, bool: _switch, float: _number, int: _whole_number, Literal: _one_of, list: _list, dict: _table,
}  # fmt: skip
_WORDS = {str: "text", bool: "true or false", float: "a number", int: "a whole number"}
_WORDS_OF_MANY = {str: "texts", bool: "switches", float: "numbers", int: "whole numbers"}


def _in_words(wanted: Any) -> str:
    """A type, as a sentence says it."""
    kind = get_origin(wanted) or wanted
    if kind in (Union, types.UnionType):
        return "a file, or text in base64" if FileData in get_args(wanted) else _in_words(_some(wanted))
    if kind is Literal:
        return "one of " + ", ".join(f"“{choice}”" for choice in get_args(wanted))
    if kind is list:
        return f"a list of {_many(get_args(wanted)[0])}"
    if kind is dict:
        return f"a table of {_many(get_args(wanted)[1])} by name"
    return _WORDS[kind]


def _many(wanted: Any) -> str:
    """Several of a type, as a sentence says it."""
    return f"lists of {_many(get_args(wanted)[0])}" if get_origin(wanted) is list else _WORDS_OF_MANY[wanted]


def _some(wanted: Any) -> Any:
    """The type in "this type, or None"."""
    return next(kind for kind in get_args(wanted) if kind is not type(None))
