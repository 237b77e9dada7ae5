"""Wide sleeves and trousers: an arm's or a leg's own surface, moved outwards as far as the silhouette says."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.lengths import length
from mcld_app.body.mannequin.body_mesh import body_mesh, vertex_normals
from mcld_app.body.mannequin.rendering import body_faces, draw_surface
from mcld_app.body.mannequin.skeleton import BONES, COS, SHOULDER, SIN
from mcld_app.body.raster import interpolate
from mcld_app.body.shells.areas import grown, nearest_value, shrunk
from mcld_app.body.shells.cloth_picture import layer_picture
from mcld_app.body.shells.limb_ends import hanging
from mcld_app.body.shells.piece import facing
from mcld_app.body.shells.rim import march
from mcld_app.body.shells.scene import Scene
from mcld_app.body.shells.shell import PLAIN, Shell, followed
from mcld_app.body.texture.grain import with_grain

_ARMS, _LEGS = tuple(range(15, 23)), tuple(range(7, 15))
_LENGTH = {"arm": 0.55, "leg": 0.90}  # metres from shoulder or hip to wrist or ankle
_BIN = 0.03  # metres along a limb
_REACH, _BACK = 0.15, 0.04  # metres outwards and inwards that the silhouette's end is looked for
_RIM = 0.3  # of a normal's length towards the camera: a vertex with less is at the limb's rim
_ALONG = 0.7  # of a normal's length along the limb: with more, as in the crotch, it says nothing of width
_HIDDEN = 0.03  # metres that something is nearer, before a vertex counts as hidden
_LOOSE = 0.014  # metres: less is the fit's error
_LEAST = 3  # bins that are loose
_ENDS = 0.007  # metres; where cloth is seen to stand off less, it lies on the limb
_ON = 0.0015  # metres above the limb, where the shell ends
_HEM = 4  # bins at a limb's end, where feet and hands hide how wide a hem is: as wide as the last one seen
_BEGINS = 0.10  # metres down a limb, over which cloth comes to stand off: at shoulder and hip it lies on the body
_AT_HEM = 0.04  # metres above an open hem, where the limb below may be seen
_FALLS = 0.025  # metres below the leg's end that its hem lies
_HAND = 0.01  # metres around a hand that may show it
_USUAL, _EASE, _STRETCH = 0.012, (0.008, 0.04), 5  # metres, of trousers; bins above a photo's end that tell it
_MOST = 0.12  # metres that cloth stands off
_HUE = (0.5, 1.0, 1.0)  # how a difference in lightness (of Lab, 8 bits) counts beside one in hue
_SHADED = 0.012  # metres at the rim of what is shown, which lie in the shade of the limb beside it
_SOFT = 0.05  # metres from where a shell begins, over which it comes to hide the limb
_MIXED = 3.0  # pixels at the rim of what is shown, whose grain is none
_SHADOW = 0.025  # metres beside a hand, over which its shadow lies
_LEAST_SEEN = 4  # vertices, to tell a colour by


def find_limbs(scene: Scene, *, legs: bool) -> tuple[Shell, ...]:
    """Shells of the arms, and with `legs` of the legs, that wear something wide: the same on both sides, for so are
    clothes, and what one side says too much, the other says too little."""
    found = []
    for kind in ("arm", "leg") if legs else ("arm",):
        sides = [_means(scene, kind, sign) for sign in (1, -1)]
        off = _loose(np.concatenate(sides))
        if off is not None:
            colours = _colours(scene, kind)
            off, hem = hanging(off, _BIN, colours)
            strange = _of_limb(scene, colours, off, hem)
            found += [_limb(scene, kind, sign, off, hem, strange) for sign in (1, -1)]
    return tuple(shell for shell in found if shell is not None)


def ease_of_legs(scene: Scene | None, height: float) -> float:
    """Metres that trousers stand off legs that are seen down to a `height`, in metres above the floor: on the mean over
    their last stretch. What is usual of trousers where too little tells, or no scene."""
    if scene is None:
        return _USUAL
    last = int((BONES["left_hip"][1][1] - height) / _BIN)
    stretch = slice(max(last - _STRETCH, 0), max(last, 1))
    rims = np.concatenate([_means(scene, "leg", sign) for sign in (1, -1)])[:, stretch]
    told = rims[np.isfinite(rims)]
    return float(np.clip(told.mean(), *_EASE)) if len(told) >= _LEAST else _USUAL


def _of_limb(scene: Scene, colours: np.ndarray, off: np.ndarray, hem: float) -> np.ndarray:
    """(H, W) bool: pixels that are nearer to the colour of the limb below an open hem than to that of the cloth above
    it; none where it is not open. `colours` (B, 3) are those of the bins down the limbs."""
    last = int(min(hem / _BIN, len(off)))
    above, below = colours[:last][off[:last] > _ENDS], colours[last + 1 :][:_HEM]
    above, below = (own[np.isfinite(own).all(1)] for own in (above, below))
    if np.isinf(hem) or not len(above) or not len(below):
        return np.zeros(scene.silhouette.shape, bool)
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB) * np.float32(_HUE)
    to_cloth, to_limb = (length(lab - np.median(own, 0)) for own in (above, below))
    return to_limb < to_cloth


def _limb(
    scene: Scene, kind: str, sign: int, off: np.ndarray, hem: float, strange: np.ndarray
) -> Shell | None:
    body = scene.standing.pose.body
    faces, used, along = limb_surface(kind, sign)
    whole = body_mesh().shaped(body.build, body.shape)
    height = np.interp(along / _BIN - 0.5, np.arange(len(off)), off) * np.clip(along / _BEGINS, 0, 1)
    moved = whole[used] + vertex_normals(whole, body_faces())[used] * height[:, None]
    if kind == "leg" and off[-1] > _ENDS and np.isinf(hem):  # wide at the hem: it falls on the shoe
        moved[:, 1] -= _FALLS * np.clip((along - (len(off) - _HEM) * _BIN) / (_HEM * _BIN), 0, 1)
    # The triangles that the hem cuts end at it.
    down = np.array([sign * SIN, -COS, 0.0]) if kind == "arm" else np.array([0.0, -1.0, 0.0])
    moved += np.minimum(hem - along, 0)[:, None] * down
    kept = faces[(height > _ON)[faces].any(1) & (along < hem)[faces].any(1)]  # to where it lies on the skin
    numbers, again = np.unique(kept, return_inverse=True)
    weights = body_mesh().weights[used[numbers]]
    faces = again.reshape(-1, 3).astype(np.int32)
    at_hem = (hem - along[numbers] < _AT_HEM)[faces].any(1)
    down = (along[numbers] - along[numbers].min()).astype(np.float32)
    return _shell(scene, kind, moved[numbers].astype(np.float32), weights, faces, strange, at_hem, down)


@lru_cache(maxsize=4)
def limb_surface(kind: str, sign: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A limb's triangles (M, 3) into its vertices, those vertices' numbers (N,), and how far down the limb each lies,
    (N,) metres."""
    own = np.isin(charts().face_part, _ARMS if kind == "arm" else _LEGS)
    rest = body_mesh().rest
    own &= sign * rest[body_faces()][..., 0].mean(1) > 0
    used, number = np.unique(body_faces()[own], return_inverse=True)
    place = rest[used] * (sign, 1, 1)
    if kind == "arm":
        along = (place - SHOULDER) @ np.array([SIN, -COS, 0.0])
    else:
        along = BONES["left_hip"][1][1] - place[:, 1]
    return number.reshape(-1, 3).astype(np.int32), used, along


