"""The models that read a photo's IUV map and face, loaded in each process of the worker pool."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mcld_app.data.worker_pool import alone_with
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from mcld_app.perception.densepose import DensePose
    from mcld_app.perception.face import FaceModel


class PhotoModels(Protocol):
    """Reads photos."""

    @property
    def faces(self) -> bool:
        """Whether it reads faces; where not, `identity` is never called."""

    def iuv(self, photo: np.ndarray) -> np.ndarray:
        """The IUV map (H, W, 3) uint8 of the person in a photo (H, W, 3) uint8 RGB, of several the surest, whom the
        authors take.

        Raises:
            StudioError: where there is no person.
        """

    def identity(self, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray | None:
        """The raw face embedding, (512,) float32, of the person of an IUV map; None where no face is seen."""


ModelsFactory = Callable[[str], PhotoModels]
"""Loads them on a device ("cpu", "cuda:0", ...); picklable, for it is called in the worker process."""


@dataclass(frozen=True)
class LoadedModels:
    """DensePose and the face model, whichever are wanted and there.

    Attributes:
        densepose: the estimator; None where IUV maps are given.
        face_model: detector and identity network; None reads no faces.
    """

    densepose: DensePose | None
    face_model: FaceModel | None

    @property
    def faces(self) -> bool:
        """See `PhotoModels`."""
        return self.face_model is not None

    def iuv(self, photo: np.ndarray) -> np.ndarray:
        """See `PhotoModels`."""
        if self.densepose is None:
            raise StudioError("There is no IUV map for this photo among those given.")
        return self.densepose.surest(photo).iuv

    def identity(self, photo: np.ndarray, iuv: np.ndarray) -> np.ndarray | None:
        """See `PhotoModels`."""
        from mcld_app.perception.face import face_of

        # The authors' one look: a face that only a second one finds would be another data set than theirs.
        faces = self.face_model.faces(photo, thorough=False) if self.face_model is not None else ()
        face = face_of(faces, iuv)
        return None if face is None else face.identity


def load_models(device: str, *, maps: bool = True, faces: bool = True) -> LoadedModels:
    """Load the models that are there.

    Args:
        device: for DensePose.
        maps: whether IUV maps are to be made, which needs DensePose.
        faces: whether faces are to be looked for, where the face model is there.

    Raises:
        StudioError: DensePose is wanted and not there, weights are damaged or not trusted, or there is no such GPU.
    """
    densepose = face_model = None
    os.environ["OMP_NUM_THREADS"] = "1"  # read by torch, onnxruntime and us: there is a process for each core or GPU
    device = alone_with(device)
    if maps:
        densepose = _densepose(device)
    if faces:
        from mcld_app.perception import face

        face_model = face.face_model()
    return LoadedModels(densepose, face_model)


def _densepose(device: str) -> DensePose:
    from mcld_app.network.device import has_cuda
    from mcld_app.perception.densepose import estimator

    if device == "cuda" and not has_cuda():
        raise StudioError("PyTorch sees no such GPU here. Name one that is there by --devices, or cpu.")
    found = estimator(device=device)
    if found is None:
        raise StudioError(
            "There are no DensePose weights, which IUV maps are made with. Fetch them by `python -m mcld_app "
            "download`, or give maps made elsewhere by --densepose FOLDER."
        )
    import torch

    torch.set_num_threads(1)  # there is a process for each core
    return found
