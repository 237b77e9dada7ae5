"""What was made: the list of what is worn, downloads, and messages."""

from __future__ import annotations

from mcld_app.studio import acts, downloads
from mcld_app.studio.answers import CLOTHES, EVERYTHING, Parts, as_it_is, listen
from mcld_app.studio.components.widget import widget

_WORN = """
<div class="worn-box"><h3>Wearing</h3><p class="worn-none">The clothes of the photo.</p>
<ul class="worn-list"></ul></div>
"""
_DOWNLOADS = """
<div class="downloads"><h3>Download</h3><div class="downloads-row">
  <button type="button" data-what="picture">Picture</button>
  <button type="button" data-what="texture">Texture map</button>
  <button type="button" data-what="iuv">IUV map</button>
  <button type="button" data-what="drawn" hidden
    title="The picture the model drew. The file says that it is AI-generated.">Drawn</button>
</div></div>
"""


def render_notice(parts: Parts) -> None:
    """Short messages over the page. Its value also tells the server which answer the page has seen last."""
    parts["notice"] = widget('<div class="notice-list"></div>', "notice", {"serial": 0}, elem_id="notice")


def render(parts: Parts) -> None:
    """The clothes put on, with the event "remove" {index}; the downloads, with the event "want" {what}, whose answer
    is the file."""
    parts["worn"] = widget(_WORN, "worn", elem_id="worn")
    parts["downloads"] = widget(_DOWNLOADS, "downloads", elem_id="downloads")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["worn"].remove, acts.take_off, *CLOTHES)
    listen(parts, parts["notice"].stale, as_it_is, *EVERYTHING, whole=True)
    downloads.listen(parts)
