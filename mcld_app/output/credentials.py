"""Content Credentials: what is known of how a picture was made, signed, as platforms read it (C2PA, c2pa.org).

They stand beside the words of `origin`, and say the same: made by a model or edited with one, which, in which program.
No time, no thumbnail and nothing of whom it was made for or from; nobody is asked for a time stamp, and no network is
used. Without the package c2pa-python files leave without them.
"""

from __future__ import annotations

import io
import json
import logging
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from mcld_app import __version__
from mcld_app.deployment import C2PA_CERTIFICATE, credentials_named
from mcld_app.errors import StudioError
from mcld_app.output.origin import description, source_type, writable
from mcld_app.output.signing_key import CredentialsError, SigningKey, signing_key

INSTALL_CREDENTIALS = "pip install -r requirements-provenance.txt"

MODEL = "mcld.model"
"""What an action calls the name of the model."""

_PROGRAM = {"name": "MCLD Studio", "version": __version__}
_ACTIONS = "c2pa.actions.v2"
_SETTINGS = {
    "builder": {"thumbnail": {"enabled": False}, "created_assertion_labels": [_ACTIONS]},
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False, "verify_after_sign": False},
}
# The smallest GIF: a picture of one pixel, for trying a key.
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Standing:
    """Whether files are signed here.

    Attributes:
        signs: they are.
        fault: something that the operator named cannot be used.
        text: a sentence or two.
    """

    signs: bool
    fault: bool
    text: str


def is_installed() -> bool:
    """Whether what signs is there."""
    return find_spec("c2pa") is not None and find_spec("cryptography") is not None


def standing() -> Standing:
    """Whether files are signed here, and with whose certificate; tried on one pixel."""
    rest = "Pictures leave without Content Credentials, and with the rest of their provenance."
    try:
        own = credentials_named() is not None
        if not is_installed():
            text = f"Content Credentials need one more package: {INSTALL_CREDENTIALS}."
            return Standing(False, own, f"{text} {C2PA_CERTIFICATE} is set without it. {rest}" if own else text)
        key = signing_key()
        faults = _faults(_sign(_PIXEL, "image/gif", manifest("a try"), key))
    except StudioError as error:
        return Standing(False, True, f"{error} {rest}")
    except Exception as error:  # the library's kinds, of which some are made when it is loaded
        return Standing(False, True, f"Signing fails ({_first_line(error)}). {rest}")
    if faults:
        return Standing(False, True, f"The certificate cannot sign by C2PA's rules ({faults}). {rest}")
    if own:
        return Standing(True, False, f"Pictures are signed with the certificate {key.place}.")
    kept = f"kept in {key.place}" if key.place else "gone with this process, for the cache folder cannot be written to"
    return Standing(True, False, f"Pictures are signed with a certificate of this machine, which is on no list of "
                    f"trusted ones ({kept}).")  # fmt: skip


def fault_of_the_operators() -> str:
    """What is wrong with the certificate and key that the operator named, in a sentence or two; "" for nothing."""
    try:
        if credentials_named() is None:
            return ""
    except StudioError:
        pass  # `standing` says it
    told = standing()
    return told.text if told.fault else ""


def signed_in_words() -> str:
    """How drawn pictures are signed here, as a sentence for the page; "" where nothing signs them."""
    if not is_installed():
        return ""
    try:
        own = credentials_named() is not None
    except StudioError:
        return ""
    if own:
        return "Signed as Content Credentials (C2PA) with the certificate of whoever runs this studio."
    return "Signed as Content Credentials (C2PA) with a certificate of this machine, which is on no trust list."


def manifest(model: str, *, edited: bool = False) -> dict[str, Any]:
    """What is signed: actions of C2PA with IPTC's digital source type.

    Args:
        model: its name.
        edited: somebody's photo is part of the picture.
    """
    told = {
        "digitalSourceType": source_type(edited=edited),
        "softwareAgent": _PROGRAM,
        "description": description(model, edited=edited),
        "parameters": {MODEL: writable(model)},
    }
    actions = [{"action": "c2pa.created", **told}]  # the file; of a photo nothing is told, not even its hash
    if edited:
        actions.append({"action": "c2pa.edited", **told})
    return {
        "claim_generator_info": [_PROGRAM],
        "assertions": [{"label": _ACTIONS, "data": {"actions": actions}}],
    }


def with_credentials(data: bytes, media_type: str, model: str, *, edited: bool = False) -> bytes:
    """A file with signed Content Credentials; as it is where nothing can be signed.

    Args:
        data: of a kind that the library can sign: PNG, JPEG, WebP, GIF, MP4.
        media_type: such as "image/png".
        model, edited: see `manifest`.
    """
    if not is_installed():
        return data
    try:
        return _sign(data, media_type, manifest(model, edited=edited), signing_key())
    except CredentialsError as error:
        _LOG.warning("A file leaves without Content Credentials. %s", error)
    except Exception as error:  # as in `standing`; the picture must not be lost for it
        _LOG.warning("A file leaves without Content Credentials: %s.", _first_line(error))
    return data


def _sign(data: bytes, media_type: str, told: dict[str, Any], key: SigningKey) -> bytes:
    import c2pa

    info = c2pa.C2paSignerInfo(key.algorithm, key.chain, key.key, None)
    signed = io.BytesIO()
    with (
        c2pa.Context(c2pa.Settings.from_dict(_SETTINGS), c2pa.Signer.from_info(info)) as context,
        c2pa.Builder(told, context=context) as builder,
    ):
        builder.sign(media_type, io.BytesIO(data), signed)
    return signed.getvalue()


def _faults(signed: bytes) -> str:
    """What a reader has against a signed GIF, but that it does not know the certificate's root."""
    import c2pa

    with (
        c2pa.Context(c2pa.Settings.from_dict(_SETTINGS)) as context,
        c2pa.Reader("image/gif", io.BytesIO(signed), context=context) as reader,
    ):
        told = json.loads(reader.json()).get("validation_status", [])
    return ", ".join(each["code"] for each in told if each["code"] != "signingCredential.untrusted")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
