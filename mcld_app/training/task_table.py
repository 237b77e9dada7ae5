"""What can be trained: one module in `tasks` for each. A new task is a module there and a row here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

TASKS: Mapping[str, str] = MappingProxyType({
    "mcld": "mcld.MCLDTask",
    "autoencoder": "autoencoder.AutoencoderTask",
    "image_encoder": "image_encoder.ImageEncoderTask",
    "face_encoder": "face_encoder.FaceEncoderTask",
    "refiner": "refiner.RefinerTask",
    "live": "live.LiveTask",
})  # fmt: skip
"""A configuration's `task` -> module and class, imported when it is trained: a configuration is read without torch."""
