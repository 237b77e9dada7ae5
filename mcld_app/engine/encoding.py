"""The conditions of a picture, encoded, each part kept under the content it depends on and for whom it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mcld_app.engine.cache import ContentCache, content_key
from mcld_app.engine.identity import between
from mcld_app.errors import Cancelled
from mcld_app.network import preprocess as p
from mcld_app.request import Conditions, Face

if TYPE_CHECKING:
    from mcld_app.body.texture.texture_map import TextureMap
    from mcld_app.engine.model import Model
    from mcld_app.network.embeddings import Encoded
    from mcld_app.network.pipeline import MCLDPipeline

T = TypeVar("T")


@dataclass(frozen=True)
class ConditionEncoder:
    """Encodes conditions for one request.

    Attributes:
        pipe, model: what encodes.
        cache: where parts are kept.
        owner: whose pictures they are.
        cancelled: asked before anything is encoded; True stops.
    """

    pipe: MCLDPipeline
    model: Model
    cache: ContentCache
    owner: str = ""
    cancelled: Callable[[], bool] = lambda: False

    def encode(self, conditions: Conditions, *, show_preview: bool = True) -> Encoded:
        """One row of `Encoded`.

        Args:
            conditions: checked already (`preprocess.check_conditions`).
            show_preview: whether a model that sees the texture preview is shown it.

        Raises:
            Cancelled: where `cancelled` said so.
            StudioError: for an identity of the wrong length, or face models that are broken.
        """
        from mcld_app.network.embeddings import Encoded

        pipe, how = self.pipe, self.model.preprocess
        filled = self._filled(conditions) if pipe.takes_preview else None
        texture = conditions.texture if filled is None else filled.image
        identity = self._identity(conditions)
        inputs_of = {"photo": conditions.photo, "texture": texture, "identity": identity}
        keys = {name: content_key(value) for name, value in inputs_of.items()}

        def keep(name: str, inputs: tuple[str, ...], encode: Callable[[], T]) -> T:
            return self._keep(content_key(name, *((each, keys[each]) for each in inputs)), encode)

        person = pipe.encode_person(
            p.as_picture(conditions.photo),
            p.as_picture(texture),
            None if identity is None else identity.reshape(1, -1),
            pipe.size,
            preprocess=how,
            keep=keep,
        )
        iuv = p.at_size(conditions.pose, pipe.size) if pipe.reads_places else conditions.pose
        pose = p.pose_picture(iuv)
        pose_key = content_key("pose", conditions.pose, pipe.size)
        features = self._keep(pose_key, lambda: pipe.encode_pose(pose, pipe.size, preprocess=how))
        preview = None
        if filled is not None and show_preview:
            preview = p.preview_pixels(filled, conditions, iuv).to(features.device)
        return Encoded(person, features, pipe.encode_guide(pose, pipe.size, preview, preprocess=how), preview)

    def _keep(self, key: str, make: Callable[[], T]) -> T:
        def make_unless_stopped() -> T:
            if self.cancelled():
                raise Cancelled()
            return make()

        return self.cache.get(key, make_unless_stopped, owner=self.owner)

    def _filled(self, conditions: Conditions) -> TextureMap:
        key = content_key("filled", conditions.texture, p.known_texels(conditions))
        return self._keep(key, lambda: p.filled_texture(conditions))

    def _identity(self, conditions: Conditions) -> np.ndarray | None:
        """The raw identity that F is made of: of the face, or of one between two; None is no face."""
        first = self._identity_of(conditions.face)
        mix = conditions.face_mix if conditions.other_face is not None else 0.0
        if not mix:
            return first
        other = self._identity_of(conditions.other_face)
        none = np.zeros(self.pipe.face_projector.config.identity, np.float32)
        return between(none if first is None else first, none if other is None else other, mix)

    def _identity_of(self, face: Face | None) -> np.ndarray | None:
        """A face's raw identity: as it is given, else by the model's own face encoder, else looked for in the photo."""
        if face is not None and face.identity is not None:
            return np.asarray(face.identity, np.float32)
        own_encoder = self.pipe.face_encoder is not None
        if face is not None and face.head is not None and own_encoder:
            key = content_key("head", face.head)
            return self._keep(key, lambda: self.pipe.encode_head(face.head[None])[0].cpu()).numpy()
        if face is None or face.photo is None or own_encoder or self.model.identify is None:
            return None
        key = content_key("face in photo", face.photo, face.iuv)
        found = self._keep(key, lambda: _kept(self.model.identify(face.photo, face.iuv)))
        return found if found.size else None


def _kept(identity: np.ndarray | None) -> np.ndarray:
    """An identity as the cache keeps it: that no face was found is worth keeping, too."""
    return np.zeros(0, np.float32) if identity is None else np.asarray(identity, np.float32)


def bytes_of(value: object) -> int:
    """What an encoded part takes in memory: tensors, arrays, texture maps, and mappings and tuples of them."""
    if hasattr(value, "nelement"):
        return value.nelement() * value.element_size()
    if isinstance(value, np.ndarray):
        return value.nbytes
    if hasattr(value, "coverage"):  # a texture map
        return value.image.nbytes + value.coverage.nbytes
    return sum(map(bytes_of, value.values() if isinstance(value, dict) else value))
