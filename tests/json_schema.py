"""A JSON schema's verdict, as far as the recipes' schema goes (draft 2020-12): enough to hold it against real files
without one more package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
_KNOWN = {
    "$schema", "$defs", "$ref", "title", "description", "default", "discriminator", "type", "const", "enum", "anyOf",
    "oneOf", "properties", "required", "additionalProperties", "items", "minItems", "maxItems", "minimum", "maximum",
}  # fmt: skip


def allows(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any] | None = None) -> bool:
    """Whether a value has the form that the schema says.

    Raises:
        ValueError: for a keyword that is not known here: it must not be passed over.
    """
    root = schema if root is None else root
    if unknown := schema.keys() - _KNOWN:
        raise ValueError(f"keywords not known here: {sorted(unknown)}")
    if "$ref" in schema:
        return allows(root["$defs"][schema["$ref"].rpartition("/")[2]], value, root)
    if "type" in schema and not _is(schema["type"], value):
        return False
    if "const" in schema and value != schema["const"]:
        return False
    if "enum" in schema and value not in schema["enum"]:
        return False
    if "anyOf" in schema and not any(allows(one, value, root) for one in schema["anyOf"]):
        return False
    if "oneOf" in schema and sum(allows(one, value, root) for one in schema["oneOf"]) != 1:
        return False
    if isinstance(value, dict):
        return _table(schema, value, root)
    if isinstance(value, list):
        fits = schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
        return fits and all(allows(schema.get("items", {}), item, root) for item in value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return schema.get("minimum", value) <= value <= schema.get("maximum", value)
    return True


def _is(kind: str, value: Any) -> bool:
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else int | float) and not isinstance(value, bool)
    return isinstance(value, _TYPES[kind])


def _table(schema: Mapping[str, Any], value: dict[str, Any], root: Mapping[str, Any]) -> bool:
    known, more = schema.get("properties", {}), schema.get("additionalProperties", True)
    if any(name not in value for name in schema.get("required", ())):
        return False
    for name, item in value.items():
        rule = known.get(name, more)
        if rule is False or (rule is not True and not allows(rule, item, root)):
            return False
    return True
