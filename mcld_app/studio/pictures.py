"""Pictures as the page shows them: inside the values, as data URLs, so that nothing of a visitor is written to the
server's disk."""

from __future__ import annotations

import base64

import cv2
import numpy as np

from mcld_app.body.iuv import resize_iuv
from mcld_app.body.mannequin.clay import draw_clay
from mcld_app.body.mannequin.pose import named_poses

INDEX = (256, 176)
"""Height and width of the map of parts the page lights regions by: fine enough for a finger."""

THUMB = (144, 99)
"""Height and width a thumbnail is shown at; its picture has twice as many pixels."""


def jpeg(picture: np.ndarray, quality: int = 90) -> str:
    """(H, W, 3) uint8 RGB as a data URL, for looking at."""
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return "data:image/jpeg;base64," + base64.b64encode(data).decode()


def png(picture: np.ndarray) -> str:
    """(H, W, 3) uint8 RGB as a data URL, pixel for pixel."""
    _, data = cv2.imencode(".png", picture[..., ::-1])
    return "data:image/png;base64," + base64.b64encode(data).decode()


def iuv_picture(iuv: np.ndarray) -> np.ndarray:
    """An IUV map as people are used to seeing it, with the part numbers spread over the blue channel so that they can
    be told apart. (H, W, 3) uint8 RGB; for looking at only."""
    shown = iuv[..., ::-1].copy()
    shown[..., 2] = iuv[..., 0] * 10
    shown[iuv[..., 0] == 0] = (24, 26, 30)
    return shown


def runs(iuv: np.ndarray) -> dict:
    """Which part each pixel shows, as (part, count) byte pairs in base64. The page must know it exactly, and some
    browsers change the pixels a script reads back from a picture."""
    part = resize_iuv(iuv, INDEX)[..., 0].ravel()
    starts = np.flatnonzero(np.r_[True, part[1:] != part[:-1]])
    lengths = np.diff(np.r_[starts, part.size])
    pieces = -(-lengths // 255)
    values = np.repeat(part[starts], pieces)
    counts = np.full(values.size, 255, np.uint8)
    counts[np.cumsum(pieces) - 1] = lengths - (pieces - 1) * 255
    data = np.stack([values, counts], 1).astype(np.uint8).tobytes()
    return {"height": INDEX[0], "width": INDEX[1], "runs": base64.b64encode(data).decode()}


def item(choice: str, label: str, src: str, hint: str | None = None) -> dict:
    """A thumbnail of a list, as the page's script takes it."""
    height, width = THUMB
    return {"id": choice, "label": label, "src": src, "hint": hint or label, "width": width, "height": height}


def thumb(picture: np.ndarray, shown: np.ndarray | None = None, *, closest: float = 0.6) -> str:
    """A small picture of 11:16; with a mask `shown`, of that part and some room around it, but no less than that share
    of the picture's width: shoes are smaller than trousers."""
    height, width = THUMB[0] * 2, THUMB[1] * 2
    if shown is None or not shown.any():
        return jpeg(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), 85)
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    tall, wide = np.ptp(rows) * 1.12 + 8, max(np.ptp(columns) * 1.12 + 8, picture.shape[1] * closest)
    cut = (round(max(tall, wide * height / width)), round(max(wide, tall * width / height)))
    top, left = int(rows[[0, -1]].mean() - cut[0] / 2), int(columns[[0, -1]].mean() - cut[1] / 2)
    edge = max(cut)
    wider = cv2.copyMakeBorder(picture, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    part = wider[top + edge : top + edge + cut[0], left + edge : left + edge + cut[1]]
    return jpeg(cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA), 85)


def whole_thumb(picture: np.ndarray) -> str:
    """A small picture of 11:16 with all of a picture (H, W, 3) uint8 in it, whatever its shape; its edge goes on."""
    return thumb(picture, np.ones(picture.shape[:2], bool), closest=1.0)


def pose_thumb(name: str) -> np.ndarray:
    """A named pose as a thumbnail shows it, (288, 198, 3) uint8 RGB."""
    return draw_clay(named_poses()[name], (THUMB[0] * 2, THUMB[1] * 2))


SIGNS = {
    "photo": '<rect x="20" y="47" width="59" height="46" rx="7"/><path d="M37 47l5-8h15l5 8"/>'
    '<circle cx="49.500" cy="70" r="13"/>',
    "face": '<circle cx="49.500" cy="70" r="26"/><path d="M40 63v3M59 63v3M39 79c5 7 16 7 21 0"/>',
    "keep": '<path d="M32 61h35M32 79h35"/>',
    "none": '<circle cx="49.500" cy="70" r="26"/><path d="M31 88l37-37"/>',
}
"""Small drawings for choices that have no picture."""


def sign(name: str) -> str:
    """One of `SIGNS`, in the page's own colours."""
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {THUMB[1]} {THUMB[0]}" fill="none" stroke="#2b8a7e" '
        f'stroke-width="3" stroke-linecap="round" stroke-linejoin="round">{SIGNS[name]}</svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
