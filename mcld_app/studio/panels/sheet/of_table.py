"""A contact sheet of a table of rows, as other programs ask for one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mcld_app.body.photo import encode_png
from mcld_app.editing import Look
from mcld_app.editing.new_ground import OWN_GROUND, preview_before
from mcld_app.editing.recipe import Recipe
from mcld_app.output.archive import zip_of
from mcld_app.output.contact_sheet import contact_sheet
from mcld_app.output.provenance import encode_generated
from mcld_app.output.recipe_file import encode_drawn
from mcld_app.output.sheet_table import Row, grid_of_rows, read_table, table_csv
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.drawn_pictures import on_ground
from mcld_app.studio.orders import Generated
from mcld_app.studio.panels.sheet.combining import label_of, looks_of
from mcld_app.studio.panels.sheet.making import on_paper
from mcld_app.studio.state import EditorState, initial_state

Draw = Callable[[Sequence[Look], Sequence[int]], list[Generated]]
"""(looks, a seed for each) -> the drawn picture of each."""


def sheet_of_table(recipe: Recipe, table: str, draw: Draw | None) -> list[bytes]:
    """The pictures of a table's rows on one sheet, and as files.

    Args:
        recipe: the look that rows begin with; what is empty in a row is as in this, its ground too.
        table: as `table_csv` writes it.
        draw: draws them; None is for previews.

    Returns:
        The sheet, a PNG, and a ZIP of each row's picture, "sheet.png" and "table.csv".

    Raises:
        StudioError: for a table that is none or too long, and for what cannot be worn, chosen or drawn.
    """
    state = use_recipe(initial_state(), recipe)
    rows, ground = read_table(table), recipe.ground or OWN_GROUND
    looks = list(looks_of(state, rows))
    own = any(not look.person.sample for look in looks)
    grid = grid_of_rows([_named(state, row) for row in rows])
    if draw is None:
        pictures = [preview_before(look, ground) for look in looks]
        files = [encode_png(picture) for picture in pictures]
        sheet = encode_png(contact_sheet([on_paper(picture) for picture in pictures], grid))
    else:
        made = draw(looks, [row.seed for row in rows])
        pictures = [on_ground(one, ground) for one in made]
        files = [encode_drawn(picture, one.recipe, one.model) for picture, one in zip(pictures, made, strict=True)]
        whole = contact_sheet([on_paper(picture) for picture in pictures], grid)
        sheet = encode_generated(whole, made[0].model, f"a sheet of {len(made)} pictures", edited=own)
    named = dict(zip((row.file for row in rows), files, strict=True))
    return [sheet, zip_of({"table.csv": table_csv(rows).encode(), "sheet.png": sheet, **named})]


def _named(state: EditorState, row: Row) -> str:
    told = {"people": row.person, "clothes": row.clothes, "poses": row.pose, "faces": row.face}
    return ", ".join(label_of(state, kind, choice) for kind, choice in told.items() if choice or kind == "people")
