"""The studio for other programs: every action as a named endpoint, for `gradio_client` and for MCP.

A panel's endpoints are in its folder; here they are gathered, with those that belong to none.
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import Look
from mcld_app.editing import samples as sample_library
from mcld_app.editing.new_ground import OWN_GROUND, Ground
from mcld_app.editing.recipe import write_recipe
from mcld_app.engine import registry
from mcld_app.engine.worker import DrawFunction, drawer, drawings_at_once
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import encode_drawn
from mcld_app.request import MAX_PICTURES, SchedulerName
from mcld_app.studio import generation
from mcld_app.studio.doors import outside
from mcld_app.studio.drawn_pictures import on_ground
from mcld_app.studio.endpoints import Given, opened
from mcld_app.studio.handing import Handing, handing
from mcld_app.studio.kept_looks import KeptLooks
from mcld_app.studio.orders import Generated, Order
from mcld_app.studio.panel import Panel
from mcld_app.studio.panels.clip import api_poses_of_clip
from mcld_app.studio.panels.sheet.of_table import sheet_of_table
from mcld_app.studio.session import Session
from mcld_app.studio.session_store import SessionStore


def listen(panels: Iterable[Panel], sessions: SessionStore) -> None:
    """Register all endpoints; inside a `gr.Blocks`."""
    kept, files = KeptLooks(sessions), handing()
    for name, function in {**endpoints(panels), "forget": _forget(kept, files)}.items():
        gr.api(outside(name, function, kept, files), api_name=name, queue=False, concurrency_limit=None)
    drawing = _draw(drawer())
    sheet = sheet_door(drawer())
    for name, function in {"draw": drawing, "generate": _in_base64(drawing), "sheet": sheet}.items():
        told = outside(name, function, kept, files)
        gr.api(told, api_name=name, concurrency_id="gpu", concurrency_limit=drawings_at_once())
    reading = outside("poses_of_clip", api_poses_of_clip, kept, files)
    gr.api(reading, api_name="poses_of_clip", concurrency_id="clip", concurrency_limit=1)


def endpoints(panels: Iterable[Panel]) -> dict[str, Callable[..., Any]]:
    """All that is answered at once, by name; "draw", "generate", "sheet" and "poses_of_clip" wait for their turn."""
    made = {name: function for panel in panels for name, function in panel.endpoints.items()}
    return {"samples": api_samples, "keep": api_keep, "recipe": api_recipe, **made}


def api_samples() -> dict[str, list[str]]:
    """Names of all sample people, garments, poses and models, as the other endpoints take them."""
    return {
        "people": list(sample_library.people()),
        "garments": list(sample_library.garments()),
        "poses": list(named_poses()),
        "models": list(registry.available()),
    }


def api_keep(recipe: Given) -> Given:
    """Keep a recipe here, and answer with its key, which the other endpoints take in its place: they change what is
    kept. It is kept for two hours after its last use, or until “forget”."""
    return opened(recipe)


def api_recipe(recipe: Given) -> str:
    """The recipe that is kept under a key, with its pictures: a file to save, which the page opens."""
    return write_recipe(opened(recipe), pictures=True)


def _forget(kept: KeptLooks, files: Handing) -> Callable[[str], bool]:
    def forget(key: str) -> bool:
        """Forget at once what is kept under a key, the photo in it, and the pictures that were made of it."""
        kept.forget(key)
        files.drop(key)
        return True

    return forget


def _draw(drawing: DrawFunction) -> Callable[..., list[bytes]]:
    def draw(
        recipe: Given,
        seeds: list[int] | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        scheduler: SchedulerName | None = None,
        model: str = "",
        fill_holes: bool | None = None,
    ) -> list[bytes]:
        """Draw a recipe with a model, one picture for each seed: PNGs, each with its recipe inside. What is not given
        is as the recipe says, and else as the model usually draws."""
        made = opened(recipe)
        chosen = registry.choose(model, made.model)
        told = {"steps": steps, "guidance": guidance, "scheduler": scheduler, "fill_holes": fill_holes}
        settings = made.settings_for(registry.model_named(chosen).usual)
        settings = replace(settings, **{name: value for name, value in told.items() if value is not None})
        wanted = tuple(seeds or made.seeds)
        if len(wanted) > MAX_PICTURES:
            raise StudioError(f"At most {MAX_PICTURES} pictures are drawn at once.")
        session = Session()
        looks_wanted = (made.look,) * len(wanted)
        order = generation.order_of(chosen, settings, made.look, looks_wanted, wanted, owner=session.owner)
        finished = _finished(session, order, drawing)
        return [_encoded(result, made.ground) for result in finished]

    return draw


def _encoded(result: Generated, ground: Ground | None) -> bytes:
    """A drawn picture before the ground of its recipe, and that recipe in it."""
    picture = on_ground(result, ground or OWN_GROUND)
    return encode_drawn(picture, replace(result.recipe, ground=ground), result.model)


def _in_base64(drawing: Callable[..., list[bytes]]) -> Callable[..., list[str]]:
    """The same in base64, as older programs ask for it."""

    def generate(*given: Any, **named: Any) -> list[str]:
        return [base64.b64encode(picture).decode() for picture in drawing(*given, **named)]

    signature = inspect.signature(drawing, eval_str=True)
    generate.__signature__ = signature.replace(return_annotation=list[str])
    generate.__doc__ = "Draw a recipe with a model, as “draw” does; the pictures are PNGs in base64."
    return generate


def sheet_door(drawing: DrawFunction) -> Callable[..., list[bytes]]:
    """The endpoint of contact sheets; `drawing` draws for it."""

    def sheet(recipe: Given, table: str, previews: bool = True, model: str = "") -> list[bytes]:
        """A contact sheet: a picture for each row of a table.

        Args:
            recipe: the look that each row changes.
            table: CSV with the columns person, clothes, pose, face, seed and file, such as “Save the table” gives;
                what is missing or empty is as in the look. At most 36 rows.
            previews: of previews, at once; else a model draws them.
            model: which model; by default that of the recipe.

        Returns:
            The sheet as a PNG, and a ZIP with each picture, the sheet and the table.
        """
        made = opened(recipe)
        if previews:
            return sheet_of_table(made, table, None)
        chosen = registry.choose(model, made.model)
        settings = made.settings_for(registry.model_named(chosen).usual)
        session = Session()

        def drawn(looks: Sequence[Look], seeds: Sequence[int]) -> list[Generated]:
            order = generation.order_of(chosen, settings, None, tuple(looks), tuple(seeds), owner=session.owner)
            return _finished(session, order, drawing)[-len(looks) :]

        return sheet_of_table(made, table, drawn)

    return sheet


def _finished(session: Session, order: Order, drawing: DrawFunction) -> list[Generated]:
    session.orders[order.run] = order
    try:
        for told in generation.news(session, order.run, drawing):
            if told["state"] == "failed":
                raise StudioError(told["text"])
        return session.results
    finally:
        registry.forget(session.owner)
