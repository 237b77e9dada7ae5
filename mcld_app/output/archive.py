"""Several files as one: a ZIP."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_WHEN = (1980, 1, 1, 0, 0, 0)  # the format's first day: a file says nothing of when it was made


def zip_of(files: Mapping[str, bytes]) -> bytes:
    """A ZIP of files by their names, which may have folders. Pictures are stored as they are, all else is packed; the
    same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            how = zipfile.ZIP_STORED if name.endswith((".png", ".gif", ".mp4")) else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, _WHEN), data, how)
    return buffer.getvalue()
