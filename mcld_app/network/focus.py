"""Which condition is seen where: the paper's multi-focal conditions aggregation (eq. 4) and its ablations, as data."""

from __future__ import annotations

from dataclasses import dataclass

from mcld_app.errors import StudioError

STAGES = ("encoder", "middle", "decoder")
SLOTS = ("photo", "texture", "face")


@dataclass(frozen=True)
class FocusPlan:
    """What the cross-attentions of each stage of the denoising UNet attend to.

    Attributes:
        encoder, middle, decoder: the slots whose tokens are concatenated there, out of "photo" (I), "texture" (A) and
            "face" (F), in this order.
        face_added: F has keys and values of its own (`to_k_ip`, `to_v_ip`) and is added with a weight (paper, eq. 3)
            in every cross-attention that attends to something else too: only so has B4 the paper's 1711 M parameters.
        reference: what the ReferenceNet reads: "texture" or "photo".
        reference_sees_photo: whether the ReferenceNet's cross-attention sees the photo's token (else zeros).
    """

    encoder: tuple[str, ...] = ("photo",)
    middle: tuple[str, ...] = ("photo", "texture")
    decoder: tuple[str, ...] = ("texture",)
    face_added: bool = True
    reference: str = "texture"
    reference_sees_photo: bool = True

    def __post_init__(self) -> None:
        for stage in STAGES:
            slots = getattr(self, stage)
            object.__setattr__(self, stage, tuple(slots))
            if any(slot not in SLOTS for slot in slots):
                raise StudioError(f"The focus plan's {stage} may name {', '.join(SLOTS)}, not {slots!r}.")
            if self.face_added and "face" in slots:
                raise StudioError("The face is either added or concatenated, not both.")
        if self.reference not in ("texture", "photo"):
            raise StudioError("The ReferenceNet reads “texture” or “photo”.")

    def slots(self, stage: str) -> tuple[str, ...]:
        """The slots concatenated in that stage."""
        return getattr(self, stage)

    @property
    def uses_face(self) -> bool:
        """Whether F is seen at all."""
        return self.face_added or any("face" in self.slots(stage) for stage in STAGES)


def _everywhere(*slots: str, **more) -> FocusPlan:
    return FocusPlan(slots, slots, slots, face_added=False, **more)


# The ablations of table 3. What the ReferenceNet reads in them is not stated in the paper: here B1, which knows no
# texture map, reads the photo, and B4, which has no I, gives its cross-attention zeros.
PLANS: dict[str, FocusPlan] = {
    "ours": FocusPlan(),
    "B1": _everywhere("photo", reference="photo"),
    "B2": _everywhere("photo", "texture"),
    "B3": _everywhere("photo", "texture", "face"),
    "B4": FocusPlan((), ("texture",), ("texture",), reference_sees_photo=False),
    "B5": FocusPlan(face_added=False),
}
