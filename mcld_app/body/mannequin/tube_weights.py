"""The first guess's skin hung on its bones."""

from __future__ import annotations

import numpy as np

from mcld_app.body.mannequin.sewing import SewnCharts
from mcld_app.body.mannequin.tubes import TUBE_JOINTS


def tube_weights(rest: np.ndarray, c: SewnCharts) -> np.ndarray:
    """Each vertex belongs to the bone of its part; a few steps of diffusion over the surface soften the borders.
    (6890, 21) float64, in the order of `TUBE_JOINTS`; rows sum to 1."""
    import scipy.sparse as sp
    from scipy.sparse.linalg import splu

    adjacency = c.adjacency()
    index = {name: k for k, name in enumerate(TUBE_JOINTS)}
    hard = np.zeros((c.count, len(TUBE_JOINTS)))

    def give(parts: tuple[int, ...], bone: str) -> None:
        hard[c.member[list(parts)].any(0)] = 0
        hard[c.member[list(parts)].any(0), index[bone]] = 1

    torso = c.member[[1, 2]].any(0)
    heights = [TUBE_JOINTS[b][1] for b in ("pelvis", "spine", "chest")]
    level = np.clip(np.interp(rest[:, 1], [heights[0] + 0.04, heights[1] + 0.05, heights[2] + 0.06], [0, 1, 2]), 0, 2)
    for k, bone in enumerate(("pelvis", "spine", "chest")):
        hard[torso, index[bone]] = np.clip(1 - np.abs(level[torso] - k), 0, 1)
    collar = torso & (rest[:, 1] > 1.36)
    for side, sign in (("left", 1), ("right", -1)):
        share = np.clip((sign * rest[:, 0] - 0.06) / 0.09, 0, 1) * np.clip((rest[:, 1] - 1.34) / 0.07, 0, 1)
        share = np.where(collar, share, 0)[:, None]
        hard = hard * (1 - share) + share * np.eye(len(TUBE_JOINTS))[index[f"{side}_clavicle"]]
    neck = c.member[[23, 24]].any(0)
    give((23, 24), "head")
    up = np.clip((rest[:, 1] - 1.50) / 0.07, 0, 1)[neck]
    hard[neck] = 0
    hard[neck, index["head"]], hard[neck, index["neck"]] = up, 1 - up
    for side, upper_arm, lower_arm, hand, upper_leg, lower_leg, foot in (
        ("left", (15, 17), (19, 21), 4, (8, 10), (12, 14), 5),
        ("right", (16, 18), (20, 22), 3, (7, 9), (11, 13), 6),
    ):
        give(upper_arm, f"{side}_shoulder")
        give(lower_arm, f"{side}_elbow")
        give((hand,), f"{side}_wrist")
        give(upper_leg, f"{side}_hip")
        give(lower_leg, f"{side}_knee")
        give((foot,), f"{side}_ankle")
        toes = c.member[foot] & (rest[:, 2] > TUBE_JOINTS["left_toes"][2])
        hard[toes] = np.eye(len(TUBE_JOINTS))[index[f"{side}_toes"]]
    # The bottom's roundness moves half with the pelvis.
    for part in (7, 8, 9, 10):
        share = (np.clip((rest[:, 1] - 0.86) / 0.13, 0, 1) * 0.8 * c.member[part])[:, None]
        hard = hard * (1 - share) + share * np.eye(len(TUBE_JOINTS))[index["pelvis"]]
    degree = np.asarray(adjacency.sum(1)).ravel()
    f = adjacency.tocoo()
    edge = np.bincount(f.row, np.linalg.norm(rest[f.row] - rest[f.col], axis=1), c.count) / degree
    # Diffusion reaches about 3 cm, whatever the mesh's fineness there.
    reach = np.clip((0.030 / np.maximum(edge, 1e-4)) ** 2, 0, 60)
    laplace = sp.identity(c.count) - sp.diags(1 / degree) @ adjacency
    soft = splu(sp.csc_matrix(sp.identity(c.count) + sp.diags(reach) @ laplace)).solve(hard)
    soft = np.clip(soft, 0, None)
    return soft / soft.sum(1, keepdims=True)
