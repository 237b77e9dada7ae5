"""The editor state: all that one visitor has made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Literal
from uuid import uuid4

import numpy as np

from mcld_app.body.clip_file import ClipInfo
from mcld_app.body.fitting.manual_fit import ManualFit
from mcld_app.body.garments.marking import Marking
from mcld_app.body.mannequin.pose import Pose
from mcld_app.editing import Appearance, Garment, History, Look, samples
from mcld_app.editing import look as looks
from mcld_app.editing.garment import clothes_of
from mcld_app.editing.new_ground import OWN_GROUND, Ground
from mcld_app.editing.person import Person
from mcld_app.editing.recipe import Recipe
from mcld_app.editing.series import AnyPose
from mcld_app.errors import StudioError
from mcld_app.perception.clip_reading import Cast, Movement
from mcld_app.perception.detections import Detections
from mcld_app.perception.found_people import FoundPeople


@dataclass(frozen=True)
class Note:
    """Something said to the visitor.

    Attributes:
        text: one or two sentences.
        kind: "info", "warning" or "" for nothing to say.
        offers: what can be done about it by a button: "plain", the person as in their photo; "photo", that photo again,
            which no button brings; "" for nothing.
    """

    text: str = ""
    kind: str = ""
    offers: Literal["", "plain", "photo"] = ""


@dataclass(frozen=True, eq=False)
class InHand:
    """A garment held over the person, and what dropping it where it belongs will make, worked out ahead.

    Attributes:
        choice: the garment's id on the page.
        region: where it belongs.
        before: the appearance it is held over.
        after: the same with it on.
    """

    choice: str
    region: str
    before: Appearance
    after: Appearance


@dataclass(frozen=True, eq=False)
class FitInProgress:
    """The fitting of the mannequin to a photo by hand.

    Attributes:
        fit: the photo, with the mannequin as it stands.
        before: how it was before, oldest first.
        gesture: the gesture that moved it last; its steps are one step to undo.
    """

    fit: ManualFit
    before: tuple[ManualFit, ...] = ()
    gesture: str | None = None

    def to(self, pose: Pose, gesture: str | None = None) -> FitInProgress:
        """The mannequin in another pose."""
        going_on = gesture is not None and gesture == self.gesture
        before = self.before if going_on else (*self.before, self.fit)[-_MOST_STEPS:]
        return FitInProgress(self.fit.stand(pose), before, gesture)

    def with_fit(self, fit: ManualFit) -> FitInProgress:
        """The same photo fitted otherwise; a step to undo."""
        return FitInProgress(fit, (*self.before, self.fit)[-_MOST_STEPS:])

    def undo(self) -> FitInProgress:
        """One step back."""
        return FitInProgress(self.before[-1], self.before[:-1]) if self.before else self


@dataclass(frozen=True, eq=False)
class Adjusting:
    """A garment of a picture that is being adjusted: the one that is worn, or one that cannot be worn yet.

    Attributes:
        name: what the page calls it.
        marking: the picture as it is marked; where the garment is worn, what is worn tells.
        before: how it was marked before, oldest first, while it could not be worn: the history knows nothing of that.
        problem: why it cannot be worn yet; "" where it can.
    """

    name: str
    marking: Marking
    before: tuple[Marking, ...] = ()
    problem: str = ""


@dataclass(frozen=True, eq=False)
class Option:
    """One answer to a question.

    Attributes:
        label: what the page calls it.
        act: what it does.
        picture: of what comes of it, a data URL; "" for none.
    """

    label: str
    act: Callable[[EditorState], EditorState]
    picture: str = ""


@dataclass(frozen=True, eq=False)
class Question:
    """Something that only the visitor knows; nothing waits for it, and it may be left alone.

    Attributes:
        text: the question.
        options: its answers, the likeliest first.
        unsure: whether it is about what a picture shows at all: it may show a person, too.
        name: a name of its own: an answer may come late, when another question is there.
    """

    text: str
    options: tuple[Option, ...]
    unsure: bool = False
    name: str = field(default_factory=lambda: uuid4().hex)


PACE = 0.5
"""Seconds of each picture of a series that was gathered by hand, in an animation."""


@dataclass(frozen=True, eq=False)
class Clip:
    """A clip whose movement is being read.

    Attributes:
        name: what the page calls it.
        data: its file.
        info: what that says of it.
        cast: who is in it; None while that is not known.
        movement: what was read; None until then.
        key: a name of its own: what was begun for one clip must not end in another.
    """

    name: str
    data: bytes = field(repr=False)
    info: ClipInfo
    cast: Cast | None = None
    movement: Movement | None = None
    key: str = field(default_factory=lambda: uuid4().hex)


@dataclass(frozen=True, eq=False)
class EditorState:
    """All that a visitor has made. Every action is a function from editor state to editor state.

    Attributes:
        history: the look on the page, and those before and after it.
        own: people from the visitor's own pictures, oldest first.
        own_garments: garments from the visitor's own pictures of them alone, oldest first.
        live: whether a slider is being dragged: a small picture at once is better than a large one late.
        note: what the last action has to say.
        agreed: whether the visitor said that they may use the pictures they bring.
        in_hand: the garment the visitor holds and has not dropped yet.
        series, between: poses gathered to be drawn one after another, and how many more between each two.
        pace: seconds of each of these pictures in an animation.
        clip: a clip whose movement is being read.
        follows: whether the frame follows the pose: whoever would leave it is moved or made smaller.
        pins: hands and feet that stay where they are while others are dragged, names of `dragging.PINS`.
        recipe: one that was just opened, whose settings the page has yet to take over.
        fitting: a photo that gets its body by hand, before it becomes a person; the look waits meanwhile.
        detections: the people found in the last photo, where they are several.
        wearer: who wears the clothes that were dropped last.
        adjusting: the garment that is being adjusted.
        question: what the visitor is asked.
        ground: what is seen around the person.
        names: what the visitor calls people and garments of their own, by id, where they gave a name.
        skin_follows: whether the body's skin takes the colour of the next face that is chosen.
    """

    history: History
    own: tuple[Person, ...] = ()
    own_garments: tuple[Garment, ...] = ()
    live: bool = False
    note: Note = Note()
    agreed: bool = False
    in_hand: InHand | None = None
    series: tuple[AnyPose, ...] = ()
    between: int = 0
    pace: float = PACE
    clip: Clip | None = None
    follows: bool = True
    pins: frozenset[str] = frozenset()
    recipe: Recipe | None = None
    fitting: FitInProgress | None = None
    detections: Detections | FoundPeople | None = None
    wearer: Person | None = None
    adjusting: Adjusting | None = None
    question: Question | None = None
    ground: Ground = OWN_GROUND
    names: Mapping[str, str] = field(default_factory=dict)
    skin_follows: bool = True

    @property
    def look(self) -> Look:
        return self.history.now

    @property
    def is_edited(self) -> bool:
        """Whether the look is anything else than somebody as in their photo."""
        return bool(self.look.edits) or self.look.pose is not None

    @property
    def pose(self) -> AnyPose:
        """What joints and sliders move: the look's pose, or that of the mannequin being laid over a photo."""
        return self.look.pose if self.fitting is None else self.fitting.fit.pose

    def to(self, look: Look, note: str = "", gesture: str | None = None) -> EditorState:
        """The editor state with another look on it.

        Raises:
            StudioError: while a mannequin is being laid over a photo: nobody would see what changed.
        """
        if self.fitting is not None:
            raise StudioError(FITTING)
        said = Note(note, "info" if note else "")
        return replace(self, history=self.history.to(look, gesture), note=said, in_hand=None, live=False, recipe=None)

    def with_recipe(self, recipe: Recipe) -> EditorState:
        """The editor state with a recipe just opened."""
        return replace(self, recipe=recipe)

    def with_own(self, person: Person) -> EditorState:
        """The editor state with one more person of the visitor's own. The same pictures are not kept twice, and of the
        same person on the same photo only the newest body."""
        if any(known.key == person.key for known in self.own):
            return self
        others = tuple(known for known in self.own if not _same_on_photo(known, person))
        return replace(self, own=(*others, person)[-_MOST_OWN:])

    def with_garment(self, garment: Garment) -> EditorState:
        """The editor state with one more garment of the visitor's own. One of the same picture, adjusted otherwise,
        gives its place to it."""
        choice = own_garment_id(garment)
        garments = tuple(garment if own_garment_id(known) == choice else known for known in self.own_garments)
        garments = garments if garment in garments else (*garments, garment)
        return replace(self, own_garments=garments[-_MOST_OWN:])

    def person(self, choice: str) -> Person:
        """The person behind an id of the page: a sample's, or "own:" and a key.

        Raises:
            StudioError: where there is nobody.
        """
        for person in self.own:
            if choice == f"own:{person.key}":
                return person
        if choice in samples.people():
            return samples.sample_person(choice)
        raise StudioError("This person is not here any more. Choose another one.")

    def garment(self, choice: str) -> Garment:
        """The garment behind an id of the page: a sample garment's, or a person's, whose whole outfit it then is.

        Raises:
            StudioError: where there is none.
        """
        if choice in samples.garments():
            return samples.sample_garment(choice)
        for garment in self.own_garments:
            if choice == own_garment_id(garment):
                return garment
        return clothes_of(self.person(choice))


