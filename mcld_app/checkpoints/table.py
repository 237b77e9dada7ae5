"""Every weight, as data. This is the one place that knows names, sizes, hashes and licences.

Where the figures come from: sizes and licence tags as the weights' own pages on Hugging Face list them; the sizes of
MCLD's four files agree with their key names and shapes in float32. Hashes and commits as those pages, or several public
projects, list them for these files. Where we found no hash, `known` is empty, and a download is checked against the
server's own word alone; where we found no whole commit, `revision` is "main", and the commit of the first download is
noted and kept to (`downloads`). See also docs/licences.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PICKLED = (".pth", ".bin")


@dataclass(frozen=True)
class Weight:
    """One network's weights, or one model file.

    Attributes:
        name: short name, as in "denoising_unet".
        label: what people call it.
        repository: on Hugging Face.
        files: in that repository: the first is downloaded, each is looked for in the Hugging Face cache.
        place: where it belongs, relative to the checkpoints folder; a download is put there.
        stems: other places and names that are accepted there, without extension, in order.
        extensions: accepted, in order.
        size: of the first file, bytes; approximate where `exact` is false.
        exact: whether the size is known to the byte.
        licence: as far as known, in a few words.
        known: published SHA-256 hashes of any of its files; the first is that of the file downloaded.
        revision: of the repository: a commit, where one is known that has the files.
        stepped: names may end in "-60000", as training writes them.
        used: whether anything in this version of the program reads it.
        optional: whether one does without it: the published model draws, or photos are read.
        elsewhere: folders of other programs that may have it, searched last.
        reads_photos: whether it looks at photos that people bring; else it belongs to the published model.
    """

    name: str
    label: str
    repository: str
    files: tuple[str, ...]
    place: str
    stems: tuple[str, ...]
    extensions: tuple[str, ...]
    size: int | None
    licence: str
    exact: bool = False
    known: tuple[str, ...] = ()
    revision: str = "main"
    stepped: bool = False
    used: bool = True
    optional: bool = False
    reads_photos: bool = False
    elsewhere: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """Where a person finds it."""
        return f"https://huggingface.co/{self.repository}"

    @property
    def url(self) -> str:
        """Where a browser downloads it."""
        return f"{self.page}/resolve/{self.revision}/{self.files[0]}"

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, which never changes, and not a branch."""
        return re.fullmatch(r"[0-9a-f]{40}", self.revision) is not None

    @property
    def sha256(self) -> str | None:
        """Of the file that is downloaded, where known."""
        return self.known[0] if self.known else None


_MCLD_LICENCE = "tagged MIT; trained on DeepFashion (research only) from Stable Diffusion (OpenRAIL-M)"


# Commits, each seen whole on a page of the repository or in projects that pin it. Of Lotior/mcld we saw the first seven
# digits alone (e66ae16).
_IMAGE_VARIATIONS = "42bc0ee1726b141d49f519a6ea02ccfbf073db2e"
_STABLE_DIFFUSION = "451f4fe16113bff5a5d2269ed5ad43b0592e9a14"
_ANTELOPE = "cc19541e7036588df2a2c06322bc6cfd9590cbed"

_INSIGHTFACE = ("~/.insightface/models",)  # where insightface keeps its own


def _authors(name: str, label: str, size: int, *more_stems: str) -> Weight:
    return Weight(
        name=name,
        label=label,
        repository="Lotior/mcld",
        files=tuple(f"{stem}.pth" for stem in (name, *more_stems)),
        place=f"{name}.pth",
        stems=(name, *more_stems),
        extensions=(".safetensors", *PICKLED),
        size=size,
        licence=_MCLD_LICENCE,
        stepped=True,
    )


def _densepose(name: str, backbone: str, size: int, *known: str) -> Weight:
    stem = f"densepose_{backbone}_fpn_dl"
    return Weight(
        name=name,
        label=f"DensePose, photo to IUV map ({backbone})",
        repository="LayerNorm/DensePose-TorchScript-with-hint-image",
        files=(f"{stem}.torchscript",),
        place=f"{stem}.torchscript",
        stems=(stem,),
        extensions=(".torchscript",),
        size=size,
        licence=(
            "CC BY-SA 3.0 as detectron2's model files, of which it is an export (its uploader tags it Apache-2.0); "
            "trained on DensePose-COCO, whose data is CC BY-NC"
        ),
        known=known,
        revision="65446422ea6225b9d72f93f3d2e2ad55e78b0b78",
        optional=backbone != "r101",  # one of them is enough
        reads_photos=True,
    )


