"""What the network is told, encoded: of a person, and of a whole picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mcld_app.errors import StudioError
from mcld_app.network.attention import Reference
from mcld_app.network.unets import Guide


@dataclass(frozen=True)
class PersonEmbeddings:
    """Everything of a person that stays the same over poses, seeds and steps.

    Attributes:
        photo, texture: (B, 1, C) CLIP tokens I and A.
        face: (B, T, C) tokens F.
        reference: keys and values of the reference, see `attention.Reference`.
    """

    photo: Tensor
    texture: Tensor
    face: Tensor
    reference: Reference

    def rows(self, count: int) -> PersonEmbeddings:
        """The same embeddings for `count` rows, where there is one row for all."""
        tokens = (x.expand(count, -1, -1) for x in (self.photo, self.texture, self.face))
        reference = {k: tuple(x.expand(count, -1, -1, -1) for x in kv) for k, kv in self.reference.items()}
        return PersonEmbeddings(*tokens, reference)

    @classmethod
    def joined(cls, people: Sequence[PersonEmbeddings]) -> PersonEmbeddings:
        """Several people's embeddings as rows of one batch; of one person many times, nothing is copied."""
        first = people[0]
        if all(p.reference is first.reference and p.face is first.face for p in people):
            return first.rows(len(people))
        reference = {k: tuple(torch.cat([p.reference[k][i] for p in people]) for i in (0, 1)) for k in first.reference}
        return cls(*(torch.cat([getattr(p, slot) for p in people]) for slot in ("photo", "texture", "face")), reference)


@dataclass(frozen=True)
class Encoded:
    """The conditions of R pictures, encoded: all that drawing them needs besides noise and settings.

    Attributes:
        person: of R people.
        pose: (R, C, h, w) from `MCLDPipeline.encode_pose`.
        guide: of R pictures, for a model with additions; else None.
        preview: (R, 5, H, W) in 0..1, for a model with a refiner; None hides it.
    """

    person: PersonEmbeddings
    pose: Tensor
    guide: Guide | None = None
    preview: Tensor | None = None

    def rows(self, count: int) -> Encoded:
        """The same for `count` rows, where there is one row for all."""
        guide, preview = self.guide, self.preview
        return Encoded(
            self.person.rows(count),
            self.pose.expand(count, -1, -1, -1),
            None if guide is None else guide.rows(count),
            None if preview is None else preview.expand(count, -1, -1, -1),
        )

    @classmethod
    def joined(cls, pictures: Sequence[Encoded]) -> Encoded:
        """Several pictures' conditions as rows of one batch."""
        first = pictures[0]
        return cls(
            PersonEmbeddings.joined([p.person for p in pictures]),
            torch.cat([p.pose for p in pictures]),
            None if first.guide is None else Guide.joined([p.guide for p in pictures]),
            None if first.preview is None else torch.cat([p.preview for p in pictures]),
        )


def common_rows(**counts: int) -> int:
    """How many pictures are drawn: as many as there are of everything, or one of some for all.

    Raises:
        StudioError: where the numbers do not go together.
    """
    rows = max(counts.values())
    if set(counts.values()) - {1, rows}:
        what = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
        raise StudioError(f"These do not go together: {what}. Give as many of each, or one for all.")
    return rows
