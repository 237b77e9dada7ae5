"""The model's own picture: asking for it, watching it come, stopping it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr

from mcld_app.body.photo import encode_png
from mcld_app.editing.conditioning import conditions_of
from mcld_app.engine import registry
from mcld_app.engine.live_queue import live_queue
from mcld_app.engine.view import view_of
from mcld_app.engine.worker import drawer, drawings_at_once
from mcld_app.errors import StudioError
from mcld_app.request import MAX_COUNT, MAX_GUIDANCE, MAX_STEPS, SCHEDULERS, Settings
from mcld_app.studio import generation
from mcld_app.studio.dispatcher import Dispatcher, as_it_is, payload, serial_of
from mcld_app.studio.endpoints import Given, opened
from mcld_app.studio.messages import sentence
from mcld_app.studio.panel import Panel
from mcld_app.studio.pictures import png
from mcld_app.studio.session import Session
from mcld_app.studio.state import EditorState
from mcld_app.studio.widget import HIDDEN, widget

_USUAL = Settings()
_OPTIONS = "".join(f'<option value="{key}">{name}</option>' for key, name in SCHEDULERS.items())
_NUMBER = """<label title="{tip}"><span>{name}</span>
<input type="number" data-name="{key}" min="{low}" max="{high}" step="{step}" value="{value:g}" inputmode="{mode}">
</label>
"""
_FIELDS = "".join(
    _NUMBER.format(key=key, name=name, low=low, high=high, step=step, value=value, tip=tip, mode=mode)
    for key, name, low, high, step, value, mode, tip in (
        ("steps", "Steps", 1, MAX_STEPS, 1, _USUAL.steps, "numeric",
         "How many times the picture is refined on its way out of noise. More steps take longer."),
        ("guidance", "Guidance", 0, MAX_GUIDANCE, 0.5, _USUAL.guidance, "decimal",
         "How closely the picture keeps to the photo, the clothes and the pose. Too much looks harsh. "
         "At 1 or less it does without, in half the time."),
        ("count", "Pictures", 1, MAX_COUNT, 1, 1, "numeric", "How many pictures, each with the next seed."),
    )
)  # fmt: skip
_HTML = f"""
<div class="generate {{live}}" data-state="looking">
  <div class="generate-bar">
    <div class="generate-idle">
      <button type="button" class="generate-go" disabled aria-describedby="generate-model">Generate</button>
      <div class="generate-seed" title="The same seed, edits and settings draw the same picture again.">
        <label for="generate-seed">Seed</label>
        <input id="generate-seed" type="text" inputmode="numeric" maxlength="19" autocomplete="off" value="0">
        <button type="button" class="generate-dice" aria-pressed="true" aria-label="A new seed each time"
          title="A new seed each time"><svg viewBox="0 0 24 24" aria-hidden="true"><rect x="4" y="4" width="16"
          height="16" rx="4"/><circle cx="9" cy="9" r="1.4"/><circle cx="15" cy="15" r="1.4"/><circle cx="15" cy="9"
          r="1.4"/><circle cx="9" cy="15" r="1.4"/></svg></button>
      </div>
    </div>
    <div class="generate-busy">
      <div class="generate-progress" role="progressbar" aria-label="Drawing" aria-valuemin="0" aria-valuemax="100">
        <div class="generate-track"><i></i></div><span class="generate-text"></span></div>
      <button type="button" class="generate-stop">Cancel</button>
    </div>
  </div>
  <p class="generate-model" id="generate-model">Looking for a model …</p>
  <details class="generate-settings"><summary>Settings</summary>
    <div class="generate-fields">{_FIELDS}<label
      title="How the steps are taken from noise to picture. The fast ones need about half as many.">
      <span>Scheduler</span> <select data-name="scheduler">{_OPTIONS}</select></label>
      <label class="switch" title="Add two poses at least to the series, under “Pose”."><input type="checkbox"
        id="generate-series" disabled> All poses of the series</label>
      <label class="switch" title="Also shows where the network looked. Takes longer."><input type="checkbox"
        id="generate-focus"> Focus maps</label>
      <label class="switch generate-holes" hidden title="An experiment: this model was trained on texture maps that are
black wherever the photo shows nothing."><input type="checkbox" id="generate-fill"> Fill what no picture shows</label>
    </div>
    <details class="generate-settings generate-sees"><summary>All that the network is given</summary>
      <div class="generate-view" aria-live="polite"></div></details></details>
