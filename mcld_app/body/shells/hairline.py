"""Where hair grows on the average adult's head."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.human import skeleton_file

_THINS, _EDGE = 0.035, 0.4  # metres above the nape over which hair thins out, and to what share
_BARE, _FRINGE = 0.015, 0.03  # metres above the eyes where a fringe ends, and over which it rises from the forehead


def is_scalp(rest: np.ndarray) -> np.ndarray:
    """(N,) bool: whether points of the average head lie where hair grows: behind a line from the forehead past the ear
    to the nape."""
    marks = skeleton_file()["landmarks"]
    ear, crown = marks["ear_top"], marks["crown"][1]
    brow = marks["eye_up"][1] + 0.05
    line = _line(rest[:, 2])
    on_ear = (np.abs(rest[:, 0]) > 0.072) & (rest[:, 1] < ear[1] + 0.012) & (np.abs(rest[:, 2] - ear[2]) < 0.035)
    before = (rest[:, 2] > 0.03) & (rest[:, 1] < brow - 0.02)
    return (rest[:, 1] > np.minimum(line, crown - 0.01)) & ~before & ~on_ear


def is_forehead(rest: np.ndarray) -> np.ndarray:
    """(N,) bool: whether points of the average head lie above the brows and in front, where a fringe hangs."""
    return (rest[:, 1] > skeleton_file()["landmarks"]["eye_up"][1] + _BARE) & (rest[:, 2] > 0.0)


def towards_nape(rest: np.ndarray) -> np.ndarray:
    """(N,) by how much hair is thinner towards the line where it ends behind the ears, 0..1."""
    above = (rest[:, 1] - _line(rest[:, 2])) / _THINS
    share = _EDGE + (1 - _EDGE) * np.clip(above, 0, 1)
    return np.where(rest[:, 2] < skeleton_file()["landmarks"]["ear_back"][2], share, 1).astype(np.float32)


def above_brows(rest: np.ndarray) -> np.ndarray:
    """(N,) by how much hair stands off a forehead: not where a fringe ends, and fully at its upper edge, 0..1."""
    return np.clip((rest[:, 1] - skeleton_file()["landmarks"]["eye_up"][1] - _BARE) / _FRINGE, 0, 1)


def _line(depth: np.ndarray) -> np.ndarray:
    """(N,) metres: how low hair grows at depths (N,) of the average head."""
    marks = skeleton_file()["landmarks"]
    ear, brow = marks["ear_top"], marks["eye_up"][1] + 0.05
    return np.interp(depth, [-0.06, ear[2] - 0.02, ear[2] + 0.02, 0.09], [1.585, 1.62, ear[1], brow])
