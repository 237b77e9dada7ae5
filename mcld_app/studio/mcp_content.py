"""What MCP clients are answered: pictures as image content, from memory; Gradio would look for them on the disk."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

from gradio_client.utils import is_file_obj_with_meta

from mcld_app.studio.handing import Handing, is_png


def content_maker(files: Handing) -> Callable[[Any, str], list[Any]]:
    """What takes the place of `GradioMCPServer.postprocess_output_data` (Gradio 6.31): (what an endpoint gave, the
    page's address) -> MCP content."""

    def content(data: Any, root_url: str) -> list[Any]:
        from mcp import types

        made: list[Any] = []
        for each in _flat(data):
            picture = files.handed_out(each["path"]) if is_file_obj_with_meta(each) else None
            if picture is None:
                text = each if isinstance(each, str) else json.dumps(each)
                made.append(types.TextContent(type="text", text=text))
            else:
                also = "also " if is_png(picture) else ""
                if also:
                    encoded = base64.b64encode(picture).decode()
                    made.append(types.ImageContent(type="image", data=encoded, mimeType="image/png"))
                address = root_url.rstrip("/") + each["url"][each["url"].index("/gradio_api/") :]
                made.append(types.TextContent(type="text", text=f"For ten minutes {also}at {address}"))
        return made

    return content


def _flat(data: Any) -> list[Any]:
    """The values of an endpoint; a list of pictures counts as so many."""
    flat: list[Any] = []
    for each in data:
        pictures = isinstance(each, list) and each and all(map(is_file_obj_with_meta, each))
        flat += each if pictures else [each]
    return flat
