"""Making a contact sheet: asked for, every look worked out, drawn by a model or as previews, and kept as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np

from mcld_app.body.photo import encode_png
from mcld_app.editing import draw
from mcld_app.editing.new_ground import Ground, alone, before
from mcld_app.editing.recipe import Recipe, write_recipe
from mcld_app.engine import registry
from mcld_app.engine.worker import DrawFunction
from mcld_app.errors import Cancelled, StudioError
from mcld_app.output.contact_sheet import PAPER, contact_sheet
from mcld_app.output.provenance import encode_generated
from mcld_app.output.recipe_file import encode_drawn
from mcld_app.output.sheet_table import table_csv
from mcld_app.output.watermark import with_watermark
from mcld_app.request import Settings
from mcld_app.studio import generation, visit_memory
from mcld_app.studio.drawn_pictures import on_ground
from mcld_app.studio.messages import sentence
from mcld_app.studio.orders import Sheet, SheetOrder
from mcld_app.studio.panels.sheet.combining import looks_of, table_of
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.session import Session
from mcld_app.studio.state import FITTING, EditorState

News = dict[str, Any]


def take(session: Session, state: EditorState, data: Mapping[str, Any]) -> SheetOrder:
    """Note down which sheet the page asks for: {run, people, clothes, poses, faces, previews, mark}, and the fields
    under Generate.

    Raises:
        StudioError: where it cannot be, or is too much.
    """
    run = generation.run_of(session, data)
    if state.fitting is not None:
        raise StudioError(FITTING)
    table = table_of(state, data, generation.seed_of(data.get("seed", "0")))
    model, settings = "", Settings()
    if data.get("previews") is not True:
        model, settings = registry.choose(str(data.get("model") or "")), generation.settings_of(state, data)
        registry.model_named(model)
    mark = data.get("mark") is True
    order = SheetOrder(run, table, state, model, settings, mark, generation.new_stop(), session.owner)
    session.orders[run] = order
    return order


def work_out(session: Session, run: object) -> Iterator[News]:
    """Work out the look of each picture, and what the page is told meanwhile; a sheet of previews is then done.
    Whoever closes this stream stops it."""
    order = session.orders.get(run) if isinstance(run, int) else None
    if not isinstance(order, SheetOrder):
        yield {"run": run, "state": "stopped"}
        return
    problems: list[News] = []
    with _ending(session, order, problems):
        looks, previews, ground = [], [], order.state.ground
        for look in looks_of(order.state, order.table.rows):
            looks.append(look)
            if not order.model:
                previews.append(draw(look).picture if ground.kind == "own" else before(alone(look), ground))
            if order.stop.exists():
                raise Cancelled()
            yield {"run": run, "state": "dressing", "done": len(looks), "of": len(order.table)}
        order = replace(order, looks=tuple(looks))
        if order.model:
            with session.lock:
                if order.stop.exists():
                    raise Cancelled()
                session.orders[order.run] = order
            yield {"run": run, "state": "dressed"}
            return
        files = dict(zip((row.file for row in order.table.rows), map(encode_png, previews), strict=True))
        yield _kept(session, order, files, previews, "")
    yield from problems


def draw_sheet(session: Session, drawing: DrawFunction) -> Iterator[News]:
    """Draw the pictures of the sheet whose looks are worked out, where there is one, with what the page is told
    meanwhile: as for any drawing, and at the end the sheet."""
    ready = (order for order in list(session.orders.values()) if isinstance(order, SheetOrder) and order.looks)
    if (asked := next(ready, None)) is None:
        return
    run, seeds = asked.run, (asked.table.seed,) * len(asked.looks)
    order = generation.order_of(asked.model, asked.settings, None, asked.looks, seeds, asked.run, asked.owner)
    with session.lock:
        session.orders[asked.run] = replace(order, stop=asked.stop)
    for told in generation.news(session, run, drawing):
        if told["state"] != "done":
            yield told
            continue
        problems: list[News] = []
        with _ending(session, asked, problems):
            made = [result for result in session.results if result.run == run][-len(seeds) :]
            pictures = [on_ground(one, asked.state.ground) for one in made]
            files = {
                row.file: encode_drawn(picture, one.recipe, one.model, watermark=asked.mark)
                for row, one, picture in zip(asked.table.rows, made, pictures, strict=True)
            }
            pictures = [with_watermark(picture) for picture in pictures] if asked.mark else pictures
            yield told | _kept(session, asked, files, pictures, made[0].model)
        yield from problems


@contextmanager
def _ending(session: Session, order: SheetOrder, problems: list[News]) -> Iterator[None]:
    """Whatever happens, the page is told an end; but for a sheet that goes on to be drawn, nothing is left behind."""
    session.drawing += 1
    over = True
    try:
        yield
    except GeneratorExit:
        order.stop.touch()  # and there it stays, see `generation.news`
        over = False
        raise
    except Cancelled:
        problems.append({"run": order.run, "state": "stopped"})
    except Exception as error:
        problems.append({"run": order.run, "state": "failed", "text": sentence(error)})
    finally:
        session.drawing -= 1
        if session.orders.get(order.run) is order:
            session.orders.pop(order.run, None)
            if over:
                order.stop.unlink(missing_ok=True)


def _kept(
    session: Session, order: SheetOrder, files: Mapping[str, bytes], pictures: list[np.ndarray], label: str
) -> News:
    """Keep a sheet as files, and say it to the page. Raises Cancelled where nobody wants it any more."""
    table = table_csv(order.table.rows)
    whole = contact_sheet([on_paper(picture) for picture in pictures], order.table.grid)
    own = any(not look.person.sample for look in order.looks)
    told = f"a sheet of {len(pictures)} pictures, seed {order.table.seed}"
    picture = encode_generated(whole, label, told, edited=own) if label else encode_png(whole)
    settings = replace(order.settings, focus=False) if order.model else None
    seeds, ground = (order.table.seed,), order.state.ground
    recipe = write_recipe(Recipe(order.state.look, settings, seeds, order.model, ground=ground))
    names = order.table.grid
    alt = f"{'Contact sheet' if label else 'Contact sheet of previews'}: " + "; ".join(
        names.below or (f"{', '.join(names.left)} by {', '.join(names.top)}",)
    )
    alt += f" ({names.title})" if names.title else ""
    everything = {"table.csv": table.encode(), "look.json": recipe.encode(), "sheet.png": picture}
    sheet = Sheet(picture, table, {**files, **everything}, jpeg(whole), alt)
    visit_memory.rest_looks(order.looks, order.state)
    with session.lock:
        if order.stop.exists():
            raise Cancelled()
        session.sheet = sheet
    return {"run": order.run, "state": "done", "sheet": sheet.for_page()}


def on_paper(picture: np.ndarray) -> np.ndarray:
    """A picture as it lies on the sheet, (H, W, 3) uint8 RGB, even where it is transparent."""
    return before(picture, Ground("colour", PAPER)) if picture.shape[2] == 4 else picture
