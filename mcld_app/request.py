"""What the page, the command line and the engine say to each other: one typed request, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

import numpy as np

from mcld_app.errors import StudioError

MAX_SEED = 2**63 - 1
MAX_STEPS = 200
MAX_GUIDANCE = 30
MAX_FACE_WEIGHT = 2

MAX_PICTURES = 24
"""Pictures drawn for one request."""

MAX_SERIES = 64
"""Poses of one series, which are drawn one after another."""

MAX_SHEET = 36
"""Pictures of one contact sheet: all sample people, and as many of one's own as a visit keeps."""

MAX_SEEDS = 64
"""Seeds of one recipe; those of more than one request are drawn by the command line."""

MAX_COUNT = 8
"""Pictures of one look that the page asks for at once: seeds in a row."""

MAX_UPLOAD = 20 << 20
"""Bytes of one file that somebody brings to the page."""

SCHEDULERS: Mapping[str, str] = MappingProxyType(
    {"ddim": "DDIM, as the authors", "dpm++": "DPM-Solver++, few steps", "unipc": "UniPC, few steps"}
)
"""The one table of schedulers: name -> what the page calls it. `checkpoints.schedulers` knows how each is made."""

SchedulerName = Literal[tuple(SCHEDULERS)]
"""A name in `SCHEDULERS`, for the API's description."""


def within(what: str, value, low: float, high: float, *, whole: bool = False) -> None:
    """Raises StudioError where `value` is no (whole) number from `low` to `high`; `what` begins the sentence."""
    good = isinstance(value, (int, np.integer) if whole else (int, float, np.integer, np.floating))
    if not good or isinstance(value, bool) or not low <= value <= high:  # NaN is not between anything
        kind = "a whole number" if whole else "a number"
        ends = (low, high) if whole else (f"{low:g}", f"{high:g}")
        raise StudioError(f"{what} must be {kind} from {ends[0]} to {ends[1]}.")


@dataclass(frozen=True, eq=False)
class Face:
    """Somebody's face, in one of three ways, of which the first that a model can use counts.

    Attributes:
        identity: (512,) float32 raw face identity (ArcFace, not normalised).
        head: (64, 64, 3) uint8 RGB, see `head_crop.crop_head`: where no identity is given, a model that brings a face
            encoder of its own takes it from here.
        photo, iuv: (H, W, 3) uint8 RGB and its IUV map of the same size: a model without such an encoder has the face
            looked for in the photo, on the body that the map says.
    """

    identity: np.ndarray | None = None
    head: np.ndarray | None = None
    photo: np.ndarray | None = None
    iuv: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Conditions:
    """What one picture is drawn from: the paper's four conditions. Arrays are read, never changed.

    Attributes:
        photo: I, (H, W, 3) uint8 RGB, framed to 11:16 (it is squeezed to the network's square).
        texture: A, (512, 512, 3) uint8 RGB texture map.
        pose: P, (H, W, 3) uint8 IUV map, channels I, U, V.
        face: F; None = no face.
        other_face, face_mix: another face that F is turned towards, and how far, 0..1 (`identity.between`).
        face_weight: how much F counts (paper, eq. 3: lambda), 0..2.
        coverage: (512, 512) bool, the texels that were seen or put there on purpose, for a model that fills the others
            itself; None = all that are not black.
        stands_off: (H, W, 4) uint8 RGBA of the pose's aspect, hair, skirts and wide clothes where they are seen in the
            pose, for a model that is shown the texture preview: alpha 255 there, else 0. No other model is given it:
            the published one takes IUV maps as DensePose makes them, which know the body's surface alone. None = none.
    """

    photo: np.ndarray
    texture: np.ndarray
    pose: np.ndarray
    face: Face | None = None
    coverage: np.ndarray | None = None
    other_face: Face | None = None
    face_mix: float = 0.0
    face_weight: float = 0.5
    stands_off: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Conditioning:
    """How conditions are made of a person's photo: for each model as in its training.

    Attributes:
        texture: "fast", the studio's own extraction of the texture map, or "exact", the authors'; see
            `body.texture.extraction`.
        holes: "filled", what no picture shows is guessed as the look says; or "open", it stays black.
        outline: (24, 200, 200) bool, the charts' outline for the exact extraction; None = made from the charts.
    """

    texture: Literal["fast", "exact"] = "fast"
    holes: Literal["filled", "open"] = "filled"
    outline: np.ndarray | None = field(default=None, repr=False)

    @property
    def seen_only(self) -> bool:
        """Whether edits, too, bring the texels that their pictures show, and no guesses."""
        return self.texture == "exact" or self.holes == "open"


