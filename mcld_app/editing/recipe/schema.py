"""The published form of recipes: the JSON schema of `docs/recipe.schema.json`. `make schema` writes it anew."""

from __future__ import annotations

import json
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from mcld_app.editing.recipe.record import RecipeRecord


class _Generator(GenerateJsonSchema):
    """Without a title for every field: it would say the field's name again."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def recipe_schema() -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of recipes, from the records that read and write them."""
    schema = RecipeRecord.model_json_schema(schema_generator=_Generator)
    return {"$schema": _Generator.schema_dialect, **schema}


def schema_text() -> str:
    """The schema as the file has it."""
    return json.dumps(recipe_schema(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    print(schema_text(), end="")
