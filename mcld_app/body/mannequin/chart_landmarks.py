"""Where the charts' own mesh shows eyes, mouth, nose, ears and fingers, and where those are on the human body.

Places on charts are U and V in 0..255, read off the dense rings of the mesh; all on the person's left.
"""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.human import human_body, skeleton_file
from mcld_app.body.mannequin.sewing import SewnCharts

_LEFT_HEAD, _LEFT_HAND, _LEFT_FOOT = 24, 4, 5
_HEAD = {
    "eye_in": (38, 154), "eye_out": (70, 153), "eye_up": (54, 158), "eye_low": (54, 149.5), "mouth_corner": (35, 91),
    "mouth_middle": (0, 92.5), "nose_tip": (0, 124), "lip_top": (0, 101), "lip_bottom": (0, 81.5), "chin": (0, 69),
    "ear_top": (148, 156), "ear_lobe": (138, 115), "ear_back": (174, 137), "ear_front": (136, 131),
}  # fmt: skip
_NOSE_ROOT = (0, 157)  # as high as the upper lids
# Finger, thumb first -> its tip on the palm's and on the back's half of the chart; the same for its base.
_TIPS = {1: ((25, 45), (248, 90)), 2: ((12, 178), (240, 210)), 3: ((37, 233), (200, 253)), 4: ((70, 251), (160, 253)),
         5: ((125, 230), (138, 228))}  # fmt: skip
_BASES = {1: ((50, 85), (198, 85)), 2: ((48, 145), (200, 150)), 3: ((62, 165), (183, 158)), 4: ((83, 172), (160, 160)),
          5: ((112, 178), (143, 165))}  # fmt: skip
# The same for toes, on the foot's upper side and on its sole; the chart is folded along the big one's inner side.
_TOES = {1: ((225, 170), (225, 170)), 2: ((224, 207), (254, 134)), 3: ((207, 230), (254, 102)),
         4: ((191, 243), (249, 80)), 5: ((167, 254), (236, 55))}  # fmt: skip
_BIG_TOE_SIDE = (212, 164)
# Between a toe and the one before.
_WEBS = {2: ((203, 190), (227, 135)), 3: ((196, 212), (236, 113)), 4: ((182, 227), (236, 90)),
         5: ((167, 238), (227, 67))}  # fmt: skip


def of_head(c: SewnCharts) -> list[tuple[int, np.ndarray]]:
    """(vertex of the charts, place on the body (3,)) of the middle and left landmarks of the head."""
    found = [(_vertex(c, _LEFT_HEAD, *at), _place(name)) for name, at in _HEAD.items()]
    return [*found, (_vertex(c, _LEFT_HEAD, *_NOSE_ROOT), _nose_root())]


def tips(c: SewnCharts) -> list[tuple[int, np.ndarray]]:
    """The same for the tips of the left fingers and toes, two vertices each."""
    return [
        (_vertex(c, part, *at), _place(f"{name}{number}_tip"))
        for part, name, table in ((_LEFT_HAND, "finger", _TIPS), (_LEFT_FOOT, "toe", _TOES))
        for number, both in table.items()
        for at in both
    ] + [(_vertex(c, _LEFT_FOOT, *_BIG_TOE_SIDE), _place("toe1_side"))]


def toes(c: SewnCharts) -> list[tuple[int, int, np.ndarray]]:
    """(vertex on the upper side, vertex on the sole, place inside the body (3,)) of the left toes' tips, and of the
    places between them."""
    return [
        (_vertex(c, _LEFT_FOOT, *upper), _vertex(c, _LEFT_FOOT, *sole), _place(f"toe{number}_{end}"))
        for end, table in (("tip", _TOES), ("web", _WEBS))
        for number, (upper, sole) in table.items()
    ] + [(_vertex(c, _LEFT_FOOT, *_BIG_TOE_SIDE),) * 2 + (_place("toe1_side"),)]


def heel() -> np.ndarray:
    """(3,): the left heel's end on the body."""
    return _place("heel")


def fingers(c: SewnCharts) -> list[tuple[int, int, np.ndarray]]:
    """(vertex on the palm's side, vertex on the back's, place inside the body (3,)) of the left fingers' tips and
    bases."""
    return [
        (_vertex(c, _LEFT_HAND, *palm), _vertex(c, _LEFT_HAND, *back), _place(f"finger{number}_{end}"))
        for end, table in (("tip", _TIPS), ("base", _BASES))
        for number, (palm, back) in table.items()
    ]


def _nose_root() -> np.ndarray:
    """(3,): on the middle line of the face, at the height of the upper lids."""
    body, height = human_body(), _place("eye_up")[1]
    seen = body.vertices[np.unique(body.outer)]
    line = (np.abs(seen[:, 0]) < 1e-4) & (np.abs(seen[:, 1] - height) < 0.02) & (seen[:, 2] > 0)
    _, y, z = seen[line].T
    order = y.argsort()
    return np.array([0, height, np.interp(height, y[order], z[order])])


def _place(name: str) -> np.ndarray:
    return np.array(skeleton_file()["landmarks"][name])


def _vertex(c: SewnCharts, part: int, u: float, v: float) -> int:
    mine = c.of(part)
    return int(c.body[mine[np.hypot(c.u[mine] * 255 - u, c.v[mine] * 255 - v).argmin()]])
