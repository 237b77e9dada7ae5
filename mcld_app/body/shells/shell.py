"""A shell: a surface that stands off a person's body, with its own picture."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.errors import StudioError
from mcld_app.once import cached_property

HANGS_ON = ("head", "hips", "trunk", "limb", "armpits")
"""What a shell can hang on; "hips" are the pelvis with both thighs, "armpits" the trunk's sides with both arms."""

PLAIN, MASKED, LINING = 0, 1, 2
"""Kinds of triangles: one that is there as a whole; one that the photo showed, of which only what the picture does not
leave open is there; the inner side of cloth, which lies in the shade."""

LARGEST = 4096
"""Vertices of a shell, at most; and 4 times as many triangles."""

_SWINGS = 0.35  # of how far thighs move, that a top's hem does while they swing
_NAMES = list(BONES)
_LEGS = [k for k, name in enumerate(_NAMES) if name.endswith(("_hip", "_knee"))]
_HANGS, _LEVEL = 25.0, 70.0  # degrees a thigh is raised: cloth begins to lie on it, and does
_BLOCK = 256  # points that are looked after at once: they lie in rows, so few vertices are near them
_THINNED = 3  # of the body's vertices every third is looked at: all of them move alike
_FAR = 0.12  # metres around a shell, in which these are looked for first
_NEAREST = 6  # vertices of the body that a vertex of the shell follows


@dataclass(frozen=True, eq=False)
class Shell:
    """What stands off the body in one place; arrays are read-only.

    Attributes:
        hangs_on: one of `HANGS_ON`.
        rest: (N, 3) float32, metres, on the average adult in the rest pose; space as in `mannequin.body_mesh`.
        gathered: (N, 3) float32, metres that a vertex moves, from `rest`, when the thigh it hangs on is raised: cloth
            that stands off a standing person lies on their lap.
        weights: (N, 21) float32, how much each bone moves a vertex; rows sum to 1.
        faces: (M, 3) int32, triangles, counter-clockwise seen from where they are to be seen.
        kinds: (M,) uint8, `PLAIN`, `MASKED` or `LINING`.
        places: (N, 2) float32, x, y of a vertex on the picture, in its pixels.
        picture: (h, w, 4) uint8 RGBA; alpha is 0 where the photo showed something else in this place.
    """

    hangs_on: str
    rest: np.ndarray = field(repr=False)
    gathered: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    faces: np.ndarray = field(repr=False)
    kinds: np.ndarray = field(repr=False)
    places: np.ndarray = field(repr=False)
    picture: np.ndarray = field(repr=False)

    def __post_init__(self) -> None:
        """Raises StudioError where the arrays do not belong together."""
        kinds = {
            "rest": ("f4", (-1, 3)), "gathered": ("f4", (-1, 3)), "weights": ("f4", (-1, len(BONES))),
            "faces": ("i4", (-1, 3)), "kinds": ("u1", (-1,)), "places": ("f4", (-1, 2)), "picture": ("u1", (-1, -1, 4)),
        }  # fmt: skip
        for name, (kind, shape) in kinds.items():
            array = np.ascontiguousarray(np.asarray(getattr(self, name)), np.dtype(kind))
            if array.ndim != len(shape) or any(s not in (-1, n) for s, n in zip(shape, array.shape, strict=True)):
                raise _broken(f"its {name} have the shape {array.shape}")
            if array.dtype.kind == "f" and not np.isfinite(array).all():
                raise _broken(f"its {name} are no finite numbers")
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        count = len(self.rest)
        if self.hangs_on not in HANGS_ON:
            raise _broken(f"it hangs on {str(self.hangs_on)[:40]!r}")
        if not 0 < count <= LARGEST or not 0 < len(self.faces) <= 4 * LARGEST or not self.picture.size:
            raise _broken("it is empty or too large")
        if (
            len(self.weights) != count
            or len(self.gathered) != count
            or len(self.places) != count
            or len(self.kinds) != len(self.faces)
        ):
            raise _broken("its arrays are of different lengths")
        if self.faces.min() < 0 or self.faces.max() >= count:
            raise _broken("its triangles name vertices that it does not have")
        if self.kinds.max() > LINING:
            raise _broken("its triangles are of no known kind")
        if np.abs(self.weights.sum(1) - 1).max() > 1e-3 or self.weights.min() < 0:
            raise _broken("its weights do not sum to 1")

    def on(self, body: BodyShape) -> np.ndarray:
        """(N, 3) float32: the rest positions on a person of another shape; `body.height` counts for nothing here."""
        return self.rest + _mixed(self._directions, body)

    def in_pose(self, pose: Pose) -> np.ndarray:
        """(N, 3) float32: the rest positions that the bones of a pose are to move: on its body, with what lies on a
        raised thigh gathered."""
        rest = self.on(pose.body)
        if not self.gathered.any():
            return rest
        raised = _raised_thighs(pose)
        if not any(raised.values()):
            return rest
        left = np.clip(0.5 + self.rest[:, 0] / 0.22, 0, 1)
        share = left * raised["left"] + (1 - left) * raised["right"]
        return rest + self.gathered * share[:, None].astype(np.float32)

    def follows(self, pose: Pose) -> np.ndarray:
        """(N, 21) float32: `weights` as a pose asks for them: the hem of a top hangs from the hips, and no step but
        only a thigh that is raised, on which it lies, takes it along."""
        if self.hangs_on != "trunk" or not self.weights[:, _LEGS].any():
            return self.weights
        out = self.weights.copy()
        for side, raised in _raised_thighs(pose).items():
            legs = [_NAMES.index(f"{side}_{joint}") for joint in ("hip", "knee")]
            out[:, legs] *= _SWINGS + (1 - _SWINGS) * np.float32(raised)
        out[:, _NAMES.index("pelvis")] += 1 - out.sum(1)
        return out

    @cached_property
    def shown(self) -> np.ndarray:
        """(M,) bool: triangles that faced the photo's camera; on the others, the seen side is shown again."""
        a, b, c = (self.places[self.faces[:, k]] for k in range(3))
        front = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0]) < 0
        return front & (self.kinds != LINING)

    @cached_property
    def passes(self) -> tuple[np.ndarray, ...]:
        """Numbers of its triangles in the order of drawing, (K,) int each: behind what is open or thins out one sees
        the rest, so that is drawn first."""
        masked = self.kinds == MASKED
        if self.hangs_on != "head":
            return tuple(np.flatnonzero(kept) for kept in (~masked, masked))
        thin = self._thin & ~masked
        return tuple(np.flatnonzero(kept) for kept in (~masked & ~thin, thin, masked))

    @cached_property
    def _thin(self) -> np.ndarray:
        """(M,) bool: triangles that may not be opaque as a whole: by the rectangles around them on the picture."""
        height, width = self.picture.shape[:2]
        count = cv2.integral((self.picture[..., 3] < 255).astype(np.uint8))
        corners = self.places[self.faces]
        left, top = np.clip(np.floor(corners.min(1)).astype(int), 0, (width - 1, height - 1)).T
        right, bottom = np.clip(np.ceil(corners.max(1)).astype(int) + 1, 1, (width, height)).T
        return count[bottom, right] - count[top, right] - count[bottom, left] + count[top, left] > 0

    @cached_property
    def _directions(self) -> np.ndarray:
        return directions(self.rest)


