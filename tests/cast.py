"""The studio's people by what they wear and have: a test asks for a property, and not for a name."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from mcld_app.editing import samples
from mcld_app.editing.person import Person
from mcld_app.synthetic.drawn.garments import KINDS
from mcld_app.synthetic.drawn.spec import DrawnPerson, Garment
from tools.sample_people import people

Property = Callable[[DrawnPerson], bool]


@cache
def specs() -> dict[str, DrawnPerson]:
    """What each sample person was drawn from, by id (person:NAME), in the page's order."""
    return {f"person:{name}": person for name, _, person, *_ in people()}


def everybody(*wanted: Property) -> tuple[str, ...]:
    """The ids of all who have these properties; a test of nobody would hold whatever happens, so that is an error."""
    found = tuple(name for name, person in specs().items() if all(has(person) for has in wanted))
    if not found:
        raise LookupError(f"Nobody of the sample people has all of: {', '.join(has.__name__ for has in wanted)}.")
    return found


def somebody(*wanted: Property) -> Person:
    """The first who has these properties."""
    return samples.sample_person(everybody(*wanted)[0])


def _worn(person: DrawnPerson, region: str) -> list[Garment]:
    return [garment for garment in person.garments if KINDS[garment.kind].region == region]


def in_a_skirt(person: DrawnPerson) -> bool:
    return any(KINDS[garment.kind].hangs for garment in person.garments)


def in_a_wide_skirt(person: DrawnPerson) -> bool:
    return any(garment.kind == "skirt" for garment in person.garments)


def in_narrow_trousers(person: DrawnPerson) -> bool:
    """They lie so close that nothing of them stands off."""
    return any(garment.kind in ("slim-jeans", "jeans") for garment in person.garments)


def with_bare_arms(person: DrawnPerson) -> bool:
    return bool(_worn(person, "upper")) and all(garment.sleeve <= 0.25 for garment in _worn(person, "upper"))


def with_long_sleeves(person: DrawnPerson) -> bool:
    return any(garment.sleeve >= 0.5 for garment in _worn(person, "upper"))


def with_bare_legs(person: DrawnPerson) -> bool:
    return in_a_skirt(person) or any(garment.kind == "shorts" for garment in person.garments)


def with_long_hair(person: DrawnPerson) -> bool:
    return person.hair.style == "long"


def with_short_hair(person: DrawnPerson) -> bool:
    return person.hair.style in ("crop", "shaved", "bald")


def with_red_hair(person: DrawnPerson) -> bool:
    red, green, blue = person.hair.colour
    return red > 2 * green and red > 2 * blue


def without_hair(person: DrawnPerson) -> bool:
    """None that stands off the head."""
    return person.hair.style in ("shaved", "bald")


def hem_of_top(name: str) -> float:
    """Metres above the floor, on the average adult, where somebody's uppermost garment ends."""
    return min(garment.hem for garment in _worn(specs()[name], "upper"))


def in_a_turtleneck(person: DrawnPerson) -> bool:
    return any(garment.kind == "collar" for garment in person.garments)
