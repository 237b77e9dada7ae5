"""The clothes of the studio: what hangs on the rail, and how each is shown."""

from __future__ import annotations

from dataclasses import dataclass

from mcld_app.body.mannequin.pose import BodyShape, Pose
from mcld_app.synthetic.drawn.spec import Cloth, Colour, DrawnPerson, Garment, Hair, Head, Skin

ECRU, INK, NAVY, RED = (238, 235, 226), (34, 35, 39), (42, 58, 96), (178, 50, 46)
YELLOW, GREEN, TEAL, WINE = (220, 168, 62), (60, 108, 84), (54, 118, 132), (110, 44, 56)
ROSE, SAND = (222, 196, 198), (186, 168, 136)


@dataclass(frozen=True)
class SampleGarment:
    """A garment on the rail: its id and label, the region it is worn on, and what it is made of, the inmost first."""

    id: str
    label: str
    region: str
    made_of: tuple[Garment, ...]


def _cloth(pattern: str, colour: Colour, second: Colour = ECRU, scale: float = 0.05, weave="jersey", motif="") -> Cloth:
    return Cloth(pattern, colour, second, scale, weave, motif)


DENIM, BLACK = _cloth("plain", (64, 82, 112), weave="denim"), _cloth("plain", (40, 42, 48), weave="denim")
WOOL, TWEED = _cloth("plain", (46, 50, 64), weave="wool"), _cloth("plain", (96, 84, 70), weave="wool")
CHINO = _cloth("plain", SAND, weave="woven")
TRAINERS = Garment("trainers", _cloth("plain", (230, 229, 225), (232, 231, 228)), hem=0.112)
BOOTS = Garment("lace-ups", _cloth("plain", (104, 66, 42), (88, 56, 38), weave="leather"))
BLACK_SHOES = Garment("dress-shoes", _cloth("plain", (34, 31, 30), INK, weave="leather"), hem=0.112)


def _shirt(kind: str, pattern: str, colour: Colour, second: Colour = ECRU, scale: float = 0.05) -> tuple[Garment, ...]:
    return (Garment(kind, _cloth(pattern, colour, second, scale, "woven"), neck="high"),)


def _tee(cloth: Cloth, sleeve: float = 0.22, neck: str = "crew") -> tuple[Garment, ...]:
    return (Garment("straight-tee", cloth, sleeve, neck=neck),)


def _roll_neck(colour: Colour) -> tuple[Garment, ...]:
    knit = _cloth("plain", colour, weave="knit")
    return Garment("jumper", knit), Garment("collar", knit)


SAILOR = Garment("long-tee", _cloth("stripes", ECRU, NAVY, 0.044), neck="boat")
STRIPED = Garment("long-tee", _cloth("stripes", ECRU, RED, 0.04))
JUMPER = Garment("jumper", _cloth("plain", (198, 178, 150), weave="knit"), loose=0.006)
JACKET = Garment("suit-jacket", WOOL, neck="high")
CHECKED = _cloth("plaid", (98, 94, 90), (214, 210, 202), 0.07, "wool")
WHITE_TROUSERS = Garment("trousers", _cloth("plain", ECRU, weave="woven"))
SHORTS = Garment("shorts", CHINO, hem=0.60)

