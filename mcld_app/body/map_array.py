"""IUV maps kept as arrays: numpy's .npy and .npz files, as scripts around DensePose write them."""

from __future__ import annotations

import io
import zipfile

import numpy as np

from mcld_app.errors import IUVError

_PARTS = 24
_HEADER = 4096  # bytes of an array's header, with plenty to spare
_WANTED = "An IUV map as an array is height x width x 3, or 3 x height x width: part (0 to 24), U and V."


def read_map_array(data: bytes, *, max_pixels: int) -> np.ndarray:
    """The IUV map of a .npy file, or of an .npz file that holds one array: (H, W, 3) uint8 I, U, V.

    The array is (H, W, 3) or (3, H, W), of any kind of number. The parts may stand first or last; U and V go from 0 to
    1 or to 255. Nothing in it is ever unpickled.

    Raises IUVError: no such array, damaged, too large, or no plane of part numbers in it.
    """
    array = _load(data, max_pixels)
    planes = _planes(array)
    if planes.dtype.kind == "f" and not np.isfinite(planes).all():
        raise IUVError(f"The IUV map's array holds values that are not numbers. {_WANTED}")
    planes = planes.astype(np.float32)
    if planes.max(initial=0) <= 1 and array.dtype.kind == "f" and not _are_parts(planes[..., 0]):
        planes = planes * 255  # a whole picture divided by 255
    if not _are_parts(planes[..., 0]):
        planes = planes[..., ::-1]
        if not _are_parts(planes[..., 0]):
            raise IUVError(f"The IUV map's array has no plane of part numbers. {_WANTED}")
    place = planes[..., 1:]
    if place.min() < 0 or place.max() > 255:
        raise IUVError(f"The IUV map's U and V go from 0 to 1 or from 0 to 255, and these do not. {_WANTED}")
    if array.dtype.kind == "f" and place.max() <= 1:
        place = place * 255
    return np.rint(np.concatenate([planes[..., :1], place], -1)).astype(np.uint8)


def _load(data: bytes, max_pixels: int) -> np.ndarray:
    try:
        if data[:2] == b"PK":
            data = _only_array(data, max_pixels)
        _check_header(data, max_pixels)
        return np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, OSError, EOFError, SyntaxError, zipfile.BadZipFile) as error:
        raise IUVError("The IUV map's array is damaged or cut off. Copy or save it again.") from error


def _only_array(data: bytes, max_pixels: int) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        if len(entries) != 1:
            names = ", ".join(entry.filename.removesuffix(".npy")[:20] for entry in entries[:4])
            raise IUVError(f"This file holds {len(entries)} arrays ({names}). Save the IUV map alone, with numpy.save.")
        if entries[0].file_size > max_pixels * 3 * 8 + _HEADER:
            raise IUVError("The IUV map's array is too large. Make it smaller and choose it again.")
        with archive.open(entries[0]) as entry:
            return entry.read()


def _check_header(data: bytes, max_pixels: int) -> None:
    """Before anything is set aside for what a header promises."""
    stream = io.BytesIO(data)
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(stream, max_header_size=_HEADER)
    if kind.hasobject or kind.kind not in "buif":
        raise IUVError(f"The IUV map's file holds Python objects or texts, which are never opened here. {_WANTED}")
    count = 1
    for side in shape:
        count *= int(side)
    if count > max_pixels * 3:
        raise IUVError(f"The IUV map's array is too large: {max_pixels // 10**6} million pixels are the most.")
    if count * kind.itemsize > len(data):
        raise ValueError("cut off")


def _planes(array: np.ndarray) -> np.ndarray:
    """(H, W, 3), whichever way the array has them; lone axes of length 1 in front are dropped."""
    while array.ndim > 3 and array.shape[0] == 1:
        array = array[0]
    if array.ndim == 3 and array.shape[2] == 3 and array.size:
        return array
    if array.ndim == 3 and array.shape[0] == 3 and array.size:
        return np.moveaxis(array, 0, -1)
    raise IUVError(f"The IUV map's array has the shape {array.shape}. {_WANTED}")


def _are_parts(plane: np.ndarray) -> bool:
    return bool(plane.max() <= _PARTS and plane.min() >= 0 and np.abs(plane - np.rint(plane)).max() < 1e-3)
