"""The checker that a model's pictures have to pass, kept where there is room for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from mcld_app.engine.room import ADVICE, free_in_words, is_out_of_memory, let_go, tidy
from mcld_app.errors import StudioError

if TYPE_CHECKING:
    import numpy as np

    from mcld_app.engine.safety import SafetyChecker

T = TypeVar("T")


@dataclass
class Watch:
    """A model's checker: on the model's device where it fits there, else on the CPU, and there it stays.

    Attributes:
        load: device -> the checker, which it keeps.
        device: where the checker is to be.
    """

    load: Callable[[str], SafetyChecker]
    device: str

    def ready(self) -> None:
        """Load it, if it is not loaded.

        Raises:
            StudioError: see `safety.load_checker`; too little memory.
        """
        self._tried(lambda checker: None)

    def blocked(self, pictures: Sequence[np.ndarray]) -> list[bool]:
        """See `SafetyChecker.blocked`."""
        return self._tried(lambda checker: checker.blocked(pictures))

    def move_to_cpu(self) -> None:
        """Leave the device to others. Raises StudioError: see `ready`."""
        if self.device != "cpu":
            self.device = "cpu"
            self.ready()

    def _tried(self, use: Callable[[SafetyChecker], T]) -> T:
        try:
            return use(self.load(self.device))
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            let_go(error)
            failed = error
        tidy(self.device)
        if self.device == "cpu":
            raise StudioError(
                "There is not enough memory for the safety checker, without which no picture is shown here: "
                f"{free_in_words('cpu')}. {ADVICE}"
            ) from failed
        self.device = "cpu"
        return self._tried(use)
