"""A DensePose export: a TorchScript file, loaded with care, run on a picture, and what it returns checked.

Two kinds are around, and both are taken:

- a tuple (boxes, coarse, fine, u, v), as in LayerNorm/DensePose-TorchScript-with-hint-image;
- a dict ("pred_boxes", "scores", "pred_densepose_u", ...), as github.com/dajes/DensePose-TorchScript writes it.

Both are given uint8 (3, H, W), by default in the order blue, green, red. For the dict its code says so
(`DefaultPredictor.forward` has "bgr: bool = True"). For the tuple no page says it. detectron2 trained the network on
that order (`INPUT.FORMAT` is BGR by default and in DensePose's configurations), but programs that use the export
differ: some read photos with OpenCV, which is that order too; those made for ControlNet give red first. So
`densepose_probe` tries.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mcld_app.body.iuv import PARTS
from mcld_app.checkpoints import BrokenWeights, ChecksumManifest
from mcld_app.errors import StudioError
from mcld_app.network.device import kept_device
from mcld_app.perception.operators import ensure_operators

if TYPE_CHECKING:
    from torch import Tensor
    from torch.jit import ScriptModule

Form = Literal["tuple", "dict"]
Order = Literal["BGR", "RGB"]

_TOO_LITTLE = (
    "There is not enough memory on {} to find people in the photo. Close other programs that use it, or choose a "
    "smaller photo."
)
_KEYS = ("pred_boxes", *(f"pred_densepose_{name}" for name in ("coarse_segm", "fine_segm", "u", "v")))


@dataclass(frozen=True, eq=False)
class Instances:
    """What the network found in a picture, N people.

    Attributes:
        boxes: (N, 4) float32 x0, y0, x1, y1 in the picture's pixels; not all need be finite.
        scores: (N,) float32, or None where the export gives none.
        planes: coarse (N, 2 or more, S, S), fine, u and v (N, 25, S, S), as they come; anything where N is 0.
    """

    boxes: np.ndarray
    scores: np.ndarray | None
    planes: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Export:
    """An export, loaded.

    Attributes:
        path: its file.
        model: on its device. On a CPU it is in float32; on CUDA the dict form is in half precision, as its author runs
            it, and the tuple form stays as it is: what a trace noted as float32 cannot be changed.
        device: where it runs.
        form: of what it returns.
        order: of the colours it is given.
    """

    path: Path
    model: ScriptModule
    device: str
    form: Form
    order: Order = "BGR"

    def instances(self, picture: np.ndarray) -> Instances:
        """The people in a picture, (H, W, 3) uint8 RGB.

        Raises:
            BrokenWeights: the model fails, or gives something else than DensePose does.
            StudioError: the memory does not suffice.
        """
        import torch

        colours = picture[..., ::-1] if self.order == "BGR" else picture
        inputs = torch.from_numpy(np.ascontiguousarray(colours.transpose(2, 0, 1)))
        if self.form == "tuple":  # the dict form scales first, and torch scales uint8 on a CPU only; then it moves it
            inputs = inputs.to(self.device)
        try:
            # Each photo has its own size: code made for the last one's would only be made again.
            with torch.inference_mode(), torch.jit.optimized_execution(False):
                outputs = self.model(inputs)
        except torch.OutOfMemoryError as error:
            raise StudioError(_TOO_LITTLE.format(self.device)) from error
        except Exception as error:
            raise BrokenWeights(
                f"{self.path} could not find people in this photo: it stopped with {_reason(error)}. Get the file "
                "again if it does so with other photos too."
            ) from error
        taken = _taken_apart(outputs)
        if taken is None:
            raise BrokenWeights(
                f"{self.path} is no DensePose export: it gives {_described(outputs)}. Put one that is in its place."
            )
        return taken


def load_export(path: Path, device: str | None, *, known: tuple[str, ...], in_cache: bool) -> Export:
    """See `densepose.DensePose.load`."""
    ChecksumManifest().verify(path, known=known, in_cache=in_cache)
    import torch

    device = device or kept_device()
    ensure_operators()
    try:
        model = torch.jit.load(str(path), map_location=device).eval()
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise StudioError(_TOO_LITTLE.format(device)) from error
    except Exception as error:  # a zip of something else makes torch raise several kinds
        raise BrokenWeights(
            f"{path} is damaged, or no TorchScript model: {_reason(error)}. Delete it and get it again."
        ) from error
    form = _form(model)
    if form is None:
        raise BrokenWeights(
            f"{path} is a TorchScript model of something else, not DensePose. Put a DensePose export in its place."
        )
    if not device.startswith("cuda"):
        model = model.float()
    elif form == "dict":
        model = model.half()
    return Export(path, model, device, form)


def _form(model: ScriptModule) -> Form | None:
    """By what `forward` is declared to return, so that nothing has to be run. A picture is all it may need."""
    try:
        schema = model.forward.schema
    except (AttributeError, RuntimeError):  # a module without `forward`
        return None
    needed = [argument for argument in schema.arguments[1:] if not argument.has_default_value()]
    if len(needed) != 1 or len(schema.returns) != 1:
        return None
    returned = schema.returns[0].type
    if returned.kind() == "TupleType":
        return "tuple" if len(returned.elements()) == len(_KEYS) else None
    return {"DictType": "dict", "ListType": "tuple"}.get(returned.kind())


def _taken_apart(outputs: Any) -> Instances | None:
    """What either form gives, where its shapes belong together."""
    import torch

    scores = None
    if isinstance(outputs, Mapping):
        values, scores = [outputs.get(key) for key in _KEYS], outputs.get("scores")
    else:
        values = list(outputs) if isinstance(outputs, Sequence) else []
    if len(values) != len(_KEYS) or not all(isinstance(value, torch.Tensor) for value in values):
        return None
    boxes, *planes = values
    if not boxes.numel():
        return Instances(np.zeros((0, 4), np.float32), None, tuple(planes))
    count = len(boxes) if boxes.dim() else 0
    fits = (
        boxes.shape == (count, 4)
        and all(plane.dim() == 4 and len(plane) == count and min(plane.shape[2:]) > 0 for plane in planes)
        and planes[0].size(1) >= 2
        and all(plane.size(1) == PARTS + 1 for plane in planes[1:])
        and (scores is None or scores.shape == (count,))
    )
    if not fits:
        return None
    return Instances(_numbers(boxes), None if scores is None else _numbers(scores), tuple(planes))


def _numbers(tensor: Tensor) -> np.ndarray:
    return tensor.float().cpu().numpy()


def _reason(error: Exception) -> str:
    """The last line of what torch says, which is where it says what is wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__).rstrip(".")[:200]


def _described(outputs: Any) -> str:
    """What a model gave, for a person."""
    import torch

    if isinstance(outputs, Mapping):
        return "{" + ", ".join(f"{key}: {_described(value)}" for key, value in outputs.items()) + "}"
    if isinstance(outputs, torch.Tensor):
        return " x ".join(map(str, outputs.shape)) or "a number"
    if isinstance(outputs, Sequence) and not isinstance(outputs, str):
        return "(" + ", ".join(_described(value) for value in outputs) + ")"
    return type(outputs).__name__
