"""Which pixels of a scene show hair."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from mcld_app.body.charts import charts
from mcld_app.body.lengths import length
from mcld_app.body.mannequin.body_mesh import body_mesh
from mcld_app.body.mannequin.human import skeleton_file
from mcld_app.body.mannequin.rendering import body_faces
from mcld_app.body.mannequin.skeleton import BONES, joint_places
from mcld_app.body.shells.areas import grown, nearest_value, opened, touching
from mcld_app.body.shells.piece import facing
from mcld_app.body.shells.scene import Scene

_HEAD = 23  # parts from this one on
_FOREARMS_HANDS = (3, 4, 19, 20, 21, 22)
_THIN = 0.010  # metres; what stands off less is the map's own rim
_LEAST = 0.0008  # square metres of hair
_ALIKE = 3.2  # spreads of the hair's colour
_SURE = 0.7  # of the squared distance to the face's colour: so near to the hair's is no skin in shade
_SHADED, _NO_SKIN = np.float32([0.2, 1, 1]), 12.0  # shade changes lightness; how far off a face's colour no skin is
_SPREADS = (9.0, 4.0, 4.0)  # of Lab, at least
_TRUNK = (1, 2, 15, 16, 17, 18)  # and upper arms: hair falls on them
_MOST_FALLEN = 0.03  # square metres of it
_CHEEK = 0.03  # metres beside the mannequin's face, where a face may go on
_JAW = 0.012  # metres from hair, in which more of it may lie before the mannequin's face
_AROUND = 0.05  # metres from what stands off the head, in which hair lies on it


def hair_area(scene: Scene) -> tuple[np.ndarray, np.ndarray] | None:
    """(H, W) bool, the pixels that show hair, and those of them that have its colour without doubt; None where no hair
    stands off the head. Worked out once for a scene."""
    if hair_area not in scene.worked_out:
        scene.worked_out[hair_area] = _hair_area(scene)
    return scene.worked_out[hair_area]


def _hair_area(scene: Scene) -> tuple[np.ndarray, np.ndarray] | None:
    metre = scene.standing.metre
    off = scene.silhouette & ~scene.body
    wide = opened(off, _THIN * metre)
    wide = grown(wide, max(1.0, _THIN * metre / 2)) & off
    near = nearest_value(scene.part, scene.part > 0)
    seed = wide & (near >= _HEAD)
    if np.count_nonzero(seed) < _LEAST * metre**2:
        return None
    face = _face(scene)
    like, sure, skin = _of_colour(scene.photo, seed, face & scene.body & ~seed)
    seed &= ~(skin & grown(face, _CHEEK * metre))  # a cheek beside the mannequin's
    low = np.arange(len(off))[:, None] < _waist_row(scene)
    locks = opened(off & like, 1) & low & ~np.isin(near, _FOREARMS_HANDS)
    found = touching(seed | locks, seed | (locks & (near >= _HEAD)))
    fallen = scene.body & np.isin(scene.part, _TRUNK) & opened(like & scene.body, 1) & low
    fallen = touching(found | fallen, found) & ~found
    if np.count_nonzero(fallen) < _MOST_FALLEN * metre**2:  # else it is cloth of the hair's colour
        found |= fallen
    # Hair on the head itself, where the map goes on over it.
    head = scene.body & (scene.part >= _HEAD) & like & ~face & grown(found, _AROUND * metre)
    # And beside the jaw, where a mannequin's is wider than theirs.
    jaw = scene.body & (scene.part >= _HEAD) & like & sure & grown(found, _JAW * metre)
    found = touching(found | opened(head, 1) | jaw, found)
    found = cv2.medianBlur(found.astype(np.uint8), 3) > 0
    return found, found & sure


def unlike_face(scene: Scene) -> np.ndarray:
    """(H, W) bool: pixels whose colour the face has not; all, where no face is seen."""
    face = _face(scene) & scene.body
    if not face.any():
        return np.ones(face.shape, bool)
    lab = cv2.cvtColor(scene.photo, cv2.COLOR_RGB2LAB).astype(np.float32) * _SHADED
    return length(lab - np.median(lab[face], 0)) > _NO_SKIN


def _of_colour(photo: np.ndarray, seed: np.ndarray, face: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(H, W) bool: pixels of the hair's colour, nearer to it than to the face's; those very near to it; and those
    clearly nearer to the face's."""
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    middle = np.median(lab[seed], 0)
    spread = np.maximum(1.5 * np.median(np.abs(lab[seed] - middle), 0), _SPREADS)
    away = np.moveaxis(np.abs(lab - middle) / spread, 2, 0).copy()  # along a last axis of three, numpy is slow
    like = away.max(0) < _ALIKE
    sure, bare = like, np.zeros_like(like)
    if face.any():
        from_face = np.moveaxis((lab - np.median(lab[face], 0)) / spread, 2, 0)
        own, skin = np.square(away).sum(0), np.square(from_face).sum(0)
        bare = opened(skin < _SURE * own, 1)
        like, sure = like & (own < skin), like & (own < _SURE * skin)
    return cv2.medianBlur(like.astype(np.uint8), 3) > 0, sure, bare


def _face(scene: Scene) -> np.ndarray:
    """(H, W) bool, where the mannequin's face is seen, between brows, cheeks and chin, or its throat."""
    faces = _face_triangles()
    points = scene.standing.points
    out = np.zeros(scene.body.shape, np.uint8)
    seen = faces[facing(points, faces)]
    if len(seen):
        cv2.fillPoly(out, np.round(points[seen, :2]).astype(np.int32), 1)
    return out > 0


@lru_cache(maxsize=1)
def _face_triangles() -> np.ndarray:
    marks = skeleton_file()["landmarks"]
    x, y, z = body_mesh().rest.T
    inside = (z > 0.07) & (np.abs(x) < marks["eye_out"][0] + 0.004)
    inside &= (y > marks["chin"][1]) & (y < marks["eye_up"][1] + 0.045)
    inside |= (z > 0.0) & (np.abs(x) < 0.06) & (y <= marks["chin"][1] + 0.015)
    faces = body_faces()[charts().face_part >= _HEAD]
    return faces[inside[faces].all(1)]


def _waist_row(scene: Scene) -> float:
    """The picture's row of the spine's joint, below which no hair is looked for."""
    spine = list(BONES).index("spine")
    pose = scene.standing.pose
    place = joint_places(pose.build, pose.shape)[spine : spine + 1].astype(np.float32)
    weights = np.zeros((1, len(BONES)), np.float32)
    weights[0, spine] = 1
    return float(scene.standing.seen(place, weights)[0, 1])