def _means(scene: Scene, kind: str, sign: int) -> np.ndarray:
    """(2, B) metres that the silhouette goes beyond a limb's two rims, by bin down the limb; NaN where that is not
    seen."""
    standing, body = scene.standing, scene.standing.pose.body
    _, used, along = limb_surface(kind, sign)
    normals = vertex_normals(body_mesh().shaped(body.build, body.shape), body_faces())[used]
    points, turned = standing.points[used], standing.turned(normals, body_mesh().weights[used])
    height, width = scene.silhouette.shape
    x, y = np.clip(np.round(points[:, :2]).astype(int), 0, (width - 1, height - 1)).T
    level = np.linalg.norm(turned[:, :2], axis=1)
    down = _down(points, along)
    across = np.abs(turned[:, :2] @ down) < _ALONG * np.maximum(level, 1e-6)
    rim = np.flatnonzero((np.abs(turned[:, 2]) < _RIM) & across & (standing.depth[y, x] < points[:, 2] + _HIDDEN))
    ways = turned[rim, :2] / np.maximum(np.linalg.norm(turned[rim, :2], axis=1, keepdims=True), 1e-6)
    mine = _ARMS if kind == "arm" else _leg(sign)
    other = scene.body & ~np.isin(scene.part, mine)
    if kind == "leg":  # a cuff or a thumb beside the hip is on no map and is none of its cloth
        other |= scene.silhouette & np.isin(nearest_value(scene.part, scene.body), (3, 4, *_ARMS))
    metre = standing.metre
    found = march(
        scene.silhouette & ~other, other | (scene.hides & ~scene.arms), points[rim, :2], ways, _BACK * metre,
        _REACH * metre,
    )  # fmt: skip
    side = np.sign(down[0] * ways[:, 1] - down[1] * ways[:, 0])
    bins = np.floor(along[rim] / _BIN).astype(int)
    count = int(_LENGTH[kind] / _BIN)
    means, looked = np.full((2, count), np.nan), np.zeros((2, count), bool)
    for k, which in enumerate((-1, 1)):
        for number in range(count):
            own = (side == which) & (bins == number)
            if (own & found.met).any():
                means[k, number] = np.median(found.away[own & found.met]) / metre
            looked[k, number] = own.any()
    return np.stack([_bridged(*row) for row in zip(means, looked, strict=True)])


