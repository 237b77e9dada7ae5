"""What drawn people wear: garments that go together, from the skin outwards."""

from __future__ import annotations

import numpy as np

from mcld_app.synthetic.drawn.spec import Cloth, Colour, Garment

COLOURS: tuple[Colour, ...] = (
    (232, 230, 224), (34, 35, 39), (42, 56, 88), (160, 48, 44), (198, 152, 60), (60, 96, 76), (112, 140, 170),
    (126, 82, 110), (192, 124, 100), (92, 90, 86), (168, 152, 124), (54, 108, 122), (206, 182, 186), (98, 42, 52),
    (74, 84, 62), (58, 76, 112), (220, 208, 186), (70, 60, 54),
)  # fmt: skip
DARK = tuple(c for c in COLOURS if sum(c) < 280)
DENIMS: tuple[Colour, ...] = ((64, 82, 112), (46, 60, 88), (98, 118, 146), (40, 42, 48), (92, 94, 98))
LEATHERS: tuple[Colour, ...] = ((58, 42, 34), (104, 66, 42), (34, 31, 30), (128, 92, 62))
MOTIFS = ("star", "wave", "sun", "MCLD", "tree", "ring", "bolt", "heart")


def outfit(rng: np.random.Generator, man: bool) -> tuple[Garment, ...]:
    """Shoes first, then what is worn below and above the waist."""

    def pick(choices):
        return choices[int(rng.integers(len(choices)))]

    kinds = ("casual", "casual", "casual", "shirt", "shirt", "knit", "jacket", "suit", "summer")
    kinds += () if man else ("skirt", "skirt", "dress", "dress", "blouse", "blouse")
    kind = pick(kinds)
    smart = kind in ("suit", "blouse", "dress") or (kind == "shirt" and rng.random() < 0.5)
    shoes = _shoes(rng, pick, smart)
    if kind == "suit":
        wool = Cloth(
            "plain", pick(((44, 48, 60), (38, 38, 41), (78, 78, 80), (56, 50, 46), (60, 68, 92))), weave="wool"
        )
        return shoes, Garment("trousers", wool), Garment("suit-jacket", wool)
    if kind == "dress":
        cloth = _patterned(rng, pick)
        sleeve = pick((0.0, 0.12, 0.16, 1.0))
        top = Garment(
            "tee" if sleeve < 0.2 else "blouse", cloth, sleeve, 1.0, neck=pick(("v", "scoop", "crew", "boat"))
        )
        return (
            shoes,
            top,
            Garment("skirt", cloth, hem=float(rng.uniform(0.30, 0.56)), loose=float(rng.uniform(0, 0.05))),
        )
    lower, upper = _lower(rng, pick, kind, man), _upper(rng, pick, kind, man)
    if kind == "skirt":  # what is worn with a skirt is tucked in
        return (shoes, *upper, lower)
    return (shoes, lower, *upper)


def _shoes(rng: np.random.Generator, pick, smart: bool) -> Garment:
    socks = pick(((34, 34, 38), (52, 56, 66), (96, 94, 92)))
    if smart or rng.random() < 0.3:
        kind = pick(("dress-shoes", "lace-ups")) if smart else "lace-ups"
        return Garment(kind, Cloth("plain", pick(LEATHERS), socks, weave="leather"))
    colour = pick(((226, 225, 220), (48, 50, 56), (176, 174, 168), (120, 48, 46)))
    return Garment("trainers", Cloth("plain", colour, pick(((232, 231, 228), socks))))


