"""Whether a person's description names nothing that there is not."""

from __future__ import annotations

from collections.abc import Iterable

from mcld_app.errors import StudioError
from mcld_app.synthetic.drawn.cloth import PATTERNS, WEAVES
from mcld_app.synthetic.drawn.garments import KINDS, NECKS
from mcld_app.synthetic.drawn.hair import STYLES
from mcld_app.synthetic.drawn.spec import DrawnPerson
from mcld_app.synthetic.drawn.store import heads

_DRESSED = ("upper", "lower")


def check_person(person: DrawnPerson) -> None:
    """Raises StudioError where a person has what cannot be drawn, or wears too little to be drawn."""
    _among("hair style", person.hair.style, STYLES)
    for name, _ in person.head.knobs:
        _among("trait of a face", name, heads().knobs)
    for garment in person.garments:
        _among("garment", garment.kind, KINDS)
        _among("neckline", garment.neck, NECKS)
        _among("pattern", garment.cloth.pattern, PATTERNS)
        _among("weave", garment.cloth.weave, WEAVES)
    worn = {KINDS[garment.kind].region for garment in person.garments}
    if not worn >= set(_DRESSED):
        raise StudioError("A drawn person is always dressed: give them something for above the waist and for below it.")


def _among(what: str, name: str, known: Iterable[str]) -> None:
    if name not in known:
        raise StudioError(f"There is no {what} “{name}”. There are: {', '.join(known)}.")