def _raised_thighs(pose: Pose) -> dict[str, float]:
    return {side: _raised(pose.angles.get(f"{side}_hip.forward", 0.0)) for side in ("left", "right")}


def _raised(degrees: float) -> float:
    """0 for a thigh that hangs, 1 for one that is level."""
    return float(np.clip((degrees - _HANGS) / (_LEVEL - _HANGS), 0, 1))


def followed(rest: np.ndarray, body: BodyShape) -> np.ndarray:
    """(N, 3) float32, metres: by how much points (N, 3) near a person's body are elsewhere than on the average adult's,
    in the rest pose."""
    return _mixed(directions(rest), body)


def _mixed(moves: np.ndarray, body: BodyShape) -> np.ndarray:
    amounts = np.array([body.build, *body.shape], np.float32)
    return np.tensordot(amounts, moves[: len(amounts)], 1)


def directions(rest: np.ndarray) -> np.ndarray:
    """(1 + K, N, 3) float32: how points (N, 3) of the average adult's rest pose move with build and shape: as the
    body's nearest vertices do."""
    body = body_mesh()
    out = np.empty((len(body.directions), len(rest), 3), np.float32)
    thinned = np.arange(0, len(body.rest), _THINNED)
    for start in range(0, len(rest), _BLOCK):
        part = slice(start, start + _BLOCK)
        low, high = rest[part].min(0) - _FAR, rest[part].max(0) + _FAR
        beside = thinned[((body.rest[thinned] > low) & (body.rest[thinned] < high)).all(1)]
        others, nearest, apart = beside, *_nearest_of(rest[part], body.rest[beside])
        if nearest is None or apart.max() > _FAR**2:  # something farther away may be nearer
            others, nearest, apart = thinned, *_nearest_of(rest[part], body.rest[thinned])
        share = 1 / (apart + 1e-4)
        share /= share.sum(1, keepdims=True)
        out[:, part] = np.einsum("nk,anki->ani", share, body.directions[:, others[nearest]])
    return out


def _nearest_of(points: np.ndarray, others: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """(N, K) the numbers of the `_NEAREST` of others (M, 3) to points (N, 3), and the squares of their distances; None
    where there are not so many."""
    if len(others) <= _NEAREST:
        return None, np.zeros(0)
    apart = _squared_distances(points.astype(np.float32), others)
    nearest = np.argpartition(apart, _NEAREST, axis=1)[:, :_NEAREST]
    return nearest, np.take_along_axis(apart, nearest, 1)


def _squared_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    cross = points @ others.T
    return np.maximum((points**2).sum(1)[:, None] + (others**2).sum(1)[None] - 2 * cross, 0)


def _broken(why: str) -> StudioError:
    return StudioError(f"This is no usable shell: {why}. Make it from its photo again.")
