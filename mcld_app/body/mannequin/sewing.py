"""The charts sewn together along the vertices they share: one closed surface."""

from __future__ import annotations

import numpy as np

from mcld_app.body.charts import charts


class SewnCharts:
    """The charts as a sewn surface, with the few operations the construction needs."""

    def __init__(self) -> None:
        c = charts()
        self.faces, self.face_part = c.faces, c.face_part
        self.u, self.v = c.uv[:, 0].astype(float), c.uv[:, 1].astype(float)
        self.body = c.body_vertex
        self.count = int(c.body_vertex.max()) + 1
        self.part = np.zeros(len(c.uv), np.int32)
        self.part[c.faces] = c.face_part[:, None]
        self.member = np.zeros((25, self.count), bool)
        self.member[self.part, self.body] = True

    def of(self, *parts: int) -> np.ndarray:
        """Chart vertices of these parts."""
        return np.flatnonzero(np.isin(self.part, parts))

    def border(self, part: int, *others: int) -> np.ndarray:
        """Chart vertices of `part` that lie on one of the other parts too."""
        mine = self.of(part)
        return mine[self.member[list(others)].any(0)[self.body[mine]]]

    def harmonic(self, parts: tuple[int, ...], fixed: dict[int, float], sewn: bool) -> dict[int, float]:
        """Solve Laplace's equation over some charts: `fixed` values at body vertices (sewn) or chart vertices, free
        ends elsewhere. Cotangent weights from the charts' own U and V keep straight lines straight."""
        import scipy.sparse as sp
        from scipy.sparse.linalg import spsolve

        faces = self.faces[np.isin(self.face_part, parts)]
        points = np.stack([self.u, self.v], 1)
        name = self.body if sewn else np.arange(len(self.u))
        rows, cols, vals = [], [], []
        for k in range(3):
            i, j, o = faces[:, k], faces[:, (k + 1) % 3], faces[:, (k + 2) % 3]
            e1, e2 = points[i] - points[o], points[j] - points[o]
            cross = np.abs(e1[:, 0] * e2[:, 1] - e1[:, 1] * e2[:, 0])
            cot = np.clip((e1 * e2).sum(1) / np.maximum(cross, 1e-9), 0.05, 20)
            rows += [name[i], name[j]]
            cols += [name[j], name[i]]
            vals += [cot, cot]
        used = np.unique(name[faces])
        index = {int(n): k for k, n in enumerate(used)}
        pick = np.full(int(used.max()) + 1, -1)
        pick[used] = np.arange(len(used))
        w = sp.csr_matrix(
            (np.concatenate(vals), (pick[np.concatenate(rows)], pick[np.concatenate(cols)])),
            shape=(len(used), len(used)),
        )
        laplace = sp.diags(np.asarray(w.sum(1)).ravel()) - w
        known = {index[k]: val for k, val in fixed.items() if k in index}
        at = np.array(list(known), int)
        values = np.array([known[k] for k in at], float)
        free = np.setdiff1d(np.arange(len(used)), at)
        x = np.zeros(len(used))
        x[at] = values
        x[free] = spsolve(sp.csc_matrix(laplace[free][:, free]), -laplace[free][:, at] @ values)
        return {int(n): float(x[k]) for n, k in index.items()}

    def adjacency(self):
        """Which body vertices share an edge: a sparse (count, count) matrix of ones."""
        import scipy.sparse as sp

        f = self.body[self.faces]
        rows = np.concatenate([f[:, 0], f[:, 1], f[:, 2], f[:, 1], f[:, 2], f[:, 0]])
        cols = np.concatenate([f[:, 1], f[:, 2], f[:, 0], f[:, 0], f[:, 1], f[:, 2]])
        return (sp.csr_matrix((np.ones(len(rows)), (rows, cols)), shape=(self.count, self.count)) > 0).astype(float)

    def middle_edge(self) -> tuple[int, int]:
        """Two neighbouring body vertices on the middle line, where the halves of the head meet."""
        both = self.member[23] & self.member[24]
        for face in self.body[self.faces[self.face_part == 24]].tolist():
            for a, b in zip(face, face[1:] + face[:1], strict=True):
                if both[a] and both[b]:
                    return a, b
        raise ValueError("the halves of the head do not meet")

    def seams(self, part: int, partner: int) -> tuple[np.ndarray, np.ndarray]:
        """The two seams between a half-limb and its other half: chart vertices at low and at high V."""
        border = self.border(part, partner)
        mine = self.of(part)
        low, high = [], []
        for i in border:
            # Compare with the middle of the chart at the same U: charts lie askew, so V = 0.5 will not do.
            near = mine[np.abs(self.u[mine] - self.u[i]) < 0.08]
            middle = (self.v[near].min() + self.v[near].max()) / 2
            (low if self.v[i] < middle else high).append(i)
        return np.array(low), np.array(high)
