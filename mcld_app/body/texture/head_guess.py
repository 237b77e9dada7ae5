"""What no picture shows of a head: hair is guessed from hair, and skin from skin.

On the map's charts a face and the back of its head are one island, so a smooth guess would draw face skin over the
back of a head, and hair over a face seen from behind only.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.lengths import length
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.parts import region_mask
from mcld_app.body.surface import rest_surface
from mcld_app.body.texture.form_light import hollows_of_head
from mcld_app.body.texture.pull_push import pull_push
from mcld_app.body.texture.skin import likely_skin
from mcld_app.body.texture.texture_map import TextureMap

# The usual hairline: its height (metres) over the distance to the front, from the nape over the ears to the forehead.
_LINE_Z = (-0.055, -0.015, 0.035, 0.075, 0.100)
_LINE_Y = (1.575, 1.605, 1.650, 1.705, 1.726)
_EAR_RADII = 0.024, 0.036  # metres, along z and y
_BROWS = 0.010, 0.026, 0.015, 0.050  # metres: lowest and highest above the eye, nearest and farthest from the middle
_TOP = 1.745  # metres above the floor
_EYES = -0.014, 0.030, 0.012, 0.058  # metres: their lowest and, with the brows, highest; nearest and farthest out
_SOFT, _CHEEK = 0.009, 0.024  # metres over which skin becomes hair, and the face the side of the neck
_CLEARLY = 0.7  # of how far a colour is from skin: so near to hair, it is no skin in the shade
_HUNG, _SLICE = 0.012, 0.008  # metres over which the neck goes in under hair that hangs; of height, judged as one
_UNEVEN, _LOCK = 0.004, 1.5  # metres by which hair grows farther out in one place than in the next; texels between them
_CLEAR_OF_EAR = 1.3  # of an ear's radii
_WAY = 0.025  # metres within the hairline, over which a face's light ends
_LIT = 8.0  # texels beside it, over which the form's own light begins
_GOES_ON = 16.0  # texels beside seen skin, over which it goes on as it is
_LOWER = 0.03  # metres that it goes on behind, below where it is seen at the side
_HARDLY_SEEN, _HARDLY_BACK = 0.06, 0.2  # of the face; of the scalp behind the ears, whose rim the front shows
_FEW = 40  # texels that are too few to tell by
_UNLIKE = 12.0  # CIELAB with lightness halved, as shade changes it: so far from skin is no skin
_HUE, _OF_FACE = 5.0, 1.15  # of that in a and b alone, at least: blond is yellower; of how far a face's own go
_DARKEST = 0.3  # of the skin's lightness: darker is no shade
_SHADE = 5.0  # CIELAB with lightness halved: so much darker is in the shade
_BROWS_OF_BAND = 15  # per cent: brows are the darkest so many where brows may be
_DARKER = 0.8  # brows are at most as bright as this share of the skin
_THAN_BROWS = 1.2  # hair is so much lighter than the brows
_GUESSED_HAIR = 0.3  # of the skin's brightness: brown for most


def unseen_face(known: np.ndarray) -> np.ndarray:
    """The face's texels, (512, 512) bool, where (next to) nothing of them is `known`; else none. `known`: (512, 512)
    bool, what was seen of either half, or mirrored."""
    face = region_mask("face")
    hardly = np.count_nonzero(known & face) < _HARDLY_SEEN * np.count_nonzero(face)
    return face if hardly else np.zeros_like(face)


def unseen_back_of_head(known: np.ndarray) -> np.ndarray:
    """As `unseen_face`, for the scalp behind the ears."""
    p = _places()
    back = np.zeros_like(known)
    back[p.box] = (p.inside > 0) & p.behind
    return back if np.count_nonzero(known & back) < _HARDLY_BACK * np.count_nonzero(back) else np.zeros_like(back)


def outside_hairline() -> np.ndarray:
    """The head's texels, (512, 512) bool, outside the usual hairline."""
    p = _places()
    out = np.zeros(region_mask("head").shape, bool)
    out[p.box] = p.head & (p.inside <= 0)
    return out


def below_hairline() -> np.ndarray:
    """(512, 512) float32, 0..1: how far the head's texels are face and neck and no scalp, with a soft way from one to
    the other within the usual hairline."""
    p = _places()
    out = np.zeros(region_mask("head").shape, np.float32)
    out[p.box] = p.head * np.clip(1 - p.inside / _WAY, 0, 1)
    return out