def _lower(rng: np.random.Generator, pick, kind: str, man: bool) -> Garment:
    if kind == "skirt":
        if rng.random() < 0.35:
            return Garment("pencil-skirt", Cloth("plain", pick(DARK), weave="wool"))
        return Garment(
            "skirt", _patterned(rng, pick), hem=float(rng.uniform(0.34, 0.60)), loose=float(rng.uniform(0, 0.06))
        )
    if kind == "summer":
        cloth = (
            Cloth("plain", pick(COLOURS), weave="woven")
            if rng.random() < 0.6
            else Cloth("plain", pick(DENIMS), weave="denim")
        )
        return Garment("shorts", cloth, hem=float(rng.uniform(0.50, 0.66)), loose=0.012)
    if rng.random() < (0.35 if kind in ("casual", "jacket", "knit") else 0.75):
        return Garment("trousers", Cloth("plain", pick(COLOURS[1:]), weave="woven"), loose=float(rng.uniform(0, 0.02)))
    cut = pick(("jeans", "jeans", "slim-jeans") if man else ("jeans", "slim-jeans", "slim-jeans"))
    hem = float(rng.uniform(0.12, 0.20)) if rng.random() < 0.2 else 0.0
    return Garment(cut, Cloth("plain", pick(DENIMS), weave="denim"), hem=hem)


def _upper(rng: np.random.Generator, pick, kind: str, man: bool) -> tuple[Garment, ...]:
    neck = pick(("crew", "crew", "v") if man else ("crew", "v", "scoop", "boat"))
    loose = float(rng.uniform(0, 0.02))
    if kind in ("shirt", "blouse"):
        cut = "shirt" if kind == "shirt" else "blouse"
        cloth = _patterned(rng, pick, ("plain", "plain", "plaid", "pinstripes", "stripes", "dots"), "woven")
        return (Garment(cut, cloth, pick((1.0, 1.0, 0.30)), loose=loose * 0.5, neck="high"),)
    if kind == "knit":
        cloth = _patterned(rng, pick, ("plain", "plain", "plain", "stripes", "blocks"), "knit")
        if rng.random() < 0.35:
            return Garment("jumper", cloth, loose=loose + 0.004), Garment("collar", cloth)
        return (Garment("jumper", cloth, loose=loose + 0.004, neck=neck),)
    cut = "tee" if not man or rng.random() < 0.3 else "straight-tee"
    tee = Garment(cut, _printed(rng, pick), pick((0.16, 0.2, 0.25)), loose=loose, neck=neck)
    if kind == "jacket":
        cloth = pick(
            (
                Cloth("plain", pick(DENIMS), weave="denim"),
                Cloth("plain", pick(DARK), weave="leather"),
                Cloth("plain", pick(DARK), weave="wool"),
            )
        )
        return tee, Garment("jacket", cloth, hem=0.92, loose=0.004, neck="v", open=True)
    if kind == "casual" and rng.random() < 0.35:
        return (Garment("long-tee", _printed(rng, pick), pick((1.0, 1.0, 0.40)), loose=loose, neck=neck),)
    if kind == "summer" and not man and rng.random() < 0.4:
        return (Garment("tee", _patterned(rng, pick), 0.0, loose=loose, neck="scoop"),)
    return (tee,)


def _printed(rng: np.random.Generator, pick) -> Cloth:
    if rng.random() < 0.3:
        first = pick(COLOURS)
        return Cloth("plain", first, _other(pick, first), motif=pick(MOTIFS))
    return _patterned(rng, pick, ("plain", "plain", "plain", "stripes", "stripes", "blocks"))


def _patterned(
    rng: np.random.Generator, pick, patterns=("plain", "plain", "stripes", "dots", "plaid"), weave="jersey"
) -> Cloth:
    pattern, first = pick(patterns), pick(COLOURS)
    low, high = {
        "stripes": (0.025, 0.075),
        "dots": (0.03, 0.06),
        "plaid": (0.05, 0.10),
        "pinstripes": (0.03, 0.05),
    }.get(pattern, (0.04, 0.06))
    return Cloth(pattern, first, _other(pick, first), float(rng.uniform(low, high)), weave)


def _other(pick, first: Colour) -> Colour:
    return pick([c for c in COLOURS if sum(abs(a - b) for a, b in zip(c, first, strict=True)) > 170])