GARMENTS: tuple[SampleGarment, ...] = (
    SampleGarment("star-tee", "Star T-shirt", "upper", _tee(_cloth("plain", INK, YELLOW, motif="star"))),
    SampleGarment("mcld-tee", "Lettered T-shirt", "upper", _tee(_cloth("plain", ECRU, RED, motif="MCLD"))),
    SampleGarment("sailor", "Sailor shirt", "upper", (SAILOR,)),
    SampleGarment("plaid-shirt", "Plaid shirt", "upper", _shirt("shirt", "plaid", RED, INK, 0.085)),
    SampleGarment("linen-shirt", "Linen shirt", "upper", _shirt("shirt", "plain", (214, 220, 222))),
    SampleGarment("dotted-blouse", "Dotted blouse", "upper", _shirt("blouse", "dots", ROSE, WINE, 0.045)),
    SampleGarment("turtleneck", "Turtleneck", "upper", _roll_neck(TEAL)),
    SampleGarment("jumper", "Woollen jumper", "upper", (JUMPER,)),
    SampleGarment("tank", "Wave tank top", "upper", _tee(_cloth("plain", YELLOW, NAVY, motif="wave"), 0.0, "scoop")),
    SampleGarment("block-jersey", "Two-tone jersey", "upper", _tee(_cloth("blocks", GREEN, ECRU), 0.25, "v")),
    SampleGarment("suit-jacket", "Suit jacket, shirt and tie", "upper", (JACKET,)),
    SampleGarment("jeans", "Jeans", "bottom", (Garment("jeans", DENIM),)),
    SampleGarment("black-jeans", "Slim black jeans", "bottom", (Garment("slim-jeans", BLACK),)),
    SampleGarment("sand-chinos", "Sand chinos", "bottom", (Garment("trousers", CHINO),)),
    SampleGarment("red-shorts", "Red shorts", "bottom", (Garment("shorts", _cloth("plain", RED), hem=0.58),)),
    SampleGarment("check-trousers", "Checked trousers", "bottom", (Garment("trousers", CHECKED),)),
    SampleGarment("suit-trousers", "Suit trousers", "bottom", (Garment("trousers", WOOL),)),
    SampleGarment("white-sneakers", "White trainers", "shoes", (TRAINERS,)),
    SampleGarment("brown-boots", "Brown boots", "shoes", (BOOTS,)),
    SampleGarment("black-shoes", "Black shoes", "shoes", (BLACK_SHOES,)),
    SampleGarment("look-office", "Office", "outfit", (BLACK_SHOES, Garment("trousers", WOOL), JACKET)),
    SampleGarment("look-stripes", "Denim and stripes", "outfit", (TRAINERS, Garment("jeans", DENIM), STRIPED)),
    SampleGarment(
        "look-summer", "Summer", "outfit", (TRAINERS, SHORTS, *_tee(_cloth("plain", TEAL, ECRU, motif="sun")))
    ),
    SampleGarment("look-autumn", "Autumn", "outfit", (BOOTS, Garment("trousers", TWEED), *_roll_neck(WINE))),
    SampleGarment(
        "look-plaid", "Plaid and black", "outfit",
        (BOOTS, Garment("slim-jeans", BLACK), *_shirt("shirt", "plaid", GREEN, INK, 0.09)),
    ),
    SampleGarment("look-white", "All in white", "outfit", (TRAINERS, WHITE_TROUSERS, *_shirt("blouse", "plain", ECRU))),
)  # fmt: skip

_HEAD = Head((0.33, 0.33, 0.34), 0.5, 0.0)
_SKIN = Skin((210, 162, 130), (180, 120, 104), (88, 60, 38), (58, 42, 32))


def wearer(sample: SampleGarment) -> tuple[DrawnPerson, list[int]]:
    """An average adult with the garment and what else one wears, and the numbers of what belongs to the garment."""
    tee = Garment("straight-tee", _cloth("plain", ECRU), 0.16)
    mine = list(sample.made_of)
    worn = {
        "upper": [TRAINERS, Garment("trousers", CHINO), *mine], "bottom": [TRAINERS, *mine, tee],
        "shoes": [*mine, Garment("shorts", CHINO, hem=0.4), tee], "outfit": mine,
    }[sample.region]  # fmt: skip
    person = DrawnPerson(0, BodyShape(), _HEAD, _SKIN, Hair("shaved", (58, 42, 32)), tuple(worn))
    return person, [k for k, garment in enumerate(worn) if garment in mine]


def pose_of(sample: SampleGarment) -> Pose:
    """How the wearer stands so that the garment is seen whole."""
    if sample.region == "shoes":
        return Pose(angles=_both(shoulder__raise=60), yaw=28, pitch=22, zoom=2.9, shift_y=0.72)
    if sample.region == "bottom":
        return Pose(angles=_both(hip__side=6, shoulder__raise=70), zoom=1.75, shift_y=0.33)
    if sample.region == "outfit":
        return Pose(angles=_both(hip__side=5, shoulder__raise=18, elbow__bend=2), zoom=1.08, shift_y=0.06)
    long = any(garment.sleeve > 0.3 for garment in sample.made_of)
    arms = _both(shoulder__raise=14 if long else 42, elbow__bend=2)
    return Pose(angles=arms, zoom=1.75 if long else 2.0, shift_y=-0.24 if long else -0.33)


def _both(**angles: float) -> dict[str, float]:
    return {f"{side}_{key.replace('__', '.')}": v for key, v in angles.items() for side in ("left", "right")}
