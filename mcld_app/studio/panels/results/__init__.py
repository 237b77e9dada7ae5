"""The pictures drawn in this visit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import cv2
import gradio as gr

from mcld_app.body.photo import fitted_size
from mcld_app.deployment import is_space
from mcld_app.errors import StudioError
from mcld_app.output.credentials import signed_in_words
from mcld_app.output.heatmap import FOCUS_LABELS, heat_map
from mcld_app.studio import drawn_pictures
from mcld_app.studio.actions.recipes import use_recipe
from mcld_app.studio.dispatcher import Action, Dispatcher, payload
from mcld_app.studio.downloads import placed
from mcld_app.studio.drawn_pictures import MOST_RESULTS, result_of
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Panel
from mcld_app.studio.pictures import jpeg
from mcld_app.studio.session import Session
from mcld_app.studio.widget import HIDDEN, widget

_LIGHT = {"queue": False, "trigger_mode": "multiple", **HIDDEN}
_LARGEST_SHOWN = 1600  # pixels of the longer side
_ICONS = {
    "star": '<path d="M12 3.500 14.600 8.900 20.500 9.700 16.200 13.800 17.200 19.700 12 16.900 6.800 19.700 7.800'
    ' 13.800 3.500 9.700 9.400 8.900z"/>',
    "copy": '<rect x="9" y="9" width="11" height="11" rx="2"/><path d="M15 9V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v7a2 2 0 0'
    ' 0 2 2h3"/>',
    "vary": "".join(
        f'<rect x="{x}" y="{y}" width="7" height="7" rx="2"/>' for x, y in ((4, 4), (13, 4), (4, 13), (13, 13))
    ),
    "delete": '<path d="M4.500 7h15M9.500 7V4.500h5V7M6.500 7l1 12.500h9l1-12.500M10 10.500v5.500M14 10.500v5.500"/>',
}
_ICON_BUTTON = (
    '<button type="button" class="results-{key} results-icon" aria-label="{name}" title="{tip}"{more}><svg'
    ' viewBox="0 0 24 24" aria-hidden="true">{svg}</svg></button>'
)
_QUICK = "".join(
    _ICON_BUTTON.format(key=key, name=name, tip=tip, svg=_ICONS[key], more=more)
    for key, name, tip, more in (
        ("star", "Star", "Star: it is kept longer than others", ' aria-pressed="false"'),
        ("copy", "Copy", "Copy the picture, to paste it elsewhere", ""),
        ("vary", "Vary this", "Vary this: four more of it, with other seeds", ""),
        ("delete", "Delete", "Delete this picture (Delete)", ""),
    )
)
_HTML = f"""
<div class="results" hidden><div class="results-head"><h3>Drawn in this visit</h3>
    <button type="button" class="results-save-all" data-want="drawn-all" title="ZIP of all these pictures, each with its
      settings inside">Download all</button></div>
  <div class="results-list" role="listbox" aria-label="Drawn pictures" aria-orientation="horizontal"></div>
  <div class="results-quick">{_QUICK}</div>
  <div class="results-acts">
    <button type="button" data-want="drawn" title="PNG, with the settings inside. It says that it is AI-generated.
      {{signed}}">Download</button>
    <button type="button" class="results-place"
      title="The drawn person in the photo they came from: in its frame, before its own background"
      >In the photo</button>
    <button type="button" class="results-again" title="Back to the edits, the settings and the seed of this picture"
      >Use these settings</button>
    <button type="button" class="results-compare" aria-pressed="false" hidden title="Two pictures in one frame, with a
      slider between them. Or press the other picture with Shift held.">Compare with …</button>
    <button type="button" data-want="animation" title="GIF of the pictures that were drawn together">Animation</button>
    <button type="button" data-want="video" title="MP4 of the pictures that were drawn together">Video</button>
    <button type="button" data-want="drawn-pictures"
      title="The file then carries your own photos, and so the faces on them: whoever has it has those, too."
      >Download with pictures</button>
    <button type="button" class="results-focus" aria-expanded="false"
      title="Which places of your pictures the model looked at while it drew">Focus maps</button>
    <label class="switch" title="A small sign in the corner, to be seen by everybody"><input type="checkbox"
      class="results-mark"> Visible AI mark</label>
  </div>
  <div class="results-maps"></div>
  <dialog class="results-placed" aria-labelledby="results-placed-title">
    <header><h2 id="results-placed-title">In the photo</h2><button type="button" class="results-placed-close"
      aria-label="Close">&times;</button></header>
    <div class="results-placed-view" aria-live="polite"><p>One moment …</p></div>
    <footer><button type="button" class="results-placed-save" data-want="in-photo"
      title="PNG, as large as the photo is">Download</button></footer>
  </dialog>