def own_garment_id(garment: Garment) -> str:
    """What the page calls a garment of the visitor's own; however it is adjusted, its name stays."""
    return f"own-garment:{garment.donor.key if garment.marking is None else garment.marking.key}"


def _same_on_photo(person: Person, other: Person) -> bool:
    """Whether two are one person on one photo: neighbours on it have hardly a pixel in common."""
    if person.photo.shape != other.photo.shape or not np.array_equal(person.photo, other.photo):
        return False
    body, another = person.iuv[..., 0] > 0, other.iuv[..., 0] > 0
    return np.count_nonzero(body & another) > np.count_nonzero(body | another) / 2


_MOST_OWN = 12
_MOST_STEPS = 40  # of a fitting, to undo
FITTING = "First finish the body of your photo: press “Use this body”, or “Leave it”."


def initial_state() -> EditorState:
    """The editor state as a visitor finds it: the first sample person, as in their photo. All share the one look."""
    return EditorState(History(_fresh_look(samples.sample_person(next(iter(samples.people()))))))


def is_fresh(state: EditorState) -> bool:
    """Whether nothing has been brought or changed yet: what is shown of it is then the same for everybody."""
    fresh, history = initial_state(), state.history
    untouched = history.now is fresh.history.now and not history.before and not history.after
    others = (each.name for each in fields(EditorState) if each.name not in ("history", "note"))
    return untouched and all(getattr(state, name) == getattr(fresh, name) for name in others)


@lru_cache(maxsize=1)
def _fresh_look(person: Person) -> Look:
    return looks.of(person)
