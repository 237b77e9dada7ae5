"""Undo and redo: the looks before, the look now, the looks taken back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mcld_app.editing.look import Look

_DEEPEST = 40  # Each change of clothes keeps a texture map of 1 MB.


@dataclass(frozen=True, eq=False)
class History:
    """Where the visitor stands.

    Attributes:
        now: the look on the page.
        before: older looks, oldest first.
        after: looks that were undone, the next to redo last.
        gesture: the gesture that made `now`; steps of one gesture (a slider being dragged) are one step to undo.
    """

    now: Look
    before: tuple[Look, ...] = ()
    after: tuple[Look, ...] = ()
    gesture: str | None = None

    def to(self, look: Look, gesture: str | None = None) -> History:
        """Go on to another look."""
        if look.appearance is not self.now.appearance:
            self.now.appearance.doze()
        if gesture is not None and gesture == self.gesture:
            return replace(self, now=look, after=())
        return History(look, (*self.before, self.now)[-_DEEPEST:], (), gesture)

    def undo(self) -> History:
        """One step back, or the same where there is none."""
        if not self.before:
            return self
        return History(self.before[-1], self.before[:-1], (*self.after, self.now))

    def redo(self) -> History:
        """One step forward again, or the same where there is none."""
        if not self.after:
            return self
        return History(self.after[-1], (*self.before, self.now), self.after[:-1])
