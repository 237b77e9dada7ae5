"""What makes a drawn person: all of it numbers and names, so it can be compared, hashed and made up from a seed."""

from __future__ import annotations

from dataclasses import dataclass, field

from mcld_app.body.mannequin.pose import BodyShape

Colour = tuple[int, int, int]  # sRGB, 0..255


@dataclass(frozen=True)
class Head:
    """A head's shape.

    Attributes:
        races: shares of "african", "asian" and "caucasian" shapes; they sum to 1.
        man: 0 (a woman's) .. 1 (a man's).
        old: 0 (young adult) .. 1 (old).
        knobs: name -> -1..1 of `store.Heads.knobs`, as pairs; what is not named is 0.
    """

    races: tuple[float, float, float]
    man: float
    old: float
    knobs: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Skin:
    """Colours of skin and face.

    Attributes:
        tone: the cheeks' colour.
        lips, iris, brows: colours.
        brow: how thick brows are, 0.5..1.6.
        brow_lift: metres that brows sit higher than usual, -0.003..0.004.
        beard: 0 (shaved) .. 1 (full); `cut` is "full", "stubble", "moustache" or "goatee".
        makeup: 0..1, lids and lips.
        freckles: 0..1.
        blush: 0..1.
    """

    tone: Colour
    lips: Colour
    iris: Colour
    brows: Colour
    brow: float = 1.0
    brow_lift: float = 0.0
    beard: float = 0.0
    cut: str = "full"
    makeup: float = 0.0
    freckles: float = 0.0
    blush: float = 0.5


@dataclass(frozen=True)
class Hair:
    """Hair: `style` is one of `hair.STYLES`, with its colour."""

    style: str
    colour: Colour


@dataclass(frozen=True)
class Cloth:
    """A cloth.

    Attributes:
        pattern: one of `cloth.PATTERNS`.
        colour, second: base colour and the pattern's.
        scale: metres between repeats.
        weave: one of `cloth.WEAVES`.
        motif: what is printed on the chest, "" for nothing.
    """

    pattern: str
    colour: Colour
    second: Colour = (240, 238, 232)
    scale: float = 0.05
    weave: str = "jersey"
    motif: str = ""


@dataclass(frozen=True)
class Garment:
    """One garment.

    Attributes:
        kind: one of `garments.KINDS`.
        cloth: what it is made of.
        sleeve: metres of sleeve from the shoulder along the arm; 0: none.
        hem: metres above the floor, on the average adult, where it ends; of shoes, where they end at the top. 0: where
            the kind ends by itself.
        loose: metres it stands off more than it usually does.
        neck: "crew", "v", "scoop", "boat" or "high".
        open: the front is open over what lies under it.
    """

    kind: str
    cloth: Cloth
    sleeve: float = 1.0
    hem: float = 0.0
    loose: float = 0.0
    neck: str = "crew"
    open: bool = False


@dataclass(frozen=True)
class DrawnPerson:
    """A drawn person; the same values give the same picture on every machine. Garments: from the skin outwards."""

    seed: int
    body: BodyShape
    head: Head
    skin: Skin
    hair: Hair
    garments: tuple[Garment, ...] = field(default=())
