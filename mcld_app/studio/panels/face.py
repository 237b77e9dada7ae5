"""Whose face it is, and how far it goes over into it."""

from __future__ import annotations

from mcld_app.studio import actions, view
from mcld_app.studio.dispatcher import EDITS, FACES, PERSON, Parts, listen
from mcld_app.studio.panels.picker import picker
from mcld_app.studio.panels.widget import widget

_HTML = """
<div class="mix">
  <label class="mix-drop"
    title="One photo where a DensePose model is installed, else the photo together with its IUV map"
    >Choose or drop a photo with a face (and its IUV map)<input type="file" multiple accept="image/*"></label>
  <div class="mix-rows">
    <div class="joint mix-shared"><label for="mix-share"
      title="The identity turns from the person’s own face to the chosen one.">Mix: own face to chosen face</label>
      <output for="mix-share"></output><input id="mix-share" data-name="share" type="range" min="0" max="1" step="0.05"
      value="1"></div>
    <div class="joint"><label for="mix-weight"
      title="How much the face’s identity counts beside the photo and the clothes.">Face weight</label>
      <output for="mix-weight"></output><input id="mix-weight" data-name="weight" type="range" min="0" max="2"
      step="0.05" value="0.5"></div>
    <label class="switch mix-shared"
      title="Off: only the identity changes, and the head’s colours stay the person’s own."><input type="checkbox"
      class="mix-texels" checked> Head and hair on the texture map too</label>
  </div>
  <p class="mix-say">The network knows the person from three sides: the whole photo, the texture map, and the face’s
    identity. After an edit it is shown the photo with the edit painted over it, so that nothing old leaks in.</p>
</div>
"""


def render(parts: Parts) -> None:
    """A list of faces and two sliders. Events: "pick" {id}; "mix" {share, texels, gesture}, "weigh" {weight, gesture},
    "files" {files}."""
    parts["face"] = picker("Faces", view.face_items, kind="face")
    parts["mix"] = widget(_HTML, "mix", elem_id="mix")


def listen_all(parts: Parts) -> None:
    listen(parts, parts["face"].pick, actions.choose_face, *FACES)
    listen(parts, parts["mix"].mix, actions.mix_face, *EDITS, "mix")
    listen(parts, parts["mix"].weigh, actions.weigh_face, *EDITS, "mix")
    listen(parts, parts["mix"].files, actions.face_files, *dict.fromkeys((*FACES, *PERSON)))
