"""Draw a look with the live network: what goes in, the part of the picture that is drawn, what is kept for a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import cv2
import numpy as np
import torch
from torch import Tensor

from mcld_app.body.cut_edges import gone_on, inner
from mcld_app.body.fitting.rest_places import body_places, texture_places
from mcld_app.editing import preview
from mcld_app.editing.appearance import Appearance
from mcld_app.editing.look import Look, MapPose
from mcld_app.editing.person import PICTURE_SIZE, Person
from mcld_app.engine.live_finish import mended, outline
from mcld_app.errors import Cancelled
from mcld_app.network.live import CELL, Block, LiveNetwork, Reference
from mcld_app.network.live_inputs import source_planes, target_planes

TEXTURE_SIDE = 256
"""Side of the texture map that the network is given."""

_MARGIN = 16  # pixels around the preview that are drawn, too
_MOST_KEPT = 16  # appearances whose references are kept, 2 MB each


def _never() -> bool:
    return False


@dataclass(frozen=True, eq=False)
class LivePicture:
    """A drawn person.

    Attributes:
        picture: (H, W, 3) uint8 RGB, straight colours.
        alpha: (H, W) uint8, how much of each pixel is the person.
        iuv: (H, W, 3) uint8, the pose.
    """

    picture: np.ndarray
    alpha: np.ndarray
    iuv: np.ndarray

    def before(self, ground: np.ndarray) -> np.ndarray:
        """The person in front of a ground (H, W, 3) uint8 RGB, or one colour (3,)."""
        share = self.alpha[..., None].astype(np.float32) / 255
        return (self.picture * share + np.asarray(ground, np.float32) * (1 - share) + 0.5).astype(np.uint8)


class LiveDrawer:
    """The network and its face encoder, on one device.

    Args:
        network, face_encoder: ready to draw.
    """

    def __init__(self, network: LiveNetwork, face_encoder: torch.nn.Module) -> None:
        self.network = network.to(memory_format=torch.channels_last)
        self.faces = face_encoder
        # A reference goes with the appearance that it was made of: when a visitor's pictures go, nothing is left here.
        self._kept: WeakKeyDictionary[Appearance, tuple[str, Reference]] = WeakKeyDictionary()
        self._is_over: Callable[[], bool] = _never
        for part in self.network.modules():
            if isinstance(part, Block):
                part.register_forward_pre_hook(self._go_on)

    def reference(self, look: Look) -> Reference:
        """`refer`, kept for as long as somebody has the appearance."""
        fill, reference = self._kept.get(look.appearance, ("", None))
        if reference is None or fill != look.fill:
            reference = self.refer(look)
            self._kept.pop(look.appearance, None)
            if len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[look.appearance] = look.fill, reference
        return reference

    @torch.inference_mode()
    def refer(self, look: Look, *, blank: bool = False) -> Reference:
        """What is kept for an appearance; `blank` leaves out photo and texture map: an experiment."""
        person, device = look.person, self.network.device
        shown = preview.edited_photo(look, person.picture, person.picture_iuv)
        outline, texture = outline_of(person), look.texture.image
        known = look.appearance.known(look.fill).astype(np.uint8) * np.uint8(255)
        texture = cv2.resize(texture, (TEXTURE_SIDE, TEXTURE_SIDE), interpolation=cv2.INTER_AREA)
        known = cv2.resize(known, (TEXTURE_SIDE, TEXTURE_SIDE), interpolation=cv2.INTER_NEAREST)
        if blank:
            shown, texture = np.zeros_like(shown), np.zeros_like(texture)
            outline = np.zeros_like(outline)
        held = _plane(outline)
        body = _plane((person.picture_iuv[..., :1] > 0).astype(np.uint8) * np.uint8(255))
        photo = source_planes(_plane(shown), held, _places(body_places(person.picture_iuv)), body, (held > 0).float())
        places, island = texture_places(TEXTURE_SIDE)
        isle = _plane(island)
        texture = source_planes(_plane(texture), isle, _places(places), isle, _plane(known))
        return self.network.refer(photo.to(device), texture.to(device), self._face(look).to(device))

    @torch.inference_mode()
    def draw(
        self, look: Look, size: tuple[int, int] = PICTURE_SIZE, *, is_over: Callable[[], bool] = _never
    ) -> LivePicture:
        """A look in a pose that is not the photo's. Only the part around the preview is drawn.

        Args:
            look, size: what, and how large, (height, width).
            is_over: whether nobody wants the picture any more; asked some twenty times.

        Raises:
            Cancelled: where it is over.
        """
        self._is_over = is_over
        try:
            reference = self.reference(look)
            iuv, planes = preview.pose_map(look, size), preview.planes(look, size)
            rows, columns = _box(planes[..., 3])
            part = np.ascontiguousarray(planes[rows, columns])
            own = torch.tensor([float(isinstance(look.pose, MapPose))])
            body = _plane((iuv[rows, columns, :1] > 0).astype(np.uint8) * np.uint8(255))
            target = target_planes(_plane(part), _places(body_places(iuv[rows, columns])), body, own)
            device = self.network.device
            drawn = self.network(target.to(device).contiguous(memory_format=torch.channels_last), reference)
        finally:
            self._is_over = _never
        picture, alpha = planes[..., :3].copy(), np.zeros(size, np.uint8)
        covered = np.ascontiguousarray(part[..., 3])
        share = outline(torch.sigmoid(drawn.alpha)[0, 0].float().cpu().numpy(), covered > 0, iuv[rows, columns, 0])
        inside = inner(covered) > 0
        colour = mended(part[..., :3], _pixels(drawn.colour), inside)
        picture[rows, columns] = gone_on(colour, inside, share > 0)
        alpha[rows, columns] = share * 255 + 0.5
        return LivePicture(picture, alpha, iuv)

    def _go_on(self, *_: object) -> None:
        if self._is_over():
            raise Cancelled()

    def _face(self, look: Look) -> Tensor:
        face, other, mix = look.faces
        chosen = other if other is not None and mix >= 0.5 else face
        if chosen is None:
            return torch.zeros(1, self.network.config.identity)
        heads = torch.from_numpy(chosen.head).movedim(-1, 0)[None].float() / 127.5 - 1
        found = self.faces(heads.to(next(self.faces.parameters()).device)).float()
        return torch.nn.functional.normalize(found, dim=-1)


def load_live(folder: Path, faces: Path, device: str = "cpu") -> LiveDrawer:
    """The drawer of trained parts.

    Args:
        folder: holds `live_network`.
        faces: holds `face_encoder`.
        device: to draw on.

    Raises:
        MissingWeights, BrokenWeights.
    """
    from mcld_app.checkpoints.modules import settled
    from mcld_app.checkpoints.parts import PARTS
    from mcld_app.checkpoints.saved import read_part

    parts = [
        settled(read_part(where, name, PARTS[name].kind(), dtype=torch.float32), device)
        for where, name in ((folder, "live_network"), (faces, "face_encoder"))
    ]
    return LiveDrawer(*parts)


def outline_of(person: Person) -> np.ndarray:
    """How much of each pixel of a person's picture is the person, (512, 352) uint8: as they were found, else as their
    ground tells, else what their map covers."""
    if person.fit is not None and person.fit.sighting is not None:
        outline = person.fit.sighting.outline
    elif person.silhouette is not None:
        outline = person.silhouette.astype(np.uint8) * np.uint8(255)
    else:
        outline = (person.iuv[..., 0] > 0).astype(np.uint8) * np.uint8(255)
    return cv2.resize(outline, PICTURE_SIZE[::-1], interpolation=cv2.INTER_AREA)


def _box(alpha: np.ndarray) -> tuple[slice, slice]:
    """The rows and columns around what is not 0, whole cells, each a multiple of 16 long."""
    left, top, width, height = cv2.boundingRect(alpha)
    spans = []
    for start, length, side in ((top, height, alpha.shape[0]), (left, width, alpha.shape[1])):
        low = max(start - _MARGIN, 0) // CELL * CELL
        high = min(-(-(start + length + _MARGIN) // CELL) * CELL, side)
        spans.append(slice(low, max(high, low + CELL)))
    return spans[0], spans[1]


def _plane(picture: np.ndarray) -> Tensor:
    """(H, W) or (H, W, C) uint8 to (1, C, H, W) float 0..1."""
    flat = picture[..., None] if picture.ndim == 2 else picture
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(flat, -1, 0)))[None].float() / 255


def _places(places: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(places, -1, 0)))[None].float()


def _pixels(drawn: Tensor) -> np.ndarray:
    """(1, 3, H, W) about 0..1 to (H, W, 3) float32 in 0..255."""
    return (drawn[0].float().clamp(0, 1) * 255).movedim(0, -1).cpu().numpy()
