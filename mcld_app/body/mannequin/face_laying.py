"""The charts' face laid evenly on the body's.

Points that look for the nearest skin crowd in the folds of lips, nostrils and lids. So the face is laid as one sheet:
seen from within the head, the charts' U and V are bent as a thin plate is, until the landmarks and the vertices around
the face lie where they belong; then each vertex goes outwards to the outermost skin. What is even on the charts stays
even on the face, and the sheet lies over the lips and not between them.
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.human import HumanBody, skeleton_file
from mcld_app.body.mannequin.sewing import SewnCharts
from mcld_app.body.thin_plate import ThinPlate

_LEFT_HEAD = 24
_MIDDLE, _REACH = (0, 118), (90, 56)  # of the face on its left chart, U and V in 0..255
_SQUARE = 4  # the power in its outline: 2 would be an ellipse
_RINGS = 2  # of vertices around it that stay where they are
_SLACK = 0.05  # how far a landmark may be missed where the sheet would bend sharply
_FRONT = 0.02  # metres: what lies behind is not seen from within the head as the face is
_STEEP = 0.65  # the cosine of an angle: lips that face further away than this from the way out face each other
_HEAD = 0.18  # metres from within the head to the farthest of the face: a ray below the chin may go on to the chest


def lay_face(
    c: SewnCharts, body: HumanBody, places: np.ndarray, twins: np.ndarray, marked: np.ndarray, goals: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where the face's vertices lie on the body.

    Args:
        c: the sewn charts.
        body: what they are laid on.
        places: (6890, 3) metres, where all vertices are now; those around the face count.
        twins: (6890,) each vertex's mirror image.
        marked: (L,) vertices that are landmarks; those outside the face do not count.
        goals: (L, 3) where those belong.

    Returns:
        the face's vertices (F,), vertices of `HumanBody` around each (F, 3) int32, and their shares (F, 3) float32.
    """
    uv, inside, around = _face_and_rim(c, places, twins)
    within = _within_the_head()
    firm = inside[marked]
    known = np.concatenate([uv[around], uv[marked[firm]]])
    seen = np.concatenate([_seen_from(within, places[around]), _seen_from(within, goals[firm])])
    slack = np.concatenate([np.zeros(around.sum()), np.full(firm.sum(), _SLACK)])
    beside = known[:, 0] > 0  # the right side is the left one's mirror image
    known, seen = (np.concatenate([half, half[beside] * (-1, 1)]) for half in (known, seen))
    plate = ThinPlate.fit(known, seen, np.concatenate([slack, slack[beside]]))

    left = np.flatnonzero(inside)
    outwards = np.concatenate([plate.at(uv[left]), np.ones((len(left), 1))], 1)
    corners, shares = _outermost(body.vertices - within, _closed_skin(body, within), outwards)
    right = twins[left] != left
    return (
        np.concatenate([left, twins[left[right]]]),
        np.concatenate([corners, body.twins[corners[right]]]).astype(np.int32),
        np.concatenate([shares, shares[right]]).astype(np.float32),
    )


def _face_and_rim(c: SewnCharts, places: np.ndarray, twins: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of all vertices: U and V (N, 2) on the left chart of the head, 0..255, NaN beside it and U = 0 in the middle
    of the face; whether they are in the face's left half (N,), and whether they lie around that (N,)."""
    uv = np.full((c.count, 2), np.nan)
    mine = c.of(_LEFT_HEAD)
    uv[c.body[mine]] = np.stack([c.u[mine], c.v[mine]], 1) * 255
    uv[(twins == np.arange(c.count)) & (uv[:, 0] < _REACH[0]), 0] = 0
    far = (np.abs((uv - _MIDDLE) / _REACH) ** _SQUARE).sum(1)
    inside = far < 1
    adjacency, wider = c.adjacency(), inside
    for _ in range(_RINGS):
        wider = wider | (adjacency @ wider > 0)
    return uv, inside, wider & (far >= 1) & (places[:, 2] > _FRONT)


def _within_the_head() -> np.ndarray:
    """(3,): between the ears, at a height between mouth and tip of the nose, from where both lips and the nose's
    underside are seen."""
    marks = skeleton_file()["landmarks"]
    return np.array([0, (marks["mouth_middle"][1] + marks["nose_tip"][1]) / 2, 0])


def _seen_from(within: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Places (N, 3) before a point as on a picture (N, 2): x and y at a distance of 1 to the front."""
    away = places - within
    return away[:, :2] / away[:, 2:]


def _closed_skin(body: HumanBody, within: np.ndarray) -> np.ndarray:
    """(M, 3): the triangles seen from outside, but where lips face each other, others that go from lip to lip."""
    from scipy.spatial import Delaunay

    corners = body.vertices[body.outer] - within
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    middle = corners.mean(1)
    sizes = np.linalg.norm(normals, axis=1) * np.linalg.norm(middle, axis=1)
    lips = (body.masks["lips"][body.outer] > 127).all(1)
    steep = lips & ((normals * middle).sum(1) < _STEEP * sizes)
    edge = np.unique(body.outer[lips & ~steep])
    across = edge[Delaunay(_seen_from(within, body.vertices[edge])).simplices]
    return np.concatenate([body.outer[~steep], across])


def _outermost(vertices: np.ndarray, triangles: np.ndarray, outwards: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The last triangle that each ray (F, 3) from 0 goes out through: its corners (F, 3) and their shares (F, 3)."""
    corners = vertices[triangles].astype(np.float64)
    before = (corners[..., 2] > 0).all(1) & (np.linalg.norm(corners, axis=2) < _HEAD).all(1)
    before &= np.abs(np.linalg.det(corners)) > 1e-12
    triangles, corners = triangles[before], corners[before]
    shares = np.einsum("tij,fj->fti", np.linalg.inv(corners.transpose(0, 2, 1)), outwards)
    total = shares.sum(2)  # one over how far the ray goes
    met = (shares.min(2) >= -1e-9 * np.abs(total)) & (total > 0)
    best = np.where(met, 1 / np.maximum(total, 1e-9), 0).argmax(1)
    found = shares[np.arange(len(outwards)), best]
    return triangles[best], found / found.sum(1, keepdims=True)
