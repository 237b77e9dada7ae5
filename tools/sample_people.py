"""The cast of the studio: who the sample people are, what they wear, how they stand."""

from __future__ import annotations

from dataclasses import replace

from mcld_app.body.mannequin.pose import Pose, named_poses
from mcld_app.synthetic.drawn.garments import KINDS
from mcld_app.synthetic.drawn.people import make_person
from mcld_app.synthetic.drawn.spec import Cloth, Colour, DrawnPerson, Garment, Hair

# Hands hang beside the thighs, and weight rests on one leg.
_EASE = {
    "left_shoulder.raise": 3.0, "right_shoulder.raise": 2.0, "left_elbow.bend": 10.0, "right_elbow.bend": 14.0,
    "right_shoulder.forward": 4.0, "left_hip.side": 2.0, "right_hip.side": 2.0, "left_elbow.twist": 40.0,
    "right_elbow.twist": 40.0,
}  # fmt: skip

WALLS = {
    "grey": (222, 223, 226), "warm": (226, 220, 212), "blue": (208, 216, 226), "green": (212, 220, 212),
    "rose": (228, 216, 214), "white": (238, 238, 238),
}  # fmt: skip
WHITE, INK, NAVY, RED, GREEN = (232, 230, 224), (34, 35, 39), (42, 56, 88), (160, 48, 44), (60, 96, 76)
DENIM, BLACK_DENIM = Cloth("plain", (64, 82, 112), weave="denim"), Cloth("plain", (40, 42, 48), weave="denim")
BROWN = Cloth("plain", (104, 66, 42), (52, 56, 66), weave="leather")
TRAINERS = Garment("trainers", Cloth("plain", (226, 225, 220)))
LACED, SMART = Garment("lace-ups", BROWN), Garment("dress-shoes", Cloth("plain", (40, 36, 34), INK, weave="leather"))
JEANS, SLIM = Garment("jeans", DENIM), Garment("slim-jeans", BLACK_DENIM)
MAUVE = Cloth("plain", (126, 82, 110), weave="knit")
OCHRE = Cloth("plain", (198, 152, 60), weave="knit")
CHARCOAL = Cloth("plain", (52, 53, 58), weave="wool")


def _standing(yaw: float = 8.0) -> Pose:
    return Pose(angles=_EASE, yaw=yaw)


def _trimmed(person: DrawnPerson) -> DrawnPerson:
    """Skirts that end at the knee, under a longer one nothing is known of the legs; and tops that end where those on
    the rail do, so that nothing of them hangs out below another."""

    def cut(garment: Garment) -> Garment:
        kind = KINDS[garment.kind]
        if garment.kind == "skirt":
            return replace(garment, hem=max(garment.hem, 0.60))
        trims = kind.region == "upper" and garment.kind != "suit-jacket"
        return replace(garment, hem=max(garment.hem, 0.955), loose=min(garment.loose, 0.004)) if trims else garment

    return replace(person, garments=tuple(map(cut, person.garments)))

_RELAXED = -30.0  # degrees that relaxed arms are turned in the page's poses


def _of_colour(garment: Garment, colour: Colour) -> Garment:
    """A top in another colour; what is no top stays as it is."""
    upper = KINDS[garment.kind].region == "upper"
    return replace(garment, cloth=replace(garment.cloth, colour=colour)) if upper else garment


def _with_straight_hands(pose: Pose) -> Pose:
    """A pose as the page's were when the people were drawn: no hand was relaxed, or turned for that."""
    kept = {
        key: degrees
        for key, degrees in pose.angles.items()
        if not key.endswith("fingers.bend") and not (key.endswith("elbow.twist") and degrees == _RELAXED)
    }
    return pose.replace(angles=kept)