</div>
"""


def render(page: Dispatcher) -> None:
    """The button, its progress and its settings. Which models there are is asked for once the page is there. Events:
    "ask" {run, model, seed in digits, steps, guidance, scheduler, count, series, focus, fill_holes}, "halt" {run} and
    "view" {model, fill_holes}."""
    html = _HTML.replace("{live}", "live" if draws_live(next(iter(registry.available()), "")) else "")
    page["generate"] = widget(
        html, "generate", setup={"none": registry.NO_WEIGHTS}, server_functions=[find], elem_id="generate"
    )


def draws_live(model: str) -> bool:
    """Whether what a model shows comes by itself, after each edit: the bundled one's, where the live network is
    installed. Then there is no button to press, but for a series and where the settings are open."""
    return model == "bundled" and live_queue() is not None


def find(_: object) -> list[dict]:
    """The models on this machine, best first, as the page shows them."""
    found = []
    for name in registry.available():
        try:
            model = registry.model_named(name)
        except StudioError:  # a folder that is not whole: the doctor tells about it, and the others can be used
            continue
        usual = {"steps": model.usual.steps, "guidance": model.usual.guidance}
        holes = model.conditioning.holes == "open"
        about = {"id": name, "label": model.name, "note": model.note, "usual": usual}
        found.append({**about, "holes": holes, "live": draws_live(name)})
    return found


_SEEN = {
    "photo": ("Photo", "The photo, with the edits painted over it, squeezed to the network’s square."),
    "texture": ("Texture map", "The body’s surface, laid flat. What is black was seen in no picture."),
    "pose": ("Pose", "Which part of the body each pixel shows, and where on it."),
    "preview": ("Preview", "The texture map in the pose: only small models are shown it."),
}


def view(state: EditorState, data: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a model would see of the look on the page: label, hint and picture of each condition but the face.

    Raises:
        StudioError: where there is no such model.
    """
    model = registry.model_named(registry.choose(str(data.get("model") or "")))
    given = conditions_of(state.look, model.conditioning, fill_holes=data.get("fill_holes") is True)
    shown = view_of(given, model)
    return [
        {"label": label, "hint": hint, "picture": png(picture)}
        for name, (label, hint) in _SEEN.items()
        if (picture := getattr(shown, name)) is not None
    ]


def api_view(recipe: Given, model: str = "", fill_holes: bool | None = None) -> dict[str, str]:
    """What a model is shown of a recipe, before anything is drawn: a PNG in base64 of each condition, by name: photo,
    texture, pose as the pose guider reads it, and, for models that see it, preview."""
    made = opened(recipe)
    chosen = registry.model_named(registry.choose(model, made.model))
    settings = made.settings_for(chosen.usual)
    filled = settings.fill_holes if fill_holes is None else fill_holes
    given = conditions_of(made.look, chosen.conditioning, fill_holes=filled)
    shown = vars(view_of(given, chosen, show_preview=settings.preview))
    return {name: base64.b64encode(encode_png(each)).decode() for name, each in shown.items() if each is not None}


def listen(page: Dispatcher) -> None:
    drawing = drawer()

    def ask(session: Session | None, notice: dict | None, event: gr.EventData) -> dict:
        session, data = session if isinstance(session, Session) else Session(), payload(event)
        shown = {page["session"]: session}
        if session.state is None:  # forgotten while they were away: the page starts afresh, and nothing is drawn
            known = serial_of(notice)
            shown[page["notice"]] = page.run(session, as_it_is, {}, known=known, names=())["notice"]
            return {**shown, page["generate"]: {"run": data.get("run"), "state": "stopped"}}
        try:
            with session.lock:
                order = generation.take(session, session.state, data)
            return {**shown, page["generate"]: {"run": order.run, "state": "taken"}}
        except Exception as error:
            told = {"run": data.get("run"), "state": "failed", "text": sentence(error)}
            return {**shown, page["generate"]: told}

    def tell_how_it_goes(session: Session | None, told: dict | None) -> Iterator[dict]:
        if not isinstance(session, Session) or not isinstance(told, dict) or told.get("state") != "taken":
            return
        yield from generation.news(session, told.get("run"), drawing)

    def halt(session: Session | None, event: gr.EventData) -> None:
        if isinstance(session, Session):
            generation.stop(session, payload(event))

    def tell_what_it_sees(session: Session | None, event: gr.EventData) -> dict:
        state = session.state if isinstance(session, Session) else None
        try:
            return {"view": view(state, payload(event)) if state is not None else []}
        except Exception as error:
            return {"view": [], "problem": sentence(error)}

    page["generate"].ask(
        ask, [page["session"], page["notice"]], [page["session"], page["notice"], page["generate"]],
        queue=False, trigger_mode="multiple", **HIDDEN,
    ).then(
        tell_how_it_goes, [page["session"], page["generate"]], [page["generate"]],
        concurrency_id="gpu", concurrency_limit=drawings_at_once(), **HIDDEN,
    )  # fmt: skip
    page["generate"].view(
        tell_what_it_sees, [page["session"]], [page["generate"]], queue=False, trigger_mode="multiple", **HIDDEN
    )
    page["generate"].halt(halt, [page["session"]], None, queue=False, trigger_mode="multiple", **HIDDEN)


PANEL = Panel("generate", render, listen, endpoints={"see": api_view})