</div>
"""


def render(page: Dispatcher) -> None:
    """Thumbnails, and what can be done with the chosen one. Events: "again" {id}, "maps" {id}, "star" {id, on},
    "drop" {id}, and "place" {id, mark}."""
    setup = {"mark": marked_by_default(), "most": MOST_RESULTS}
    page["results"] = widget(_HTML.replace("{signed}", signed_in_words()), "results", setup=setup, elem_id="results")


def marked_by_default() -> bool:
    """Whether pictures carry a visible mark unless switched off: on a public Space."""
    return is_space()


def focus_of(session: Session, data: Mapping[str, Any]) -> list[dict[str, str]]:
    """Where the network looked when it drew a picture: label and picture of each map.

    Raises:
        StudioError: where that was not recorded.
    """
    result = result_of(session, data)
    if not result.focus:
        raise StudioError("Where the model looked was not recorded. Switch “Focus maps” on in Settings first.")
    return [
        {"label": FOCUS_LABELS.get(name, name), "picture": jpeg(heat_map(result.picture, focus))}
        for name, focus in result.focus.items()
    ]


def shown_in_photo(session: Session, data: Mapping[str, Any]) -> dict[str, str]:
    """A drawn picture in the photo of the person that it shows, {id, mark}, as it will be downloaded but no larger than
    a screen: id, picture and words.

    Raises:
        StudioError: where it is not kept any more.
    """
    result = result_of(session, data)
    picture = placed(session, data)
    width, height = fitted_size(picture.shape[1], picture.shape[0], _LARGEST_SHOWN)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    alt = f"{result.recipe.look.person.name} as drawn, in their photo, {picture.shape[1]} x {picture.shape[0]} pixels"
    return {"id": result.id, "picture": jpeg(small), "alt": alt}


def listen(page: Dispatcher) -> None:
    def again(session: Session) -> Action:
        return lambda state, data: use_recipe(state, result_of(session, data).recipe)

    def place(session: Session | None, event: gr.EventData) -> dict:
        try:
            data = payload(event)
            return {"placed": shown_in_photo(session if isinstance(session, Session) else Session(), data)}
        except Exception as error:
            return {"placed": {"problem": sentence(error)}}

    def maps(session: Session | None, event: gr.EventData) -> dict:
        try:
            return {"maps": focus_of(session if isinstance(session, Session) else Session(), payload(event))}
        except Exception as error:
            return {"problem": sentence(error)}

    def quietly(act: Callable[[Session, Mapping[str, Any]], None]) -> Callable:
        def done(session: Session | None, event: gr.EventData) -> None:
            if isinstance(session, Session):
                with session.lock, suppress(StudioError):  # what is gone already needs neither
                    act(session, payload(event))

        return done

    page.listen_with_session(page["results"].again, again)
    page["results"].star(quietly(drawn_pictures.star), [page["session"]], None, **_LIGHT)
    page["results"].drop(quietly(drawn_pictures.delete), [page["session"]], None, **_LIGHT)
    page["results"].place(place, [page["session"]], [page["results"]], **_LIGHT)
    page["results"].maps(
        maps, [page["session"]], [page["results"]], queue=False, **HIDDEN
    )


def whole(session: Session) -> dict[str, Any]:
    """All pictures drawn, the newest first."""
    return {"all": [result.for_page() for result in reversed(session.results)]}


PANEL = Panel("results", render, listen, whole=whole)