def people() -> list[tuple[str, str, DrawnPerson, Pose, tuple[int, int, int]]]:
    """Id, label, person, pose and wall of each, in the page's order."""
    named = {name: _with_straight_hands(pose) for name, pose in named_poses().items()}

    def one(name, label, seed, pose, wall, hair=None, wears=None, top=None):
        person = make_person(seed)
        if hair is not None:
            person = replace(person, hair=Hair(*hair))
        if wears is not None:
            person = replace(person, garments=wears)
        if top is not None:
            person = replace(person, garments=tuple(_of_colour(garment, top) for garment in person.garments))
        return name, label, _trimmed(person), pose, WALLS[wall]

    return [
        one(
            "mara",
            "Mara",
            17,
            named["standing"],
            "grey",
            ("long", (82, 52, 36)),
            (TRAINERS, JEANS, Garment("tee", Cloth("stripes", WHITE, NAVY, 0.045), 0.16, neck="boat")),
        ),
        one(
            "tomas",
            "Tomás",
            36,
            _standing(),
            "warm",
            None,
            (LACED, SLIM, Garment("long-tee", Cloth("plain", GREEN), loose=0.006)),
        ),
        one("ines", "Inês", 14, named["hands-on-hips"], "blue"),
        one("joel", "Joel", 24, _standing(-8), "grey"),
        one("aiko", "Aiko", 27, named["three-quarter"], "white", ("fringe", (26, 21, 20))),
        one("samir", "Samir", 11, named["a-pose"], "warm"),
        one(
            "nadia",
            "Nadia",
            74,
            _standing(-6),
            "rose",
            None,
            (
                LACED,
                Garment("trousers", Cloth("plain", (92, 90, 86), weave="woven"), loose=0.01),
                Garment("blouse", Cloth("plain", (54, 108, 122), weave="woven"), neck="high", loose=0.008),
                Garment("headscarf", Cloth("plain", (206, 182, 186), weave="woven")),
            ),
        ),
        one(
            "leo",
            "Leo",
            8,
            _standing(),
            "grey",
            None,
            (TRAINERS, SLIM, Garment("jumper", MAUVE), Garment("collar", MAUVE)),
        ),
        one("ruth", "Ruth", 31, named["walking-front"], "green"),
        one(
            "kofi",
            "Kofi",
            7,
            _standing(),
            "warm",
            None,
            (SMART, Garment("trousers", CHARCOAL), Garment("jumper", OCHRE), Garment("collar", OCHRE)),
        ),
        one(
            "lena",
            "Lena",
            39,
            named["three-quarter-left"],
            "blue",
            None,
            (TRAINERS, SLIM, Garment("tee", Cloth("plaid", (206, 182, 186), (98, 42, 52), 0.07), 0.2, neck="v")),
        ),
        one(
            "zuri",
            "Zuri",
            9,
            named["hands-on-hips"],
            "white",
            ("afro", (26, 21, 20)),
            (
                TRAINERS,
                Garment("shorts", Cloth("plain", GREEN, weave="woven"), hem=0.58, loose=0.008),
                Garment("tee", Cloth("dots", WHITE, NAVY, 0.05), 0.0, neck="scoop"),
            ),
        ),
        one("emil", "Emil", 3, _standing(-10), "grey"),
        one("pilar", "Pilar", 28, _standing(), "warm"),
        one("chidi", "Chidi", 12, _standing(6), "blue"),
        one("sofia", "Sofia", 21, _standing(-8), "white"),
        one("marek", "Marek", 22, named["relaxed"], "rose"),
        one("yuna", "Yuna", 66, _standing(10), "grey"),
        one("omar", "Omar", 30, _standing(-6), "green"),
        one("tess", "Tess", 0, named["standing"], "warm"),
        one("haruto", "Haruto", 58, _standing(), "white"),
        one("amara", "Amara", 4, _standing(-8), "rose"),
        one("viktor", "Viktor", 33, _standing(6), "blue", top=GREEN),  # his own is of his skin's colour
        one("asha", "Asha", 37, _standing(8), "grey"),
    ]
