"""How an endpoint is seen from outside: recipes may be keys of looks that are kept here, files come and go as files,
and errors are sentences."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import gradio as gr
from gradio.data_classes import FileData

from mcld_app.editing.recipe import Recipe
from mcld_app.errors import PictureError
from mcld_app.studio.endpoints import Given, Picture
from mcld_app.studio.handing import NOT_FETCHED, Handing, is_handed_in
from mcld_app.studio.kept_looks import KeptLooks, is_key
from mcld_app.studio.messages import sentence

_OUTSIDE = {Given: str, Picture: str | FileData, bytes: FileData, list[bytes]: list[FileData]}
"""What a type of an endpoint is for programs."""


def outside(name: str, function: Callable[..., Any], kept: KeptLooks, files: Handing) -> Callable[..., Any]:
    """An endpoint for programs.

    Args:
        name: what it is called: MCP takes a function's own name for its tool.
        function: the endpoint. An argument `recipe` of it may be a key; what it gives of type `Recipe` is kept under
            that key, or under a new one, and the answer is the key. Bytes it gives are PNG pictures, or a ZIP.
        kept: the looks that are kept.
        files: where files that were sent are found, and pictures wait to be fetched.
    """
    inside = inspect.signature(function, eval_str=True)  # Gradio 6.31 takes a return type as it is written
    pictures = [each.name for each in inside.parameters.values() if each.annotation == Picture]

    @functools.wraps(function)
    def told(*given: Any, **named: Any) -> Any:
        try:
            arguments = inside.bind(*given, **named).arguments
            for each in pictures:
                if each in arguments:
                    arguments[each] = _sent(arguments[each], files)
            key = arguments.get("recipe")
            if not is_key(key):
                made = function(**arguments)
                return kept.keep(made) if isinstance(made, Recipe) else _handed_out(made, "", files)
            with kept.taken_up(key) as (recipe, session):
                made = function(**{**arguments, "recipe": recipe})
                return kept.put(session, made) if isinstance(made, Recipe) else _handed_out(made, key, files)
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from None

    seen = [each.replace(annotation=_seen(each.annotation)) for each in inside.parameters.values()]
    told.__signature__ = inside.replace(parameters=seen, return_annotation=_seen(inside.return_annotation))
    told.__annotations__ = {each.name: each.annotation for each in seen} | {"return": _seen(inside.return_annotation)}
    told.__name__, told.__doc__ = name, _in_lines(inspect.getdoc(function) or "")
    return told


def _in_lines(text: str) -> str:
    """A docstring with each argument on one line: Gradio 6.31 reads no more of it."""
    out: list[str] = []
    for line in text.splitlines():
        if line.startswith(" " * 8) and out:
            out[-1] += " " + line.strip()
        else:
            out.append(line)
    return "\n".join(out)


def _seen(annotation: Any) -> Any:
    return next((shown for known, shown in _OUTSIDE.items() if annotation == known), annotation)


def _sent(value: Any, files: Handing) -> Any:
    """A file as an endpoint takes it."""
    if isinstance(value, Mapping):
        return files.read(value)
    if isinstance(value, str) and is_handed_in(value):
        return files.handed_in(value)
    if isinstance(value, str) and value.startswith(("http://", "https://")):
        raise PictureError(NOT_FETCHED)
    return value


def _handed_out(made: Any, owner: str, files: Handing) -> Any:
    """An answer in which pictures are such as a program fetches."""
    if isinstance(made, bytes):
        return files.give(made, owner)
    if isinstance(made, list) and made and all(isinstance(each, bytes) for each in made):
        return [files.give(each, owner) for each in made]
    return made
