"""What a visitor can do with a brush."""

from __future__ import annotations

from mcld_app.body.charts import TEXTURE
from mcld_app.body.strokes import map_strokes, person_strokes
from mcld_app.conditions import PICTURE_SIZE
from mcld_app.editing import look as looks
from mcld_app.editing import pose_map
from mcld_app.studio.acts import sent
from mcld_app.studio.acts.sent import Data
from mcld_app.studio.desk import Desk


def paint(desk: Desk, data: Data) -> Desk:
    """Strokes on the texture map ("on": "map") or on the person as they stand ("on": "person"); with "erase", paint is
    taken away there."""
    if sent.text(data, "on") == "map":
        layer = map_strokes(sent.strokes(data, (TEXTURE, TEXTURE)))
    else:
        layer = person_strokes(sent.strokes(data, PICTURE_SIZE), pose_map(desk.look))
    if data.get("erase") is True:
        return desk.to(looks.erase(desk.look, layer[..., 3] > 0))
    return desk.to(looks.paint(desk.look, layer))
