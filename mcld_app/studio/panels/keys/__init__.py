"""What keys do anywhere on the page, and the list of them."""

from __future__ import annotations

from mcld_app.studio.dispatcher import Dispatcher
from mcld_app.studio.panel import Panel
from mcld_app.studio.widget import widget

_KEYS = (
    ("Ctrl Enter", "Draw the picture"),
    ("Esc", "Stop drawing, or leave what is open or in hand"),
    ("Ctrl Z, Ctrl Y", "Undo, redo"),
    ("Space, held", "See the photo as it was"),
    ("1 2 3 4", "Pose, clothes, face, paint"),
    ("[ ]", "A smaller or larger brush"),
    ("Arrows", "From picture to picture in a list; a joint that has the focus moves"),
    ("P", "Pin the hand or the foot that has the focus, or let it go"),
    ("Ctrl V", "Take the picture that was copied"),
    ("?", "This list"),
)
_ROWS = "".join(
    f"<div><dt>{''.join(f'<kbd>{key}</kbd>' for key in keys.split(' '))}</dt><dd>{does}</dd></div>"
    for keys, does in _KEYS
)
_HTML = f"""
<button type="button" class="keys-open" aria-label="Keys" title="What keys do (?)">?</button>
<dialog class="keys" aria-labelledby="keys-title"><button type="button" class="keys-close" aria-label="Close">&times;
</button><h2 id="keys-title">Keys</h2><dl>{_ROWS}</dl></dialog>
"""


def render(page: Dispatcher) -> None:
    """A button and the list that it opens."""
    page["keys"] = widget(_HTML, "keys", elem_id="keys")


PANEL = Panel("keys", render)
