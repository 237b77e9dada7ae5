"""The fields of a recipe's records: strict types with sentences of their own.

Records are pydantic's, strict: a recipe may come from anybody. They say the form; whether a name or a picture in them
can be used is said when the edits are made of them.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WrapValidator

from mcld_app.errors import StudioError
from mcld_app.request import within


class Record(BaseModel):
    """A part of a recipe: no other fields, no other types. Its errors never quote what it was given, which may be
    somebody's photo."""

    # Validators are built when they are first used: the page starts without them.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, defer_build=True)


def says(sentence: str) -> WrapValidator:
    """For a field's annotation: the sentence for whoever gives it another form.

    Raises:
        StudioError: with that sentence, while a record is read. Pydantic lets it through as it is.
    """

    def read(value: Any, handler: Callable[[Any], Any]) -> Any:
        try:
            return handler(value)
        except ValidationError:
            raise StudioError(sentence) from None

    return WrapValidator(read)


def number(what: str, low: float, high: float, *, whole: bool = False) -> Any:
    """The type of a field: a (whole) number from `low` to `high`; `what` begins the sentence for any other value."""

    def check(value: Any) -> float:
        within(what, value, low, high, whole=whole)
        return int(value) if whole else float(value)

    return Annotated[int if whole else float, Field(ge=low, le=high), BeforeValidator(check)]


FileText = Annotated[str, says("A picture in this recipe is damaged.")]
"""A file in base64."""


def file_text(data: bytes) -> str:
    """A file as a `FileText`."""
    return base64.b64encode(data).decode()


def file_bytes(text: str) -> bytes:
    """The file of a `FileText`; StudioError where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise StudioError("A picture in this recipe is damaged.") from error