TABLE: tuple[Weight, ...] = (
    _authors("denoising_unet", "denoising UNet", 3_514_760_976),
    _authors("reference_unet", "ReferenceNet", 3_438_035_200),
    _authors("pose_guider", "pose guider", 4_345_920),
    _authors("image_proj_model", "face projector", 321_345_536, "image_projector"),
    Weight(
        name="vae",
        label="VAE",
        repository="stabilityai/sd-vae-ft-mse",
        files=("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        place="sd-vae-ft-mse/diffusion_pytorch_model.safetensors",
        stems=(
            "sd-vae-ft-mse/diffusion_pytorch_model", "vae/diffusion_pytorch_model",
            "sd-vae-ft-mse", "vae", "diffusion_pytorch_model",
        ),
        extensions=(".safetensors", *PICKLED),
        size=334_643_276,
        exact=True,
        licence="tagged MIT",
        revision="31f26fdeee1355a5c34592e401dd41e45d25a493",
        known=(
            "a1d993488569e928462932c8c38a0760b874d166399b14414135bd9c42df5815",
            "1b4889b6b1d4ce7ae320a02dedaeff1780ad77d415ea0d744b476155c6377ddc",  # the .bin
        ),
    ),
    Weight(
        name="image_encoder",
        label="image encoder (CLIP)",
        repository="lambdalabs/sd-image-variations-diffusers",
        files=("image_encoder/pytorch_model.bin", "image_encoder/model.safetensors"),
        place="image_encoder/pytorch_model.bin",
        stems=(
            "image_encoder/model", "image_encoder/pytorch_model",
            "sd-image-variations-diffusers/image_encoder/model",
            "sd-image-variations-diffusers/image_encoder/pytorch_model",
            "image_encoder", "model", "pytorch_model",
        ),
        extensions=(".safetensors", *PICKLED),
        size=1_215_993_967,
        exact=True,
        licence="CreativeML OpenRAIL-M: use restrictions, which are passed on",
        revision=_IMAGE_VARIATIONS,
        known=("89d2aa29b5fdf64f3ad4f45fb4227ea98bc45156bbae673b85be1af7783dbabb",),
    ),
    Weight(
        name="unet_config",
        label="shape of the UNets (in the code)",
        repository="stable-diffusion-v1-5/stable-diffusion-v1-5",
        files=("unet/config.json",),
        place="stable-diffusion-v1-5/unet/config.json",
        stems=(),
        extensions=(),
        size=None,
        licence="CreativeML OpenRAIL-M",
        revision=_STABLE_DIFFUSION,
        used=False,  # the sizes stand in network/unets.py, so that nothing has to be downloaded for them
    ),
    Weight(
        # From Stable Diffusion 1.5, whose licence is known: the page of the checker's own repository,
        # CompVis/stable-diffusion-safety-checker, states none. The size in half precision is, to the byte, that of
        # diffusers' class under the key names of its time.
        name="safety_checker",
        label="safety checker",
        repository="stable-diffusion-v1-5/stable-diffusion-v1-5",
        files=(
            "safety_checker/model.safetensors", "safety_checker/model.fp16.safetensors",
            "safety_checker/pytorch_model.bin",
        ),
        place="safety_checker/model.safetensors",
        stems=tuple(
            f"{folder}/{name}"
            for folder in (
                "safety_checker", "stable-diffusion-safety-checker", "stable-diffusion-v1-5/safety_checker",
            )
            for name in ("model", "model.fp16", "pytorch_model")
        ),
        extensions=(".safetensors", *PICKLED),
        size=1_215_981_830,
        exact=True,
        licence="CreativeML OpenRAIL-M: use restrictions, which are passed on",
        revision=_STABLE_DIFFUSION,
        known=(
            "9d6a233ff6fd5ccb9f76fd99618d73369c52dd3d8222376384d0e601911089e8",
            "08902f19b1cfebd7c989f152fc0507bef6898c706a91d666509383122324b511",  # in half precision
            "193490b58ef62739077262e833bf091c66c29488058681ac25cf7df3d8190974",  # the .bin
        ),
        optional=True,
    ),
    # Exports of detectron2's models with the DeepLab head; the authors used the larger one's own file.
    _densepose(
        "densepose_r101", "r101", 342_000_000, "4fe0d458d7ad25bd97d03605f693a2547219e4bae4de9aa727ebb7ecbaaf65a3"
    ),
    _densepose("densepose", "r50", 265_000_000, "4f7260daa498ce8d4b4679f0692ef2f1f426e39121a907181eab37b8b0585878"),
    Weight(
        name="face_detector",
        label="face detector (antelopev2)",
        repository="DIAMONIK7777/antelopev2",
        files=("scrfd_10g_bnkps.onnx",),
        place="antelopev2/scrfd_10g_bnkps.onnx",
        stems=("antelopev2/scrfd_10g_bnkps", "antelopev2/antelopev2/scrfd_10g_bnkps", "scrfd_10g_bnkps"),
        extensions=(".onnx",),
        size=16_923_827,
        exact=True,
        revision=_ANTELOPE,
        known=("5838f7fe053675b1c7a08b633df49e7af5495cee0493c7dcf6697200b85b5b91",),
        licence="InsightFace's models: non-commercial research only",
        reads_photos=True,
        elsewhere=_INSIGHTFACE,
    ),
    Weight(
        name="face_identity",
        label="face identity (antelopev2)",
        repository="DIAMONIK7777/antelopev2",
        files=("glintr100.onnx",),
        place="antelopev2/glintr100.onnx",
        stems=("antelopev2/glintr100", "antelopev2/antelopev2/glintr100", "glintr100"),
        extensions=(".onnx",),
        size=260_665_334,
        exact=True,
        revision=_ANTELOPE,
        known=("4ab1d6435d639628a6f3e5008dd4f929edf4c4124b1a7169e1048f9fef534cdf",),
        licence="InsightFace's models: non-commercial research only",
        reads_photos=True,
        elsewhere=_INSIGHTFACE,
    ),
)  # fmt: skip

STARTS: tuple[Weight, ...] = (
    Weight(
        name="start_unet",
        label="UNet that training starts from",
        repository="lambdalabs/sd-image-variations-diffusers",
        files=("unet/diffusion_pytorch_model.bin",),
        place="sd-image-variations-diffusers/unet/diffusion_pytorch_model.bin",
        stems=("sd-image-variations-diffusers/unet/diffusion_pytorch_model",),
        extensions=(".safetensors", *PICKLED),
        size=None,
        licence="CreativeML OpenRAIL-M: use restrictions, which are passed on",
        revision=_IMAGE_VARIATIONS,
        used=False,
    ),
    Weight(
        name="start_pose_guider",
        label="ControlNet that the pose guider starts from",
        repository="lllyasviel/control_v11p_sd15_seg",
        files=("diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.bin"),
        place="control_v11p_sd15_seg/diffusion_pytorch_model.safetensors",
        stems=("control_v11p_sd15_seg/diffusion_pytorch_model",),
        extensions=(".safetensors", *PICKLED),
        size=1_450_000_000,
        licence="OpenRAIL: use restrictions, which are passed on",
        revision="210682041b41097834006a910b8773f423343900",
        known=(
            "68291d493d0d75df67fe931c753c9b204cf3863509d5471b5eb64e5f0f2b4b38",
            "4397ad13ff43760023ad5f7b13969731e52c0d23cc1c609fcb4b25da2c00be0b",  # the .bin
        ),
        used=False,
    ),
)
"""What training alone reads, to start from (`docs/reference.md`, "Training"), besides the autoencoder and the image
encoder."""

_MODEL = tuple(weight for weight in TABLE if weight.used and not weight.reads_photos)

NEEDED: tuple[Weight, ...] = tuple(weight for weight in _MODEL if not weight.optional)
"""What the published model is made of."""

OPTIONAL: tuple[Weight, ...] = tuple(weight for weight in _MODEL if weight.optional)
"""What may stand beside it."""

READERS: tuple[Weight, ...] = tuple(weight for weight in TABLE if weight.reads_photos)
"""What reads photos that people bring, for any model; the optional one may take another's place."""

MCLD_FILES = ("denoising_unet", "reference_unet", "pose_guider", "image_proj_model")


def wanted(what: str = "everything", *, checked: bool = False) -> tuple[Weight, ...]:
    """What a download is of.

    Args:
        what: "model" (the published one), "photos" (what reads them, for the bundled model too) or "everything".
        checked: the model's pictures are to pass the safety checker.
    """
    model = (*NEEDED, *(OPTIONAL if checked else ()))
    readers = tuple(weight for weight in READERS if not weight.optional)
    return {"model": model, "photos": readers}.get(what, (*model, *readers))


def weight_named(name: str) -> Weight:
    """The weight of that short name.

    Raises:
        KeyError: where there is none.
    """
    for weight in TABLE:
        if weight.name == name:
            return weight
    raise KeyError(name)