def _bridged(means: np.ndarray, looked: np.ndarray) -> np.ndarray:
    """(B,) the means of a rim by bin, and in bins (B,) in which no point of it lies, what those beside them say."""
    known, bins = np.flatnonzero(np.isfinite(means)), np.arange(len(means))
    if not len(known):
        return means
    between = (bins > known[0]) & (bins < known[-1])
    return np.where(~looked & between, np.interp(bins, known, means[known]), means)


def _loose(sides: np.ndarray) -> np.ndarray | None:
    """What the rims of both limbs say, (4, B) metres by bin, NaN where one is not seen: (B,) metres that cloth stands
    off, 0 where it does not; None where it is nowhere wide. A limb that the mannequin lies beside seems too wide on one
    side and too narrow on the other; where only one is seen, that is made good."""
    limbs = []
    for pair in (sides[:2], sides[2:]):
        seen = np.isfinite(pair)
        alone = np.where(seen, pair - _beside(pair), 0).sum(0)
        both = np.where(seen, pair, 0).mean(0)
        limbs.append(np.where(seen.all(0), both, np.where(seen.any(0), alone, np.nan)))
    seen = np.isfinite(limbs)
    known = np.flatnonzero(seen.any(0))
    if not len(known):
        return None
    mean = np.where(seen, limbs, 0).sum(0)[known] / seen.sum(0)[known]
    bins = np.arange(sides.shape[1])
    full = np.interp(bins, known, mean, left=0.0, right=mean[-1] if known[-1] >= bins[-_HEM] else 0.0)
    full = cv2.GaussianBlur(full[:, None], (1, 3), 0.8)[:, 0]
    out = np.zeros(len(full))
    cut_off = known[-1] < bins[-_HEM]  # by the picture's edge, or by what hides it: nothing tells how it ends
    for run in np.split(bins, np.flatnonzero(np.diff(full > _ENDS)) + 1):
        if cut_off and run[-1] > known[-1] - _HEM:
            continue
        if np.count_nonzero(full[run[run <= known[-1]]] > _LOOSE) >= _LEAST:
            out[run] = np.clip(full[run], 0, _MOST)
    return out if out.any() else None


def _beside(pair: np.ndarray) -> np.ndarray:
    """(2, 1) metres that the rims of a limb (2, B) seem too wide, for the mannequin lies beside it: told by where both
    are seen. Where they never are, what is usual of a rim may be that, too, and not cloth."""
    both = np.isfinite(pair).all(0)
    if np.count_nonzero(both) >= _LEAST:
        aside = float(np.clip(np.median(np.diff(pair[:, both], axis=0)) / 2, -_BACK, _BACK))
        return np.array([[-aside], [aside]])
    return np.array([[max(float(np.median(own[own == own])), 0.0) if (own == own).any() else 0.0] for own in pair])


def _colours(scene: Scene, kind: str) -> np.ndarray:
    """(B, 3) of weighted Lab: what is seen of the limbs, by bin down them; NaN where nothing is."""
    standing = scene.standing
    height, width = scene.silhouette.shape
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB) * np.float32(_HUE)
    own = np.isin(scene.part, _ARMS if kind == "arm" else _LEGS) & scene.silhouette
    if kind == "leg":
        own &= ~scene.hands
    bins, seen = [], []
    for sign in (1, -1):
        _, used, along = limb_surface(kind, sign)
        x, y = np.clip(np.round(standing.points[used, :2]).astype(int), 0, (width - 1, height - 1)).T
        shown = (standing.depth[y, x] < standing.points[used, 2] + _HIDDEN) & own[y, x]
        bins.append(np.floor(along[shown] / _BIN).astype(int))
        seen.append(lab[y[shown], x[shown]])
    at, colours = np.concatenate(bins), np.concatenate(seen)
    out = np.full((int(_LENGTH[kind] / _BIN), 3), np.nan)
    for number in range(len(out)):
        if np.count_nonzero(at == number) >= _LEAST_SEEN:
            out[number] = np.median(colours[at == number], 0)
    return out