def eyes_and_brows() -> np.ndarray:
    """The head's texels, (512, 512) bool, whose colours are not those of the skin around them."""
    p = _places()
    out = np.zeros(region_mask("head").shape, bool)
    out[p.box] = p.features
    return out


def guess_head(
    image: np.ndarray, known: np.ndarray, hair_colour: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """A head without holes.

    The scalp takes what is seen of hair, or of the scalp where that is mostly skin: who is bald stays so. A face of
    which nothing is seen takes the colour of skin. Ears and neck take skin too, unless the hair is seen to hang down
    there: then ears and nape are hair. Where no scalp was seen at all, it gets hair as dark as the brows. Ears, and
    what lies behind them and below the jaw, have the light of their form.

    Args:
        image: (512, 512, 3) uint8 RGB.
        known: (512, 512) bool, its texels that have a colour.
        hair_colour: (3,) RGB, of hair that stands off the head and hides the scalp; None where there is none.

    Returns:
        Both with the head's guesses added; what was known is as it was.
    """
    p = _places()
    told, picture = known[p.box] & p.head, image[p.box]
    holes = p.head & ~told
    if not holes.any() or not known.any():
        return image, known
    skin = likely_skin(TextureMap(image, known)).astype(np.float32)
    lab = _lab(picture)
    off, hue = _off(lab, skin), _hue_told(lab, skin, told & p.face)
    hair_from = _hair(told, (off > _UNLIKE) | (_hue_off(lab, skin) > hue))
    if hair_colour is not None and _off(_lab(hair_colour), skin)[0, 0] > _UNLIKE:  # a high forehead is no bald head
        hair_from &= off > _off(lab, hair_colour)
    hair = np.median(picture[hair_from], 0) if np.count_nonzero(hair_from) > _FEW else hair_colour
    hair = _hair_of_brows(picture, told, skin) if hair is None else np.asarray(hair, np.float32)
    # Hair and skin of one colour need not be told apart.
    like_hair = (off > _off(lab, hair)) & (_off(_lab(skin), hair) > hue)
    seen_below = told & p.below
    clear = _off(_lab(skin), hair)[0, 0] > _UNLIKE  # else it may be a neck in the shade
    sure_hair = like_hair & (_off(lab, hair) < _CLEARLY * off)  # a dark neck in the shade of hair is near to it, too
    hangs = clear and np.count_nonzero(seen_below) >= _FEW and sure_hair[seen_below].mean() > 0.5
    below_from = told & (p.below | p.jaw) & ~like_hair & ~_in_shade(lab, skin)
    hair_from &= (_off(lab, hair) < _UNLIKE) | (not hair_from.any())  # at its edge it is mixed with skin
    faceless = np.count_nonzero(told & p.face) < _HARDLY_SEEN * np.count_nonzero(p.face)
    face_from = told & p.front & (not faceless)  # nor from the hair at its edge
    plainly = face_from & ~p.features  # eyes and brows would go on over the temples
    face_from = plainly if np.count_nonzero(plainly) >= _FEW else face_from
    plain = hair
    hair, face, below = (
        _spread(picture, where, holes & zone, colour)
        for where, zone, colour in (
            (hair_from, p.inside > -_SOFT - _UNEVEN, hair),
            (face_from, p.forward[..., 0] > 0, skin),
            (below_from, p.forward[..., 0] < 1, skin),
        )
    )
    share = np.clip((p.inside + p.uneven) / _SOFT + 0.5, 0, 1)[..., None]
    if hangs:  # over ears and nape, hardly lower than it was seen; the throat is as bare as ever
        lowest = _lowest(p.height[seen_below], sure_hair[seen_below])
        hung = p.hung * np.clip((p.height - lowest + _LOWER) / _HUNG, 0, 1)[..., None]
        below = below * (1 - hung) + plain * hung
    bare = face * p.forward + below * (1 - p.forward)
    beside = told & (p.inside <= 0) & ~p.features & ~like_hair & _may_be_skin(lab, skin)
    light = np.ones(p.head.shape, np.float32)
    if beside.any():  # what is seen goes on in its own light, also in the shade
        away = cv2.distanceTransform((~beside).astype(np.uint8), cv2.DIST_L2, 5)[..., None] / _GOES_ON
        near = np.exp(-(away**2))
        near *= 1 - hung if hangs else 1
        bare = _spread(picture, beside, holes, skin) * near + bare * (1 - near)
        light = np.clip(away[..., 0] * (_GOES_ON / _LIT), 0, 1)
    bare = bare * (1 + (hollows_of_head()[p.box] - 1) * light)[..., None]
    guess = hair * share + bare * (1 - share)
    out, done = image.copy(), known.copy()
    out[p.box][holes] = np.clip(guess[holes] + 0.5, 0, 255).astype(np.uint8)
    done[p.box] |= holes
    return out, done


def _lowest(height: np.ndarray, is_hair: np.ndarray) -> float:
    """Metres above the floor, down to which most of N places at these heights (N,) show hair: (N,) bool."""
    number = np.floor(height / _SLICE).astype(int)
    low = int(number.min())
    count, hair = np.bincount(number - low), np.bincount(number - low, is_hair)
    other = np.flatnonzero((count > 0) & (hair < 0.5 * count))
    ear = int(np.floor(_middle_of_ear()[1] / _SLICE)) - low
    return float((other[other < ear].max(initial=-1) + 1 + low) * _SLICE)


def _hair(told: np.ndarray, no_skin: np.ndarray) -> np.ndarray:
    """The texels that hair is guessed from, (h, w) bool: those of the seen scalp (`told`) that are unlike skin, or all
    of it where the top of the head was seen to be bald; none where next to nothing was seen."""
    p = _places()
    seen = told & (p.inside > _SOFT)
    unlike = seen & no_skin
    if np.count_nonzero(unlike) > max(0.3 * np.count_nonzero(seen), _FEW):
        return unlike
    return seen if np.count_nonzero(seen & p.top) > 0.02 * np.count_nonzero(p.top) else np.zeros_like(told)


def _hair_of_brows(picture: np.ndarray, told: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """(3,) RGB: hair that was not seen is a little lighter than the brows, or dark where they were not seen either."""
    band = picture[told & _places().brows]
    if len(band) < _FEW:
        return skin * _GUESSED_HAIR
    grey = band.mean(1)
    brows = np.median(band[grey <= np.percentile(grey, _BROWS_OF_BAND)], 0)
    # A cut-off head laid too high shows its nose there.
    return np.clip(brows * _THAN_BROWS, 0, 255) if brows.mean() < _DARKER * skin.mean() else skin * _GUESSED_HAIR


def _hue_told(lab: np.ndarray, skin: np.ndarray, face: np.ndarray) -> float:
    """How far in a and b a colour has to be from the skin's to be another, by how far the seen face's own are."""
    own = _hue_off(lab, skin)[face & (_off(lab, skin) < _UNLIKE)]
    return float(np.clip(_OF_FACE * np.percentile(own, 90), _HUE, _UNLIKE)) if len(own) >= _FEW else _UNLIKE


def _hue_off(lab: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """(h, w) float32: as `_off`, in a and b alone."""
    off = lab - _lab(rgb)
    return np.hypot(off[..., 1], off[..., 2])


def _may_be_skin(lab: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Which colours (h, w, 3), as `_lab` has them, may be the skin's, which is duller in the shade: (h, w) bool. A
    collar is none."""
    own = _lab(skin)
    share = np.clip(lab[..., :1] / np.maximum(own[..., :1], 1), _DARKEST, 1)
    in_shade = length(lab[..., 1:] - own[..., 1:] * share) / share[..., 0]
    return np.minimum(in_shade, _hue_off(lab, skin)) < _UNLIKE


def _in_shade(lab: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Which colours (h, w, 3), as `_lab` has them, are the skin's in the shade, as under a chin: (h, w) bool."""
    off = lab - _lab(skin)
    return (off[..., 0] < -_SHADE) & (np.hypot(off[..., 1], off[..., 2]) < _UNLIKE)


def _spread(picture: np.ndarray, where: np.ndarray, holes: np.ndarray, plain: np.ndarray) -> np.ndarray:
    """The colours of the texels `where`, spread smoothly; the plain colour if those are none, or nothing is open."""
    if not where.any() or not holes.any():
        return np.broadcast_to(np.asarray(plain, np.float32), picture.shape)
    return pull_push(picture.astype(np.float32), where.astype(np.float32))


def _off(lab: np.ndarray, rgb: np.ndarray) -> np.ndarray:
    """(h, w) float32: how far colours (h, w, 3), as `_lab` has them, are from one, (3,) RGB."""
    return length(lab - _lab(rgb))


def _lab(rgb: np.ndarray) -> np.ndarray:
    """CIELAB with lightness halved, (h, w, 3) float32, of colours (h, w, 3) or of one, (3,) RGB 0..255."""
    shape = rgb.shape if rgb.ndim == 3 else (1, 1, 3)
    lab = cv2.cvtColor(np.asarray(rgb, np.float32).reshape(shape) / 255, cv2.COLOR_RGB2LAB)
    return lab * np.array([0.5, 1, 1], np.float32)


def inside_hairline(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    """How far places of the average resting head lie inside of the usual hairline: metres, of any shape; negative
    outside of it and on an ear."""
    _, ear_y, ear_z = _middle_of_ear()
    ear = np.hypot((z - ear_z) / _EAR_RADII[0], (y - ear_y) / _EAR_RADII[1])
    inside = y - np.interp(z, _LINE_Z, _LINE_Y)
    return np.where(np.abs(x) > 0.055, np.minimum(inside, _EAR_RADII[1] * (ear - 1)), inside)


def _middle_of_ear() -> np.ndarray:
    marks = skeleton_file()["landmarks"]
    return np.mean([marks[f"ear_{side}"] for side in ("top", "lobe", "front", "back")], axis=0)


@dataclass(frozen=True, eq=False)
class _Places:
    """Of the head's box of texels, (h, w) each: the head; metres inside the hairline (negative outside), and
    those by which it is uneven; then, bool:
    the face's region, its skin down to the throat, ears with the neck behind them, the jaw, where brows are, where eyes
    with their brows are, the top of the scalp, and all behind the ears; and (h, w, 1), 1 on the face to 0 on the side
    of the neck; and (h, w, 1), 1 on ears and behind them, where hair may hang down, to 0 before them; and metres above
    the floor."""

    box: tuple[slice, slice]
    head: np.ndarray
    inside: np.ndarray
    uneven: np.ndarray
    face: np.ndarray
    front: np.ndarray
    below: np.ndarray
    jaw: np.ndarray
    brows: np.ndarray
    features: np.ndarray
    top: np.ndarray
    behind: np.ndarray
    forward: np.ndarray
    hung: np.ndarray
    height: np.ndarray


@lru_cache(maxsize=1)
def _places() -> _Places:
    whole = region_mask("head")
    rows, columns = np.flatnonzero(whole.any(1)), np.flatnonzero(whole.any(0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    g, head = rest_surface(), whole[box]
    x, y, z = (np.ascontiguousarray(a[box]) for a in (np.abs(g.x), g.y, g.z))
    landmarks = skeleton_file()["landmarks"]
    ear_z = _middle_of_ear()[2]
    inside = np.where(head, inside_hairline(x, y, z), -1).astype(np.float32)
    skin = head & (inside <= 0)
    front = skin & (z > ear_z + _EAR_RADII[0])
    jaw = front & (y < landmarks["mouth_middle"][1])
    above_eye = y - (landmarks["eye_in"][1] + landmarks["eye_out"][1]) / 2
    brows = front & (above_eye > _BROWS[0]) & (above_eye < _BROWS[1]) & (x > _BROWS[2]) & (x < _BROWS[3])
    features = front & (above_eye > _EYES[0]) & (above_eye < _EYES[1]) & (x > _EYES[2]) & (x < _EYES[3])
    top = head & (inside > 0) & (y > _TOP)
    behind = head & (z < ear_z)
    forward = np.clip((z - ear_z - _EAR_RADII[0]) / _CHEEK + 0.5, 0, 1).astype(np.float32)[..., None]
    on_ear = (x > 0.055) & (np.hypot((z - ear_z) / _EAR_RADII[0], (y - _middle_of_ear()[1]) / _EAR_RADII[1]) < 1)
    hung = np.where(on_ear, 1, np.clip((ear_z - z) / _HUNG + 0.5, 0, 1)).astype(np.float32)[..., None]
    below = skin & ~front
    rough = cv2.GaussianBlur(np.random.default_rng(0).standard_normal(head.shape), (0, 0), _LOCK)
    rough = (rough + rough[:, ::-1]) / 2  # alike on both halves, which lie beside each other
    beside_ear = np.hypot((z - ear_z) / _EAR_RADII[0], (y - _middle_of_ear()[1]) / _EAR_RADII[1]) < _CLEAR_OF_EAR
    uneven = np.where(beside_ear, 0, rough * (_UNEVEN / rough.std())).astype(np.float32)
    return _Places(
        box,
        head,
        inside,
        uneven,
        region_mask("face")[box],
        front,
        below,
        jaw,
        brows,
        features,
        top,
        behind,
        forward,
        hung,
        y,
    )
