"""Where a network's landmarks lie on the mannequin, found anew.

    PYTHONPATH=. python tools/calibrate_landmarks.py FOLDER

To be run where the mannequin's shape has changed. FOLDER holds photos of people, whole and seen from the front, some
dozens. To each the mannequin is fitted, by its outline and by the landmarks where they are thought to lie; then each
landmark's place is moved, within its bone, to where all photos saw it, and so on for some rounds. Printed are the new
numbers for `body/fitting/landmark_places.py`; copy them there, and look at `python -m mcld_app.bench body --finder`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from mcld_app.body.fitting import camera, landmark_places
from mcld_app.body.fitting.articulated import BodyPoints
from mcld_app.body.fitting.body_shape import joints
from mcld_app.body.fitting.landmark_places import Place
from mcld_app.body.fitting.landmarks import AT
from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.fitting.pose_fit import huber
from mcld_app.body.mannequin.skeleton import BONES
from mcld_app.body.photo import read_photo
from mcld_app.errors import StudioError
from mcld_app.perception.found_people import find_in

_ROUNDS = 3
_STIFF = 0.02  # metres; a place is drawn back to where it was thought to lie, as by one photo that errs so much
_DEPTH = 0.008  # the same in depth, of which photos from the front tell little
_LEAST_SURE = 0.8
_FRONT = 50.0  # degrees


def main() -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="photos of people seen from the front")
    chosen = parser.parse_args()
    paths = sorted(path for path in chosen.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    fits = list(filter(None, map(_fit, paths)))
    print(f"{len(fits)} people of {len(paths)} photos")
    if len(fits) < 5:
        print("These are too few to learn from.", file=sys.stderr)
        return 1
    table = dict(landmark_places.PLACES)
    for number in range(_ROUNDS):
        moved, off = _moved(table, fits)
        print(f"round {number + 1}: landmarks are {off * 100:.2f} cm off, median")
        table = moved
        _install(table)
        fits = [fit.found_again() for fit in fits]
    for name, place in table.items():
        offset = ", ".join(f"{value:.3f}" for value in place.offset)
        print(f'    "{name}": Place("{place.joint}", ({offset}), {place.spread:.3f}),')
    return 0


def _fit(path: Path) -> ManualFit | None:
    try:
        fit = find_in(path.stem, read_photo(path)).fit(0)
    except StudioError as error:
        print(f"{path.name}: {error}", file=sys.stderr)
        return None
    return fit if abs(fit.pose.yaw) < _FRONT and fit.agreement > 0.75 else None


def _moved(table: dict[str, Place], fits: list[ManualFit]) -> tuple[dict[str, Place], float]:
    """The places where the photos saw the landmarks, and how far off they were, median, metres."""
    carriers, misses = list(BONES), []
    starts, moves = joints()
    out = {}
    for name, place in table.items():
        normal = np.diag([1 / _STIFF**2, 1 / _STIFF**2, 1 / _DEPTH**2])
        pull = np.zeros(3)
        for fit in fits:
            size = fit.photo.shape[:2]
            canvas = camera.Canvas(size, size[0] / 2 * fit.pose.zoom)
            unknowns = camera.from_pose(fit.pose, canvas)
            for side, sign in (("left", 1.0), ("right", -1.0)):
                own = name.replace("left_", f"{side}_")
                if side == "right" and own == name:
                    continue
                seen = fit.sighting.landmarks
                at, sure = seen.places[AT[own]], seen.sure[AT[own]]
                if sure < _LEAST_SURE or not (0 < at[0] < size[1] and 0 < at[1] < size[0]):
                    continue
                bone = place.joint.replace("left_", f"{side}_")
                carrier = [carriers.index(bone)]
                start = starts[carrier] + np.array(place.offset) * (sign, 1, 1)
                bones = camera.bones_of(unknowns)
                point = BodyPoints(start, moves[:, carrier], np.eye(len(carriers))[carrier])
                miss = canvas.to_metres(at[None])[0] - camera.seen(bones, point, unknowns).places[0]
                turn = camera.view(unknowns) @ bones.frames[carrier[0], :, :3]
                slope = turn[:2] * np.exp(unknowns[camera.SCALE]) * (sign, 1, 1)
                weight = huber(np.array([np.linalg.norm(miss) / place.spread]), 2.0)[0] ** 2 / place.spread**2
                normal += weight * slope.T @ slope
                pull += weight * slope.T @ miss
                misses.append(float(np.linalg.norm(miss)))
        step = np.linalg.solve(normal, pull)
        if not name.startswith("left_"):
            step[0] = 0
        out[name] = replace(place, offset=tuple((np.array(place.offset) + step).tolist()))
    return out, float(np.median(misses))


def _install(table: dict[str, Place]) -> None:
    """Fit by these places from now on, in this process."""
    landmark_places.PLACES.update(table)
    landmark_places.places.cache_clear()
    landmark_places.landmark_points.cache_clear()


if __name__ == "__main__":
    sys.exit(main())
