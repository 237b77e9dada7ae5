"""What a visitor can do with a brush."""

from __future__ import annotations

from mcld_app.body.charts import TEXTURE
from mcld_app.body.texture.strokes import map_strokes, person_strokes
from mcld_app.editing import look as looks
from mcld_app.editing import pose_map
from mcld_app.editing.edits.paint import Paint, erased
from mcld_app.editing.person import PICTURE_SIZE
from mcld_app.studio import parsing
from mcld_app.studio.parsing import Data
from mcld_app.studio.state import EditorState


def paint(state: EditorState, data: Data) -> EditorState:
    """Strokes on the texture map ("on": "map") or on the person as they stand ("on": "person"); with "erase", paint is
    taken away there."""
    if parsing.text(data, "on") == "map":
        layer = map_strokes(parsing.strokes(data, (TEXTURE, TEXTURE)))
    else:
        layer = person_strokes(parsing.strokes(data, PICTURE_SIZE), pose_map(state.look))
    if data.get("erase") is True:
        return state.to(looks.with_edits(state.look, erased(state.look.edits, layer[..., 3] > 0)))
    return state.to(looks.add(state.look, Paint(layer)))
