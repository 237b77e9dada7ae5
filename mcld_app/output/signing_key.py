"""The key that Content Credentials are signed with: the operator's own, or one of this machine, made on first use.

C2PA (technical specification 2.2, "X.509 certificates") wants a certificate for signing alone, with an extended key
usage, that another certificate vouches for. The one of this machine is vouched for by a root made with it, whose own
key is thrown away at once: it is on nobody's trust list, and says that nothing was changed since, not by whom.
"""

from __future__ import annotations

import datetime
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from mcld_app.deployment import C2PA_CERTIFICATE, C2PA_KEY, credentials_named
from mcld_app.errors import StudioError
from mcld_app.files import cache_folder, whole_file

_NAME = "content-credentials.pem"
_ORGANISATION = "MCLD Studio"
_LIFE = datetime.timedelta(days=3650)
_LARGEST = 1 << 20  # bytes of a file with certificates or a key
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


class CredentialsError(StudioError):
    """A certificate or key that nothing can be signed with."""


@dataclass(frozen=True)
class SigningKey:
    """What signs.

    Attributes:
        algorithm: as C2PA calls it, such as "es256".
        chain: certificates in PEM, the signer's first.
        key: their private key in PEM, PKCS #8, not encrypted. Never shown by `repr`.
        place: the file that the certificate is in; None where it is kept nowhere.
    """

    algorithm: str
    chain: bytes
    key: bytes
    place: Path | None

    def __repr__(self) -> str:
        return f"SigningKey({self.algorithm}, {self.place})"


def signing_key() -> SigningKey:
    """The operator's own, where the environment names one; else this machine's. Files are read anew each time, so that
    renewed ones are used. Needs the package cryptography.

    Raises:
        CredentialsError: where the operator's own cannot be used.
    """
    return own_key() or local_key()


def own_key() -> SigningKey | None:
    """The operator's, of MCLD_C2PA_CERT and MCLD_C2PA_KEY; None without them.

    Raises:
        CredentialsError: one is missing, cannot be read or is none, they do not belong together, or the certificate is
            not valid now.
    """
    if (named := credentials_named()) is None:
        return None
    certificate, key = named
    chain, secret = _read(certificate, C2PA_CERTIFICATE), _read(key, C2PA_KEY)
    try:
        first = _certificates(chain)[0]
    except (ValueError, IndexError) as error:
        raise CredentialsError(f"{C2PA_CERTIFICATE} names {certificate}, which holds no certificate in PEM.") from error
    try:
        private = _private(secret)
        packed = _packed(private)
    except TypeError as error:
        raise CredentialsError(
            f"{C2PA_KEY} names {key}, which is locked with a password. Name one without: "
            "openssl pkcs8 -topk8 -nocrypt -in LOCKED -out KEY"
        ) from error
    except Exception as error:  # cryptography has many kinds for what is no key
        raise CredentialsError(f"{C2PA_KEY} names {key}, which holds no private key in PEM.") from error
    if private.public_key() != first.public_key():
        raise CredentialsError(
            f"The certificate {certificate} is not that of the key {key}. Name two that belong together."
        )
    now = datetime.datetime.now(datetime.timezone.utc)
    if not first.not_valid_before_utc <= now <= first.not_valid_after_utc:
        since = "is valid from" if now < first.not_valid_before_utc else "has not been valid since"
        day = first.not_valid_before_utc if now < first.not_valid_before_utc else first.not_valid_after_utc
        raise CredentialsError(f"The certificate {certificate} {since} {day:%Y-%m-%d}. Renew it.")
    return SigningKey(_algorithm(private, key), chain, packed, certificate)


def local_key() -> SigningKey:
    """This machine's, made and kept in the user's cache folder on first use, for this user's eyes alone; where nothing
    can be kept there, it lasts as long as this process."""
    place = cache_folder() / _NAME
    kept = _kept(place)
    if kept is not None:
        return kept
    made = _of_this_process()
    try:
        with whole_file(place, sync=False) as temporary:
            opened = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "wb") as file:
                file.write(made.key + made.chain)
    except OSError:
        return made
    return _kept(place) or made  # another process may have put its own there meanwhile


def _kept(place: Path) -> SigningKey | None:
    """What `local_key` kept; None where there is nothing, or nothing that can be used now."""
    try:
        text = place.read_bytes()
        at = text.index(b"-----BEGIN CERTIFICATE-----")
        first, private = _certificates(text[at:])[0], _private(text[:at])
    except (OSError, ValueError, IndexError, TypeError):
        return None
    now = datetime.datetime.now(datetime.timezone.utc)
    fits = private.public_key() == first.public_key()
    lasts = first.not_valid_before_utc <= now <= first.not_valid_after_utc - datetime.timedelta(days=30)
    return SigningKey("es256", text[at:], text[:at], place) if fits and lasts else None


@lru_cache(maxsize=1)
def _of_this_process() -> SigningKey:
    """A new key with a certificate and the root that vouches for it (RFC 5280). They say no name, no machine and no
    time of day."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    today = datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last = today - datetime.timedelta(days=1), today + _LIFE
    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def name(common: str) -> x509.Name:
        parts = ((x509.NameOID.ORGANIZATION_NAME, _ORGANISATION), (x509.NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(*part) for part in parts])

    def certificate(common: str, of: Any, *, vouches: bool) -> x509.CertificateBuilder:
        nothing = dict.fromkeys(
            ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False,
        )  # fmt: skip
        usage = x509.KeyUsage(
            digital_signature=not vouches, key_cert_sign=vouches, crl_sign=vouches, **nothing
        )
        return (
            x509.CertificateBuilder(name("MCLD Studio, local root"), name(common), of.public_key(),
                                    x509.random_serial_number(), first, last)
            .add_extension(x509.BasicConstraints(ca=vouches, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False)
        )  # fmt: skip

    root = certificate("MCLD Studio, local root", root_key, vouches=True).sign(root_key, hashes.SHA256())
    signer = (
        certificate("MCLD Studio, local certificate", key, vouches=False)
        .add_extension(x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    chain = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in (signer, root))
    return SigningKey("es256", chain, _packed(key), None)


# --- Files in PEM --------------------------------------------------------------------------------------------------


def _read(place: Path, switch: str) -> bytes:
    try:
        if place.stat().st_size > _LARGEST:
            raise CredentialsError(f"{switch} names {place}, which is too large for what it should be.")
        return place.read_bytes()
    except OSError as error:
        raise CredentialsError(f"{switch} names {place}, which cannot be read: {error.strerror or error}.") from error


def _certificates(text: bytes) -> list[Any]:
    from cryptography import x509

    return x509.load_pem_x509_certificates(text)


def _private(text: bytes) -> Any:
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    return load_pem_private_key(text, password=None)


def _packed(private: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization

    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _algorithm(private: Any, place: Path) -> str:
    """How C2PA calls what a key signs by."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(private, rsa.RSAPrivateKey):
        return "ps256"
    if isinstance(private, ec.EllipticCurvePrivateKey) and private.curve.name in _CURVES:
        return _CURVES[private.curve.name]
    raise CredentialsError(f"The key {place} is of a kind that C2PA does not know. Take one of P-256, RSA or Ed25519.")
