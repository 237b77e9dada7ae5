"""The session: one visitor's place on the server."""

from __future__ import annotations

import secrets
import threading
from pathlib import Path
from typing import Any

from mcld_app.editing.recipe import Recipe
from mcld_app.studio.orders import Generated, Order, Sheet, SheetOrder
from mcld_app.studio.state import EditorState


class Session:
    """One visitor's place on the server: the only thing in the studio that changes.

    Light events run beside one another in threads. Without the lock, two quick actions would start from the same
    editor state and the first one's result would be lost. No dataclass: Gradio copies those into the page's text.

    Attributes:
        state: None before the first action.
        serial: number of the last answer, so that the page can tell an answer that comes late.
        shown: what the page shows of the state: the key of each panel's last value, by the panel's name.
        told: the serial that each panel's last value went out with, by the panel's name.
        orders: pictures asked for from a model and not finished, by the page's number for them.
        results: the pictures a model drew, newest last.
        sheet: the last contact sheet; None where none was made.
        fetching: the stop file of a download of weights, see `panels.weights`.
        reading: the stop file of a clip that is being read, see `actions.clips`.
        gradio_session: Gradio's name for the visitor's open page.
        former: sessions that this one went on from, of the same visitor: their pages may still be open.
        drawing: how many drawings go on for this visitor just now.
        owner: whom the engines keep encodings of this visitor's pictures for. Unguessable, told to nobody, never
            logged, and another one after the pictures were deleted.
        bytes: what the visit takes in memory, as it was last weighed.
        weighed: by which one tells whether it was weighed since it last changed, see `GradioVisits.used`.
        token: by which the visitor's page finds the session again, see `session_store`; None before the first action.
        begun: what of the stage is shown, and the picture that is drawn of it before the page asks; None where none is.
        acting: whether an action runs: what is drawn meanwhile may be of no use.
        coming: one thing for each action that runs or waits for its turn.
        open: names of the panels `Panel.only_open` that the page has open.
        kept: what a program keeps here between two calls, see `kept_looks`; None for a page's visit.
        lock: held while an action runs.
    """

    def __init__(self) -> None:
        self.state: EditorState | None = None
        self.serial = 0
        self.shown: dict[str, Any] = {}
        self.told: dict[str, int] = {}
        self.begun: tuple[Any, Any] | None = None
        self.acting = False
        self.coming: set[object] = set()
        self.open: frozenset[str] = frozenset()
        self.fetching: Path | None = None
        self.reading: Path | None = None
        self.gradio_session: str | None = None
        self.owner = new_owner()
        self.token: str | None = None
        self.bytes = 0
        self.weighed: tuple[int, ...] = ()
        self.former: tuple[Session, ...] = ()
        self.drawing = 0
        self.orders: dict[int, Order | SheetOrder] = {}
        self.results: list[Generated] = []
        self.sheet: Sheet | None = None
        self.kept: Recipe | None = None
        self.lock = threading.Lock()

    def take_over(self, other: Session) -> None:
        """Go on where another session stood: the same visitor's, before their page was loaded anew. The pictures are
        this session's from now on, and so is what was encoded of them."""
        self.former = tuple({*self.former, *other.former, other} - {self})
        self.state, self.results, self.sheet = other.state, other.results, other.sheet
        self.owner, other.owner = other.owner, new_owner()
        self.shown = {}

    def empty(self) -> str:
        """Let go of everything a visitor made or brought; what is being drawn is stopped, and what comes of it is taken
        by nobody. To be called with the lock held.

        Returns:
            The owner whose encodings the engines have to forget; the session goes on under another name.
        """
        for order in self.orders.values():
            order.stop.touch()
        self.orders.clear()
        if self.reading is not None:
            self.reading.touch()
        self.state, self.results, self.sheet, self.kept = None, [], None, None
        self.shown, self.bytes, self.weighed, self.begun = {}, 0, (), None
        forgotten, self.owner = self.owner, new_owner()
        return forgotten

    def __deepcopy__(self, memo: dict) -> Session:
        return Session()  # Gradio copies the initial value for each visitor


def new_owner() -> str:
    """A name for an owner of encodings, 32 hex digits, that nobody can guess."""
    return secrets.token_hex(16)
