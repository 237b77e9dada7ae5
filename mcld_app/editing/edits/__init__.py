"""The kinds of edit: one module each, with all that belongs to it. `KINDS` holds them."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from mcld_app.editing.edits.edit import Edit


def _found() -> Mapping[str, type[Edit]]:
    """All kinds by name. They are looked for among the modules of this package: with a list of them here, a new kind
    would need a line in it, and one that was forgotten would be missing from recipes alone, where nobody sees it."""
    kinds = {}
    for found in pkgutil.iter_modules(__path__):
        module = import_module(f"{__name__}.{found.name}")
        for value in vars(module).values():
            own = getattr(value, "__module__", "") == module.__name__  # and not imported from another kind's module
            if own and isinstance(value, type) and issubclass(value, Edit) and value is not Edit:
                kinds[value.kind] = value
    return MappingProxyType(kinds)


KINDS: Mapping[str, type[Edit]] = _found()
"""Every kind of edit by its name in recipes."""
