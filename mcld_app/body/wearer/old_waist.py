"""What is left of an old garment at the waist gives way to what is worn beside it, which goes on as it is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mcld_app.body.front_sheet import SIZE, column_of, row_of, texels_before
from mcld_app.body.parts import parts_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.texture_map import TextureMap
from mcld_app.body.wearer.hem import way_of

_BODY = frozenset({1, 2, *range(7, 11)})
_SIDES = frozenset({2, 9, 10, 13, 14}), frozenset({1, 7, 8, 11, 12})
_BELOW, _ABOVE = 0.065, 0.03  # metres below and above the old hem, where its shade and its edge lie
_DEEP = 0.05  # metres of cloth that are mirrored, to and fro: farther in, something else may begin
_MIDDLE = 0.05  # metres to either side of the middle, where fly and creases lie: none of it is repeated
_LINES, _ASIDE = 4, (-9, -4, 0, 4, 9)  # heights, and columns beside a place, that tell its usual colour
_PLAIN = 12.0  # grey levels that plain cloth varies between them


def without_old_top(
    texture: TextureMap, whole: np.ndarray, hem: np.ndarray, kept: np.ndarray, plain: np.ndarray | None
) -> TextureMap:
    """A person whose bottom goes on where the old top was, up to the waist and wherever nothing else is.

    Args:
        texture: what is seen of them.
        whole: (512, 512, 3) uint8 RGB, the same with a guess of what is not seen.
        hem: (WAYS,) float32, metres above the floor, where the old top ended.
        kept: (512, 512) bool, texels that stay as they are.
        plain: (3,) RGB, the bottom's colour where the texture map does not show it; None where it does.
    """
    place = rest_surface()
    edge = hem[way_of(place.x, place.z)] - _BELOW
    gone = parts_mask(_BODY) & (place.y > edge) & ~kept
    return _goes_on(texture, whole, gone, edge, plain)


def without_old_bottom(texture: TextureMap, whole: np.ndarray, hem: np.ndarray, kept: np.ndarray) -> TextureMap:
    """The same where a bottom was taken off: the top goes on downwards."""
    place = rest_surface()
    edge = hem[way_of(place.x, place.z)] + _ABOVE
    gone = parts_mask(_BODY) & (place.y < edge) & ~kept
    return _goes_on(texture, whole, gone, edge, None)


def _goes_on(
    texture: TextureMap, whole: np.ndarray, gone: np.ndarray, edge: np.ndarray, plain: np.ndarray | None
) -> TextureMap:
    if not gone.any():
        return texture
    image = texture.image.copy()
    if plain is not None:
        image[gone] = plain
        return TextureMap(image, texture.coverage | gone)
    place = rest_surface()
    beyond = place.y - edge
    fold = _DEEP - np.abs(_DEEP - np.abs(beyond) % (2 * _DEEP))
    beside = np.where(place.x < 0, -1, 1) * (_MIDDLE + np.abs(np.abs(place.x) - _MIDDLE))
    column = column_of(beside)
    for side, texel in zip(_SIDES, _sheets(), strict=True):
        mine = gone & parts_mask(side)
        if not mine.any():
            continue
        own, at = (edge - np.sign(beyond) * fold)[mine], edge[mine]
        mirrored = whole.reshape(-1, 3)[texel[row_of(own), column[mine]]].astype(np.float32)
        columns = [np.clip(column[mine] + aside, 0, SIZE[1] - 1) for aside in _ASIDE]
        rows = [row_of(at - np.sign(beyond[mine]) * depth) for depth in np.linspace(0.1, 0.9, _LINES) * _DEEP]
        there = [whole.reshape(-1, 3)[texel[r, c]] for r in rows for c in columns]
        usual = np.median(there, 0)
        spread = float(np.mean(np.std(there, 0)))
        share = np.clip((spread - _PLAIN) / _PLAIN, 0, 1)  # creases are not repeated, patterns are
        image[mine] = usual + (mirrored - usual) * share + 0.5
    return TextureMap(image, texture.coverage | gone)


@lru_cache(maxsize=1)
def _sheets() -> tuple[np.ndarray, ...]:
    """Flat numbers of the texels that front and back show in each square before the body, or the nearest one's."""
    before = tuple(texels_before(parts_mask(side)) for side in _SIDES)
    for texels in before:
        texels.setflags(write=False)
    return before
