"""ONNX networks, opened from files that were vouched for, without a word on the console: on CUDA where onnxruntime has
it, else on the CPU."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mcld_app.checkpoints import BrokenWeights, ChecksumManifest, Found
from mcld_app.deployment import threads
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

_FATAL = 4  # of onnxruntime's severities; what matters comes as an exception too


def open_network(found: Found, takes: tuple[int, ...], gives: Sequence[tuple[int, ...]]) -> InferenceSession:
    """Open a network, and run it once on zeros to see that it is the one expected.

    Args:
        found: the file. Its hash is checked before anything reads it.
        takes: a shape of its one float32 input.
        gives: the shapes of its outputs for that input, in order, each of two sides; a leading 1 more is no difference.

    Raises:
        UntrustedWeights: nobody has vouched for the file.
        BrokenWeights: it is cut short, a web page, changed, no ONNX, or another network.
        StudioError: onnxruntime or insightface is not installed.
    """
    ChecksumManifest().verify(found.path, known=found.weight.known, in_cache=found.in_cache)
    try:
        # insightface's first: it turns onnxruntime's telemetry off, which must happen before that is loaded.
        from insightface.model_zoo.onnxruntime_utils import preload_cuda_libraries
        from onnxruntime import InferenceSession, SessionOptions, get_available_providers, set_default_logger_severity
    except ImportError as error:
        raise StudioError(
            "Faces need insightface and onnxruntime, and they cannot be loaded here. Type `python -m pip install -r "
            "requirements.txt`."
        ) from error
    set_default_logger_severity(_FATAL)
    options = SessionOptions()
    # Said by us, because onnxruntime by itself pins its threads to cores, which containers forbid.
    options.intra_op_num_threads = _cores()
    choices = [["CPUExecutionProvider"]]
    if "CUDAExecutionProvider" in get_available_providers():
        choices.insert(0, ["CUDAExecutionProvider", "CPUExecutionProvider"])
    session, outputs, failed = None, [], None
    for providers in choices:
        try:
            preload_cuda_libraries(providers)
            # Its own way of falling back prints, so ours is this loop.
            session = InferenceSession(str(found.path), options, providers=providers, enable_fallback=0)
            outputs = session.run(None, {session.get_inputs()[0].name: np.zeros(takes, np.float32)})
            break
        except Exception as error:  # onnxruntime's errors share no base but this
            failed = error
    if session is None:
        raise BrokenWeights(
            f"{found.path} is cut short or damaged: onnxruntime cannot read it. Delete it and get it again."
        ) from failed
    if [_sides(output) for output in outputs] != list(gives):
        raise BrokenWeights(
            f"{found.path} is not the {found.weight.label}: that takes {_shapes_in_words(takes)} numbers and gives "
            f"{_shapes_in_words(*gives)}. Get {found.weight.url} and put it there."
        ) from failed
    return session


def _cores() -> int:
    """Those this process may use; as many as OMP_NUM_THREADS says, as for torch."""
    if (allowed := threads()) is not None:
        return allowed
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _sides(output: np.ndarray) -> tuple[int, ...]:
    shape = np.shape(output)
    return shape[1:] if len(shape) == 3 and shape[0] == 1 else shape


def _shapes_in_words(*shapes: tuple[int, ...]) -> str:
    return ", ".join(" x ".join(str(side) for side in shape) for shape in shapes)
