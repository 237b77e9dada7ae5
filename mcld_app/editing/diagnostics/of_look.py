"""What may go wrong with a look, before anything is drawn."""

from __future__ import annotations

from mcld_app.body.head_crop import crop_head
from mcld_app.body.texture.texture_map import merge
from mcld_app.editing.diagnostics import Finding, SourceConditions, findings
from mcld_app.editing.look import Look
from mcld_app.editing.preview import pose_map


def findings_of(look: Look) -> tuple[Finding, ...]:
    """The findings of `health` for a look: its person, what edits put there on purpose, and the pose."""
    person, others = look.person, look.appearance.others
    whose = look.swap.donor if look.swap and look.swap.donor else person
    source = SourceConditions(
        photo=person.photo,
        iuv=person.iuv,
        seen=merge([person.texture, *(other.texture for other in others)]) if look.fill == "photos" else person.texture,
        edited=look.texture,
        chosen=look.appearance.changed,
        head=crop_head(whose.photo, whose.iuv),
        face_iuv=whose.iuv,
    )
    return findings(source, pose_map(look))
