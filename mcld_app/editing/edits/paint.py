"""Brush strokes on the texture map."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from mcld_app.body.charts import TEXTURE
from mcld_app.body.photo import encode_png, read_layer
from mcld_app.body.texture.strokes import lay_paint, map_strokes
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.editing.edits.edit import Edit, EditRecord, Thumbnail
from mcld_app.editing.person import Person
from mcld_app.editing.record_fields import FileText, file_bytes, file_text
from mcld_app.editing.records import Reader, Writer
from mcld_app.errors import StudioError
from mcld_app.request import STUDIO, Conditioning

_LIGHT_GREY = 232


class PaintRecord(EditRecord):
    """Brush strokes on the texture map."""

    kind: Literal["paint"]
    layer: FileText = Field(description="PNG of 512 x 512 pixels, RGBA, in base64")


@dataclass(frozen=True, eq=False)
class Paint(Edit):
    """Brush strokes on the texture map, (512, 512, 4) uint8 RGBA."""

    kind: ClassVar[str] = "paint"
    Record: ClassVar[type[EditRecord]] = PaintRecord

    layer: np.ndarray = field(repr=False)

    @property
    def label(self) -> str:
        return "Paint"

    @property
    def place(self) -> str:
        return "By hand"

    @property
    def thumbnail(self) -> Thumbnail:
        alpha = self.layer[..., 3:] / 255
        return Thumbnail((self.layer[..., :3] * alpha + _LIGHT_GREY * (1 - alpha)).astype(np.uint8))

    def enter(self, edits: tuple[Edit, ...]) -> tuple[Edit, ...]:
        """To the last edit, where that is paint: strokes in a row are one edit."""
        last = edits[-1] if edits else None
        if isinstance(last, Paint) and last.on:
            return (*edits[:-1], Paint(_over(self.layer, last.layer)))
        return (*edits, self)

    def apply(self, texture: TextureMap, person: Person, how: Conditioning = STUDIO) -> TextureMap:
        return lay_paint(texture, self.layer)

    def to_record(self, writer: Writer) -> PaintRecord:
        return PaintRecord(kind="paint", on=self.on, layer=file_text(encode_png(self.layer)))

    @classmethod
    def from_record(cls, record: PaintRecord, reader: Reader) -> Paint:
        return cls(map_strokes(read_layer(file_bytes(record.layer), (TEXTURE, TEXTURE))), on=record.on)


def erased(edits: tuple[Edit, ...], where: np.ndarray) -> tuple[Edit, ...]:
    """A list of edits without the paint at some texels, (512, 512) bool. Paint of which nothing is left is gone.

    Raises:
        StudioError: where there is no paint.
    """
    left: list[Edit] = []
    found = False
    for edit in edits:
        if isinstance(edit, Paint) and (edit.layer[..., 3].astype(bool) & where).any():
            layer, found = edit.layer.copy(), True
            layer[where] = 0
            if not layer[..., 3].any():
                continue
            edit = Paint(layer, on=edit.on)
        left.append(edit)
    if not found:
        raise StudioError("There is no paint under the eraser. It takes away paint only, never the photo.")
    return tuple(left)


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """RGBA over RGBA (Porter and Duff, 1984), uint8."""
    a, b = above[..., 3:].astype(np.float32) / 255, below[..., 3:].astype(np.float32) / 255
    alpha = a + b * (1 - a)
    colour = (above[..., :3] * a + below[..., :3] * b * (1 - a)) / np.maximum(alpha, 1e-6)
    return np.concatenate([colour, alpha * 255], -1).round().astype(np.uint8)
