"""Small ONNX networks with antelopev2's inputs and outputs, whose answers can be worked out by hand.

The detector takes plain red, green and blue spots for faces: a red cell of 8 x 8 pixels of its input, a green one of
16 x 16, a blue one of 32 x 32 gives one face at that stride, with its box and points at fixed distances. It misses a
spot that fills its input, as SCRFD misses such faces. The identity network is a fixed random projection of the face's
mean colours.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)
COLOURS = {8: (255, 0, 0), 16: (0, 255, 0), 32: (0, 0, 255)}  # RGB
GREY = (128, 128, 128)

# Of the first anchor, in strides from the top left corner of its cell.
LEFT, TOP, RIGHT, BOTTOM = 1.0, 1.5, 2.0, 2.5
POINTS = np.array([[0, 0], [1, 0.125], [0.5, 0.5], [0.125, 1], [0.875, 1.125]], np.float32)

DETECTOR, IDENTITY = "scrfd_10g_bnkps.onnx", "glintr100.onnx"

_SIZE_OF_HEADS = 640
_CELLS = 14  # of a face, each way, that the identity network tells apart


def write_detector(path: Path, *, heads: int = 9) -> Path:
    """SCRFD's form: 1 x 3 x H x W in; scores, boxes and points out, each for three strides of two anchors. With fewer
    heads, some of the last are left out."""
    made = _Graph()
    mean = made("GlobalAveragePool", ["input"])
    cells = {
        stride: made("AveragePool", ["input"], kernel_shape=[stride, stride], strides=[stride, stride])
        for stride in STRIDES
    }
    outputs: list[tuple[str, list[int]]] = []
    for kind, numbers in (("score", 1), ("box", 4), ("points", 10)):
        for stride in STRIDES:
            if kind == "score":
                raw = made("Sub", [_match(made, cells[stride], stride), _fills(made, mean, stride)])
                raw = made("Sigmoid", [raw])
            else:
                raw = _constant(made, cells[stride], _distances(kind))
            rows = made("Transpose", [raw], perm=[0, 2, 3, 1])
            name = f"{kind}_{stride}"
            made("Reshape", [rows, made.array(np.array([-1, numbers]))], output=name)
            # Declared for one size, as exporters write them, though the input is open.
            outputs.append((name, [2 * (_SIZE_OF_HEADS // stride) ** 2, numbers]))
    return made.write(path, [1, 3, "height", "width"], outputs[:heads])


def write_identity(path: Path, *, numbers: int = 512) -> Path:
    """ArcFace's form: 1 x 3 x 112 x 112 in, 1 x 512 out."""
    made = _Graph()
    side = 112 // _CELLS
    pooled = made("AveragePool", ["input"], kernel_shape=[side, side], strides=[side, side])
    flat = made("Flatten", [pooled])
    made("MatMul", [flat, made.array(projection(numbers))], output="embedding")
    return made.write(path, [1, 3, 112, 112], [("embedding", [1, numbers])])


def projection(numbers: int = 512) -> np.ndarray:
    """(588, numbers) float32: from mean colours, by channel, row, column, to an identity."""
    return np.random.default_rng(0).normal(size=(3 * _CELLS**2, numbers)).astype(np.float32)


def identity_of(face: np.ndarray) -> np.ndarray:
    """What the identity network makes of an aligned face, (112, 112, 3) uint8 RGB: (512,) float32, worked out here."""
    cells = (face.astype(np.float64) / 127.5 - 1).reshape(_CELLS, 112 // _CELLS, _CELLS, 112 // _CELLS, 3).mean((1, 3))
    return (cells.transpose(2, 0, 1).ravel() @ projection()).astype(np.float32)


def draw(
    size: tuple[int, int], *spots: tuple[int, int, int], scale: float = 1, ground: int | None = None
) -> np.ndarray:
    """A photo of (height, width) with spots of one cell each: (stride, row, column) of that stride's grid, of a photo
    that the detector sees `scale` times smaller. Grey behind, or noise from a seed."""
    photo = np.full((*size, 3), GREY, np.uint8)
    if ground is not None:
        photo = np.random.default_rng(ground).integers(60, 190, (*size, 3)).astype(np.uint8)
    for stride, row, column in spots:
        side = round(stride * scale)
        photo[row * side : (row + 1) * side, column * side : (column + 1) * side] = COLOURS[stride]
    return photo


def box_of(stride: int, row: int, column: int, scale: float = 1) -> tuple[float, float, float, float]:
    """(top, left, height, width) of the face that such a spot is, in pixels of the photo."""
    unit = stride * scale
    return (row - TOP) * unit, (column - LEFT) * unit, (TOP + BOTTOM) * unit, (LEFT + RIGHT) * unit


def points_of(stride: int, row: int, column: int, scale: float = 1) -> np.ndarray:
    """Its points, (5, 2) x, y."""
    return (POINTS + np.float32([column, row])) * np.float32(stride * scale)


def _match(made: _Graph, pooled: str, stride: int) -> str:
    """How plainly a cell has the stride's colour, for two anchors; the second is less sure by 1."""
    own = np.where(np.array(COLOURS[stride]) > 0, 4.0, -4.0)
    return _convolution(made, pooled, np.stack([own, own]), np.array([-10.5, -11.5]))


def _fills(made: _Graph, mean: str, stride: int) -> str:
    own = np.where(np.array(COLOURS[stride]) > 0, 20.0, -20.0)
    return made("Relu", [_convolution(made, mean, own[None], np.array([-40.0]))])


def _constant(made: _Graph, pooled: str, values: np.ndarray) -> str:
    return _convolution(made, pooled, np.zeros((len(values), 3)), values)


def _distances(kind: str) -> np.ndarray:
    """Of both anchors; the second's box reaches a bit farther, and its points are elsewhere."""
    if kind == "box":
        return np.array([LEFT, TOP, RIGHT, BOTTOM, LEFT + 0.1, TOP + 0.1, RIGHT + 0.1, BOTTOM + 0.1])
    return np.concatenate([POINTS.ravel(), POINTS.ravel() + 0.1])


def _convolution(made: _Graph, source: str, weight: np.ndarray, bias: np.ndarray) -> str:
    return made("Conv", [source, made.array(np.float32(weight)[..., None, None]), made.array(np.float32(bias))])


class _Graph:
    """Nodes and arrays, named in order."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.arrays: list[onnx.TensorProto] = []

    def __call__(self, kind: str, inputs: list[str], output: str | None = None, **attributes: object) -> str:
        name = output or f"node_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def array(self, values: np.ndarray) -> str:
        name = f"array_{len(self.arrays)}"
        self.arrays.append(numpy_helper.from_array(values, name))
        return name

    def write(self, path: Path, takes: list[int | str], outputs: list[tuple[str, list[int]]]) -> Path:
        inputs = [helper.make_tensor_value_info("input", TensorProto.FLOAT, takes)]
        gives = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs]
        graph = helper.make_graph(self.nodes, "small", inputs, gives, self.arrays)
        path.parent.mkdir(parents=True, exist_ok=True)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, str(path))
        return path