STUDIO = Conditioning()
"""As the studio shows it, and as its own small models are trained: every texel has a colour."""

AUTHORS = Conditioning("exact", "open")
"""As the authors' preprocessing: byte for byte but for the charts' outline, which is made from the charts."""


@dataclass(frozen=True)
class Settings:
    """How pictures are drawn.

    Attributes:
        steps: denoising steps, 1..200.
        guidance: classifier-free guidance, 0..30; 1 or less does without.
        scheduler: one of `SCHEDULERS`; "ddim" as the authors, the others for few steps.
        focus: also say where the network looked.
        preview: whether a model that sees the texture preview is shown it; off, the paper's own conditions are all it
            has.
        fill_holes: an experiment: a model that is given its texture map with open holes is given it filled.
    """

    steps: int = 20
    guidance: float = 3.5
    scheduler: str = "ddim"
    focus: bool = False
    preview: bool = True
    fill_holes: bool = False

    def __post_init__(self) -> None:
        """Raises StudioError for a value out of range."""
        within("The number of steps", self.steps, 1, MAX_STEPS, whole=True)
        within("Guidance", self.guidance, 0, MAX_GUIDANCE)
        if self.scheduler not in tuple(SCHEDULERS):  # it may be anything, unhashable too
            raise StudioError(f"There is no scheduler {self.scheduler!r}. Choose one of: {', '.join(SCHEDULERS)}.")


@dataclass(frozen=True, eq=False)
class Job:
    """One picture to draw: its conditions and its seed (0 .. 2**63 - 1)."""

    conditions: Conditions
    seed: int = 0

    def __post_init__(self) -> None:
        within("A seed", self.seed, 0, MAX_SEED, whole=True)


@dataclass(frozen=True, eq=False)
class Progress:
    """Told after each step.

    Attributes:
        step, steps: of the batch being drawn, from 1.
        done, jobs: pictures finished before this batch, and in all.
        step_pictures: list of (h, w, 3) uint8 RGB small pictures of what is being drawn (None where not asked for).
        batch: how many pictures are being drawn at once.
    """

    step: int
    steps: int
    done: int
    jobs: int
    step_pictures: list[np.ndarray] | None
    batch: int = 1

    @property
    def share(self) -> float:
        """How much of all is done, 0..1."""
        return (self.done + self.batch * self.step / self.steps) / self.jobs


@dataclass(frozen=True, eq=False)
class Drawn:
    """A drawn picture and what is needed to draw it again.

    Attributes:
        picture: (H, W, 3) uint8 RGB, 11:16.
        seed: as asked for.
        focus: None, or name -> (h, w) float32.
        device, dtype, batch, fallback: how it was drawn: the same four give the same picture, bit for bit on the same
            kind of processor; another one sums in another order, which moves a grey level here and there.
        others: the same drawing at the further sizes that were asked for, as `picture`. Each is made from what the
            network drew, none from another result.
    """

    picture: np.ndarray
    seed: int
    focus: dict[str, np.ndarray] | None
    device: str
    dtype: str
    batch: int
    fallback: str
    others: tuple[np.ndarray, ...] = ()
