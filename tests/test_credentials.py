"""Content Credentials: what a drawn picture's file says, signed, read by the library that platforms use."""

from __future__ import annotations

import datetime
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from mcld_app import __version__
from mcld_app.cli import doctor
from mcld_app.errors import StudioError
from mcld_app.files import cache_folder
from mcld_app.output import credentials, signing_key
from mcld_app.output.animation import encode_gif, encode_mp4
from mcld_app.output.credentials import MODEL, standing, with_credentials
from mcld_app.output.origin import EDITED, GENERATED
from mcld_app.output.provenance import encode_generated, read_recipe_text

pytest.importorskip("c2pa", reason="needs requirements-provenance.txt")

PICTURE = np.random.default_rng(0).integers(0, 256, (64, 44, 3), np.uint8)


@pytest.fixture(autouse=True)
def nothing_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which nothing was signed yet, and an operator who named nothing."""
    monkeypatch.setenv("MCLD_CACHE_DIR", str(tmp_path / "cache"))
    for name in ("MCLD_C2PA_CERT", "MCLD_C2PA_KEY"):
        monkeypatch.delenv(name, raising=False)
    signing_key._of_this_process.cache_clear()


def read(data: bytes, media_type: str) -> dict:
    """What the library's reader says of a file, without a network."""
    import c2pa

    settings = c2pa.Settings.from_dict({"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}})
    with c2pa.Context(settings) as context, c2pa.Reader(media_type, io.BytesIO(data), context=context) as reader:
        return json.loads(reader.json())


def actions_of(told: dict) -> list[dict]:
    """The actions of a file whose signature holds."""
    assert told["validation_state"] == "Valid"
    assert [fault["code"] for fault in told["validation_status"]] == ["signingCredential.untrusted"]
    said = told["manifests"][told["active_manifest"]]["assertions"]
    return next(each["data"]["actions"] for each in said if each["label"] == "c2pa.actions.v2")


def signed_by(told: dict) -> dict[str, str]:
    return told["manifests"][told["active_manifest"]]["signature_info"]


def saved(kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, kind)
    return buffer.getvalue()


def own_pair(folder: Path, monkeypatch: pytest.MonkeyPatch, kind: str = "P-256", days: tuple[int, int] = (-1, 90)):
    """An operator's certificate and key, named in the environment: of a kind, valid from and until some days from
    now."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    makers = {
        "P-256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "P-384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "RSA": lambda: rsa.generate_private_key(65537, 2048),
        "Ed25519": ed25519.Ed25519PrivateKey.generate,
        "secp256k1": lambda: ec.generate_private_key(ec.SECP256K1()),
    }
    root_key, key = makers["P-256"](), makers[kind]()
    now = datetime.datetime.now(datetime.timezone.utc)
    lasting = [now + datetime.timedelta(day) for day in days]

    def name_of(organisation: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, organisation)])

    flags = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
         "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    certificate = (
        x509.CertificateBuilder(name_of("A root"), name_of("An agency"), key.public_key(), 7, *lasting)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, **flags), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "own.pem", folder / "own.key"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8)
    paths[1].write_bytes(key.private_bytes(*form, serialization.NoEncryption()))
    (folder / "locked.key").write_bytes(key.private_bytes(*form, serialization.BestAvailableEncryption(b"x")))
    monkeypatch.setenv("MCLD_C2PA_CERT", str(paths[0]))
    monkeypatch.setenv("MCLD_C2PA_KEY", str(paths[1]))


# --- What it says --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edited", "source", "words"),
    [(False, GENERATED, ["c2pa.created"]), (True, EDITED, ["c2pa.created", "c2pa.edited"])],
)
def test_a_picture_says_how_it_was_made_and_keeps_its_recipe(edited: bool, source: str, words: list[str]) -> None:
    png = encode_generated(PICTURE, "MCLD demo", "seed 7", recipe='{"seeds": [7]}', edited=edited)
    told = read(png, "image/png")
    actions = actions_of(told)
    assert [action["action"] for action in actions] == words
    for action in actions:
        assert action["digitalSourceType"] == source
        assert action["softwareAgent"] == {"name": "MCLD Studio", "version": __version__}
        assert action["parameters"] == {MODEL: "MCLD demo"}
    assert read_recipe_text(png) == '{"seeds": [7]}'
    image = Image.open(io.BytesIO(png))
    assert np.array_equal(np.asarray(image), PICTURE) and "Description" in image.text


def test_it_says_nothing_else() -> None:
    """No time, no thumbnail, no title, and of the recipe nothing that was not in the file before."""
    told = read(encode_generated(PICTURE, "m", recipe="a name", edited=True), "image/png")
    made = told["manifests"][told["active_manifest"]]
    said = {"claim_generator_info", "assertions", "signature_info"}
    assert set(made) == said | {"instance_id", "label", "claim_version"}
    assert set(made["signature_info"]) == {"alg", "issuer", "common_name", "cert_serial_number"}
    assert len(made["assertions"]) == 1 and len(told["manifests"]) == 1
    for action in made["assertions"][0]["data"]["actions"]:
        assert set(action) == {"action", "digitalSourceType", "softwareAgent", "description", "parameters"}


def test_moving_pictures_are_signed_and_play() -> None:
    moving = [np.roll(PICTURE, 8 * k, axis=1) for k in range(3)]
    gif, video = encode_gif(moving, 0.1, "m"), encode_mp4(moving, 0.1, "m", edited=True)
    assert actions_of(read(gif, "image/gif"))[0]["digitalSourceType"] == GENERATED
    assert actions_of(read(video, "video/mp4"))[0]["digitalSourceType"] == EDITED
    assert Image.open(io.BytesIO(gif)).n_frames == 3
    with av.open(io.BytesIO(video)) as file:
        assert len(list(file.decode(video=0))) == 3


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_other_kinds_of_pictures_can_be_signed(kind: str) -> None:
    media_type = f"image/{kind.lower()}"
    signed = with_credentials(saved(kind), media_type, "a folder's name: \0 \udcff")
    assert actions_of(read(signed, media_type))[0]["parameters"][MODEL] == "a folder's name: \ufffd \ufffd"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(signed))), np.asarray(Image.open(io.BytesIO(saved(kind)))))


def test_a_pixel_that_was_changed_afterwards_is_noticed() -> None:
    png = bytearray(encode_generated(PICTURE, "m"))
    png[png.index(b"IDAT") + 100] ^= 1
    assert read(bytes(png), "image/png")["validation_state"] == "Invalid"


# --- Whose key -----------------------------------------------------------------------------------------------------


def test_a_key_is_made_once_for_this_user_alone() -> None:
    first, second = (read(encode_generated(PICTURE, "m"), "image/png") for _ in range(2))
    kept = list(cache_folder().iterdir())
    assert len(kept) == 1 and b"PRIVATE KEY" in kept[0].read_bytes()
    if os.name == "posix":
        assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600
    assert signed_by(first) == signed_by(second)
    told = standing()
    assert told.signs and not told.fault and "on no list of trusted ones" in told.text and str(kept[0]) in told.text


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----", None], ids=["empty", "half", "flipped"])
def test_a_damaged_key_of_this_machine_is_made_anew(damage: bytes | None) -> None:
    encode_generated(PICTURE, "m")
    (kept,) = cache_folder().iterdir()
    text = kept.read_bytes()
    kept.write_bytes(text.replace(b"M", b"N", 3) if damage is None else damage)
    assert actions_of(read(encode_generated(PICTURE, "m"), "image/png"))
    assert standing().signs


def test_where_nothing_can_be_kept_the_key_lasts_as_long_as_the_process(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "taken").write_text("no folder", "utf-8")
    monkeypatch.setenv("MCLD_CACHE_DIR", str(tmp_path / "taken"))
    numbers = set()
    for _ in range(2):
        told = read(encode_generated(PICTURE, "m"), "image/png")
        numbers.add(signed_by(told)["cert_serial_number"])
    assert len(numbers) == 1 and "gone with this process" in standing().text


@pytest.mark.parametrize("kind", ["P-256", "P-384", "RSA", "Ed25519"])
def test_the_operators_own_takes_its_place(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_pair(tmp_path, monkeypatch, kind)
    told = read(encode_generated(PICTURE, "m"), "image/png")
    assert actions_of(told)
    assert signed_by(told)["issuer"] == "An agency"
    assert standing().text == f"Pictures are signed with the certificate {tmp_path / 'own.pem'}."
    assert not cache_folder().exists() and credentials.fault_of_the_operators() == ""


FAULTS = {
    "key missing": ("MCLD_C2PA_CERT is set without MCLD_C2PA_KEY", lambda folder, patch: patch.delenv("MCLD_C2PA_KEY")),
    "no file": ("cannot be read", lambda folder, patch: (folder / "own.pem").unlink()),
    "no certificate": ("holds no certificate", lambda folder, patch: (folder / "own.pem").write_text("x", "utf-8")),
    "no key": ("holds no private key", lambda folder, patch: (folder / "own.key").write_bytes(b"-----BEGIN")),
    "a locked key": ("with a password", lambda folder, patch: (folder / "locked.key").replace(folder / "own.key")),
    "expired": ("has not been valid since", lambda folder, patch: own_pair(folder, patch, days=(-9, -2))),
    "too early": ("is valid from", lambda folder, patch: own_pair(folder, patch, days=(2, 9))),
    "another's": (
        "belong together",
        lambda folder, patch: (kept := (folder / "own.pem").read_bytes(), own_pair(folder, patch),
                               (folder / "own.pem").write_bytes(kept)),
    ),
    "a curve that C2PA does not know": ("kind that C2PA", lambda folder, patch: own_pair(folder, patch, "secp256k1")),
}  # fmt: skip


@pytest.mark.parametrize(("sentence", "spoil"), FAULTS.values(), ids=FAULTS)
def test_with_a_certificate_that_cannot_be_used_pictures_leave_with_the_rest(
    sentence: str, spoil, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_pair(tmp_path, monkeypatch)
    spoil(tmp_path, monkeypatch)
    png = encode_generated(PICTURE, "m", recipe="{}")
    assert b"caBX" not in png and "Description" in Image.open(io.BytesIO(png)).text and read_recipe_text(png) == "{}"
    told = credentials.fault_of_the_operators()
    assert sentence in told and told.endswith(", and with the rest of their provenance.")
    (line,) = doctor._credentials()
    assert line.state == "broken" and sentence in line.text


def test_a_certificate_for_other_uses_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A root that may sign certificates, not pictures."""
    own_pair(tmp_path, monkeypatch)
    key = signing_key._of_this_process()
    root = key.chain[key.chain.rindex(b"-----BEGIN") :]
    monkeypatch.setattr(credentials, "signing_key", lambda: signing_key.SigningKey("es256", root, key.key, None))
    assert standing().fault and not standing().signs


# --- Without the library -------------------------------------------------------------------------------------------


def test_without_the_library_all_is_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "is_installed", lambda: False)
    assert b"caBX" not in encode_generated(PICTURE, "m")
    told = standing()
    assert not told.signs and not told.fault and "pip install -r requirements-provenance.txt" in told.text
    own_pair(tmp_path, monkeypatch)
    assert "MCLD_C2PA_CERT is set without it" in credentials.fault_of_the_operators()


def test_one_is_not_named_without_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCLD_C2PA_KEY", "key.pem")
    with pytest.raises(StudioError, match="MCLD_C2PA_KEY is set without MCLD_C2PA_CERT"):
        signing_key.own_key()


def test_the_library_is_loaded_when_something_is_signed_and_no_sooner(root: Path) -> None:
    """It takes a quarter of a second, which a start should not."""
    script = "import sys, mcld_app.output.provenance; sys.exit(bool({'c2pa', 'cryptography'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
