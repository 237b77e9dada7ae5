"""What may go wrong with a look, before anything is drawn."""

from __future__ import annotations

from mcld_app.body.texture.texture_map import merge
from mcld_app.editing.diagnostics import Finding, SourceConditions, findings
from mcld_app.editing.look import Look
from mcld_app.editing.preview import pose_map


def findings_of(look: Look) -> tuple[Finding, ...]:
    """The findings of `diagnostics` for a look: its person, what edits put there on purpose, and the pose."""
    person, others = look.person, look.appearance.others
    own, other, _ = look.faces
    face = other or own or person.face
    source = SourceConditions(
        photo=person.photo,
        iuv=person.iuv,
        seen=merge([person.texture, *(other.texture for other in others)]) if look.fill == "photos" else person.texture,
        edited=look.texture,
        chosen=look.appearance.changed,
        head=face.head if face else None,
        face_iuv=face.iuv if face else None,
    )
    return findings(source, pose_map(look))