def _down(points: np.ndarray, along: np.ndarray) -> np.ndarray:
    """(2,) of length 1: which way the picture of a limb, points (N, 3) that lie `along` it (N,), goes from shoulder or
    hip down."""
    middle = points[:, :2] - points[:, :2].mean(0)
    way = (middle * (along - along.mean())[:, None]).sum(0)
    return way / max(float(np.linalg.norm(way)), 1e-6)


def _leg(sign: int) -> tuple[int, ...]:
    """The parts of one leg, of the left one for sign 1."""
    own = np.isin(charts().face_part, _LEGS) & (sign * body_mesh().rest[body_faces()][..., 0].mean(1) > 0)
    return tuple(np.unique(charts().face_part[own]).tolist())


def _without_hands(
    scene: Scene, covered: np.ndarray, shown: np.ndarray, hands: np.ndarray
) -> tuple[np.ndarray, tuple[int, int]]:
    """The picture of cloth that covers pixels (H, W) bool and is shown by others, and x, y of its first pixel. Where
    hands hid it, or their shadow lies, it goes on with its grain."""
    known = shown & ~grown(hands & covered, _SHADOW * scene.standing.metre)
    if not known.any():
        known = shown
    inner = shrunk(known, _SHADED * scene.standing.metre)
    inner = inner if inner.any() else known
    seen = shrunk(known, _SHADED / 2 * scene.standing.metre) | inner
    picture, (x, y) = layer_picture(scene.photo, shown, seen, inner)
    where = slice(y, y + len(picture)), slice(x, x + picture.shape[1])
    filled = covered[where] & ~known[where]
    sure = shrunk(known[where], _MIXED)
    grained = with_grain(np.ascontiguousarray(picture[..., :3]), sure, filled, covered[where])
    return np.dstack([grained, picture[..., 3]]), (x, y)


def _begun_softly(
    picture: np.ndarray, start: tuple[int, int], points: np.ndarray, faces: np.ndarray, down: np.ndarray,
    size: tuple[int, int],
) -> tuple[np.ndarray, tuple[int, int]]:  # fmt: skip
    """A shell's picture (h, w, 4) that lets through, where it begins, what is painted on the limb below it. `down` (N,)
    are metres from there to its vertices, which are seen at `points` (N, 3) in a photo of `size`; x, y of the picture's
    first pixel in it are `start`."""
    away = np.full(size, np.inf, np.float32)
    for side in (faces, faces[:, ::-1]):
        corners, drawn, seen = draw_surface(points, side, size)
        pixel, value = interpolate(corners, down[side[drawn]][..., None], seen)
        away.ravel()[pixel] = np.minimum(away.ravel()[pixel], value[:, 0])
    x, y = start
    share = nearest_value(away, np.isfinite(away))[y : y + len(picture), x : x + picture.shape[1]] / _SOFT
    return np.dstack([picture[..., :3], (np.clip(share, 0, 1) * 255).astype(np.uint8)]), start


def _shell(
    scene: Scene, kind: str, rest: np.ndarray, weights: np.ndarray, faces: np.ndarray, strange: np.ndarray,
    at_hem: np.ndarray, down: np.ndarray,
) -> Shell | None:  # fmt: skip
    standing = scene.standing
    points = standing.seen(rest, weights)
    front = facing(points, faces)
    covered, low = (np.zeros(scene.silhouette.shape, np.uint8) for _ in range(2))
    for area, own in ((covered, front), (low, front & at_hem)):
        cv2.fillPoly(area, np.round(points[faces[own], :2]).astype(np.int32), 1)
    hands = grown(np.isin(scene.part, (3, 4)), _HAND * standing.metre)
    other = hands | (scene.body & ~np.isin(scene.part, _ARMS)) if kind == "arm" else scene.hands
    shown = (covered > 0) & scene.silhouette & ~other
    shown &= ~(strange & (low > 0))
    if not shown.any():
        return None
    picture, start = _begun_softly(*_without_hands(scene, covered > 0, shown, hands if kind == "arm" else scene.hands),
                                   points, faces, down, scene.silhouette.shape)  # fmt: skip
    places = points[:, :2] - np.float32(start)
    moves = followed(rest, standing.pose.body)
    kinds = np.full(len(faces), PLAIN, np.uint8)
    return Shell("limb", rest - moves, np.zeros_like(rest), weights, faces, kinds, places, picture)
