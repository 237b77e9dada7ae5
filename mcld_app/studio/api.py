"""The studio for other programs: every action as a named endpoint, for `gradio_client` and for MCP.

A panel's endpoints are in its folder; here they are gathered, with those that belong to none.
"""

from __future__ import annotations

import base64
import functools
import inspect
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import gradio as gr

from mcld_app.body.mannequin.pose import named_poses
from mcld_app.editing import samples as sample_library
from mcld_app.engine import registry
from mcld_app.engine.worker import DrawFunction, drawer
from mcld_app.errors import StudioError
from mcld_app.output.recipe_file import encode_drawn, open_recipe
from mcld_app.request import MAX_PICTURES, SchedulerName
from mcld_app.studio import generation
from mcld_app.studio.messages import sentence
from mcld_app.studio.orders import Generated, Order
from mcld_app.studio.panel import Panel
from mcld_app.studio.session import Session


def listen(panels: Iterable[Panel]) -> None:
    """Register all endpoints; inside a `gr.Blocks`."""
    for name, function in endpoints(panels).items():
        gr.api(_told(function), api_name=name, queue=False, concurrency_limit=None)
    gr.api(_told(_generate(drawer())), api_name="generate", concurrency_id="gpu", concurrency_limit=1)


def endpoints(panels: Iterable[Panel]) -> dict[str, Callable[..., Any]]:
    """All that is answered at once, by name; "generate" waits for its turn."""
    return {"samples": api_samples, **{name: made for panel in panels for name, made in panel.endpoints.items()}}


def api_samples() -> dict[str, list[str]]:
    """Names of all sample people, garments, poses and models, as the other endpoints take them."""
    return {
        "people": list(sample_library.people()),
        "garments": list(sample_library.garments()),
        "poses": list(named_poses()),
        "models": list(registry.available()),
    }


def _generate(drawing: DrawFunction):
    def generate(
        recipe: str,
        seeds: list[int] | None = None,
        steps: int | None = None,
        guidance: float | None = None,
        scheduler: SchedulerName | None = None,
        model: str = "",
        fill_holes: bool | None = None,
    ) -> list[str]:
        """Draw a recipe with a model, one picture for each seed: PNGs in base64, each with its recipe inside. What is
        not given is as the recipe says, and else as the model usually draws."""
        made = open_recipe(recipe)
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
        return [_file(result) for result in _finished(session, order, drawing)]

    return generate


def _finished(session: Session, order: Order, drawing: DrawFunction) -> list[Generated]:
    session.orders[order.run] = order
    try:
        for told in generation.news(session, order.run, drawing):
            if told["state"] == "failed":
                raise StudioError(told["text"])
        return session.results
    finally:
        registry.forget(session.owner)


def _file(result: Generated) -> str:
    return base64.b64encode(encode_drawn(result.picture, result.recipe, result.model)).decode()


def _told(function):
    """The same function, whose errors are sentences for the caller."""

    @functools.wraps(function)
    def told(*given, **named):
        try:
            return function(*given, **named)
        except Exception as error:
            raise gr.Error(sentence(error), print_exception=False) from None

    told.__signature__ = inspect.signature(function, eval_str=True)  # Gradio 6.31 takes a return type as it is written
    return told
