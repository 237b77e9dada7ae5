"""A person and all that was changed about them: the edits' texture map, worked out once and kept."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from mcld_app.body.lengths import differ
from mcld_app.body.shells.places import is_on_leg
from mcld_app.body.shells.shell import Shell
from mcld_app.body.shells.trouser_legs import CutLegs
from mcld_app.body.texture.completion import coloured, complete
from mcld_app.body.texture.garment_line import GarmentLine
from mcld_app.body.texture.leg_folds import are_cut
from mcld_app.body.texture.photo_reading import PhotoSource, taken
from mcld_app.body.texture.skin import covers_toes
from mcld_app.body.texture.texture_map import TextureMap, merge
from mcld_app.editing.edits.edit import Edit
from mcld_app.editing.person import Person
from mcld_app.errors import StudioError
from mcld_app.once import cached_property
from mcld_app.request import Conditioning

FILLS = {
    "smooth": "From the other half of the body, then smoothly",
    "symmetry": "From the other half of the body only",
    "photos": "From the person’s other photos, then smoothly",
    "inpaint": "From the other half, then by inpainting",
    "none": "Left open",
}
"""How texels that no picture shows are guessed: name -> what the page says."""


_WHOLE = ("smooth", "photos", "inpaint")  # of these, the ways that leave no leg open


def checked_fill(how: object) -> str:
    """The name itself, where it is a key of `FILLS`; StudioError where it is not."""
    if not isinstance(how, str) or how not in FILLS:
        told = str(how)[:40]
        raise StudioError(f"There is no way {told!r} to fill what no picture shows. Choose one of: {', '.join(FILLS)}.")
    return how


@dataclass(frozen=True, eq=False)
class Appearance:
    """A person under a list of edits. One more edit costs one edit, a change of pose nothing.

    Attributes:
        person: whom the edits are made on.
        others: other photos of the same person, as people of their own.
        edits: in the order they are made; those that are off do not count.
        below: the same without the last edit; None where there is none.
    """

    person: Person
    others: tuple[Person, ...] = ()
    edits: tuple[Edit, ...] = ()
    below: Appearance | None = field(default=None, repr=False)

    @cached_property
    def seen(self) -> TextureMap:
        """The edited texture map. Where neither the person's photo nor an edit says anything, it has holes."""
        if not self.edits:
            return self.person.texture
        below, last = self.below.seen, self.edits[-1]
        return last.after(self.below.edits, self.person).apply(below, self.person) if last.on else below

    @cached_property
    def shells(self) -> tuple[Shell, ...]:
        """What stands off the body under the edits: the person's own hair and skirt, or what an edit put there."""
        if not self.edits:
            return self.person.shells
        below, last = self.below.shells, self.edits[-1]
        return last.hang(below) if last.on else below

    @cached_property
    def changed(self) -> np.ndarray:
        """Which texels are not the person's own: (512, 512) bool."""
        own = self.person.texture
        return differ(self.seen.image, own.image) | (self.seen.coverage & ~own.coverage)

    @cached_property
    def reshaped(self) -> np.ndarray:
        """Which texels show clothes or hair whose outline is not the photo's: (512, 512) bool."""
        if not self.edits:
            return np.zeros(self.person.texture.coverage.shape, bool)
        below, last = self.below, self.edits[-1]
        if not last.on or not last.reshapes:
            return below.reshaped
        new = differ(self.seen.image, below.seen.image) | (self.seen.coverage & ~below.seen.coverage)
        return below.reshaped | new

    @cached_property
    def shown_by(self) -> tuple[np.ndarray, tuple[Person, ...]]:
        """Which photo each texel is taken from: (512, 512) uint8, 0 for none of them (paint, a colour, a guess), else
        the number, from 1, of one of the people beside it."""
        if not self.edits:
            return self.person.texture.coverage.astype(np.uint8), (self.person,)
        which, people = self.below.shown_by
        last, before = self.edits[-1], self.below.seen
        if not last.on:
            return which, people
        new = differ(self.seen.image, before.image) | (self.seen.coverage != before.coverage)
        which = np.where(new, np.uint8(0), which)
        shown = last.shows(before)
        if shown is not None:
            donor, texels = shown
            people = people if donor in people else (*people, donor)
            which[texels] = people.index(donor) + 1
        return which, people

    @cached_property
    def lines(self) -> tuple[tuple[Person, GarmentLine], ...]:
        """Where garments that are worn end, each with whose photo shows it; what is worn over one hides its line."""
        if not self.edits:
            return ()
        below, last = self.below.lines, self.edits[-1]
        shown = last.shows(self.below.seen) if last.on else None
        if shown is None:
            return below
        donor, texels = shown
        left = tuple((person, line.under(texels)) for person, line in below if person is not donor)
        return left if last.line is None else (*left, (donor, last.line))

    def sources(self, how: str) -> tuple[tuple[PhotoSource, np.ndarray], ...]:
        """The photos that the texture map of `filled` may be read from: each with `soft_share` of its texels."""
        if how not in self._sources:
            which, people = self.shown_by
            numbers = {person: number for number, person in enumerate(people, 1)}
            texels = [(person, which == number) for person, number in numbers.items()]
            if how == "photos":
                free = (which == 0) & ~self.seen.coverage
                for other in self.others:
                    mine = free & other.texture.coverage
                    texels.append((other, mine))
                    free &= ~mine
            lines = dict(self.lines)
            self._sources[how] = tuple((p.pixels, taken(p.pixels, mask, lines.get(p))) for p, mask in texels)
        return self._sources[how]

    @cached_property
    def donors(self) -> tuple[tuple[PhotoSource, np.ndarray], ...]:
        """Of these the ones that edits bring, without the person's own photo."""
        (which, people), lines = self.shown_by, dict(self.lines)
        others = [(number, person) for number, person in enumerate(people, 1) if person is not self.person]
        return tuple((p.pixels, taken(p.pixels, which == n, lines.get(p))) for n, p in others)

    @cached_property
    def _sources(self) -> dict[str, tuple[tuple[PhotoSource, np.ndarray], ...]]:
        return {}

    def known(self, how: str) -> np.ndarray:
        """Which texels are no guess: (512, 512) bool."""
        if how != "photos" or not self.others:
            return self.seen.coverage
        return np.logical_or.reduce([self.seen.coverage, *(other.texture.coverage for other in self.others)])

    def filled(self, how: str) -> TextureMap:
        """The texture map with its holes guessed, in one of the ways of `FILLS`. Edits leave no holes worth a guess, so
        only the person's own texels are completed, and those once for all edits."""
        if how == "none":
            return self.seen
        if how not in self._filled:
            own = self.person.filled if how == "smooth" else self._completed(how)
            image = cv2.copyTo(self.seen.image, self.changed.view(np.uint8), own.image.copy())
            self._filled[how] = TextureMap(image, own.coverage | self.changed)
        return self._filled[how]

    def wears_shoes(self, how: str) -> bool:
        """Whether the feet of the texture map of `filled` wear something closed: no toes are drawn then."""
        if how not in self._shod:
            self._shod[how] = covers_toes(self.filled(how))
        return self._shod[how]

    def cut_legs(self, how: str) -> CutLegs | None:
        """How the trousers of the texture map of `filled` were seen, where a photo cuts off their legs; None where it
        does not, where others were put on, or where something else hangs around the legs."""
        if how not in self._cut:
            self._cut[how] = self._cut_legs(how) if how in _WHOLE else None
        return self._cut[how]

    def _cut_legs(self, how: str) -> CutLegs | None:
        others = [other.texture.coverage for other in self.others] if how == "photos" else []
        if self.person.cut_legs is None or not are_cut(np.logical_or.reduce([self.reshaped, *others])):
            return None
        around = (shell.hangs_on == "hips" or is_on_leg(shell) for shell in self.shells if shell.hangs_on != "head")
        return None if any(around) else self.person.cut_legs

    @cached_property
    def _cut(self) -> dict[str, CutLegs | None]:
        return {}

    @cached_property
    def _shod(self) -> dict[str, bool]:
        return {}

    def conditioned(self, how: Conditioning, fill: str) -> TextureMap:
        """The texture map as a model is given it, its coverage the texels that are no guess.

        With open holes nothing is guessed: neither of the person nor of a garment. Another photo of the person is none,
        where `fill` takes it in.
        """
        if not how.seen_only:
            return TextureMap(self.filled(fill).image, self.known(fill))
        others = self.others if fill == "photos" else ()
        texture = merge([each.texture_map(how) for each in (self.person, *others)])
        for number, edit in enumerate(self.edits):
            if edit.on:
                texture = edit.after(self.edits[:number], self.person).apply(texture, self.person, how)
        return complete(texture, fill) if how.holes == "filled" else texture

    @cached_property
    def _filled(self) -> dict[str, TextureMap]:
        return {}

    def _completed(self, how: str) -> TextureMap:
        bottom = self
        while bottom.below is not None:
            bottom = bottom.below
        if how not in bottom._own:
            own = complete(self.person.texture, how, [other.texture for other in self.others])
            bottom._own[how] = TextureMap(own.image, coloured(own, how))  # what was guessed is drawn, too
        return bottom._own[how]

    @cached_property
    def _own(self) -> dict[str, TextureMap]:
        return {}

    def doze(self) -> None:
        """Let go of what is quickly worked out again: an appearance that only undo remembers needs half the memory."""
        self.__dict__.pop("_filled", None)
        self.__dict__.pop("_sources", None)
        self.__dict__.pop("donors", None)
        self.__dict__.pop("changed", None)
