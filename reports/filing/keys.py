"""Keys: ed25519 key pairs; the private half in a file outside the home, the public half as text in the register `signers`.

Making, reading and guarding key files belong here; who may sign with a key is told by signers.py.
"""

import base64
import binascii
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.core.durable import sync_folder
from orchestration.core.home import Home

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_RAW_BYTES = 32
_SPKI_HEAD = bytes.fromhex("302a300506032b6570032100")
"""RFC 8410: what precedes the 32 raw bytes in the SubjectPublicKeyInfo (DER) of an ed25519 key."""


class KeyRefused(ValueError):  # noqa: N818 - says what is the matter
    """A key, or the file that holds it, cannot be used; the message says why and what to do."""


def create_private_key(path: Path, home: Home) -> str:
    """Make a key pair and write its private half, PKCS#8 PEM, mode 0600.

    Args:
        path: Where; it must not exist, and not lie inside the home.
        home: The home that must not hold it.

    Returns:
        The public half, as the register holds it (see public_text).

    Raises:
        KeyRefused: The path lies inside the home, or exists.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    place = _outside(path, home)
    key = Ed25519PrivateKey.generate()
    content = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise KeyRefused(f"{place} exists; a key never replaces another: give a new path.") from error
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(place.parent)
    return public_text(key.public_key())


def read_private_key(path: Path, home: Home) -> "Ed25519PrivateKey":
    """The private key in a file that only its owner can read.

    Raises:
        KeyRefused: The file is missing, inside the home, readable by others, somebody else's, or no ed25519 key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    place = _outside(path, home)
    try:
        with place.open("rb") as file:
            found = os.fstat(file.fileno())
            _guarded(place, found)
            content = file.read(1 << 16)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise KeyRefused(f"{place}: no key that can be read ({error.strerror}).") from error
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyRefused(f"{place} holds no private key in PEM without a passphrase.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyRefused(f"{place} holds a key that is not ed25519; make one with `rapporteur key add`.")
    return key


def public_text(key: "Ed25519PublicKey") -> str:
    """A public key as the register holds it: base64 of its SubjectPublicKeyInfo, the body of a PEM file."""
    return base64.b64encode(_SPKI_HEAD + key.public_bytes_raw()).decode()


def read_public(text: str) -> "Ed25519PublicKey":
    """The public key of a register's row.

    Args:
        text: As public_text writes it; the 32 raw bytes in base64 or hex are understood too.

    Raises:
        KeyRefused: It is none of them.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(_raw_bytes(text))


def key_id(text: str) -> str:
    """Name of a public key: SHA-256, in hex, over its SubjectPublicKeyInfo (DER).

    `openssl pkey -pubin -in key.pem -outform DER | sha256sum` gives the same.

    Raises:
        KeyRefused: The text is no public key.
    """
    return hashlib.sha256(_SPKI_HEAD + _raw_bytes(text)).hexdigest()


def public_pem(text: str) -> bytes:
    """A public key as a PEM file, as openssl reads it.

    Raises:
        KeyRefused: The text is no public key.
    """
    body = base64.b64encode(_SPKI_HEAD + _raw_bytes(text)).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n".encode()


def _raw_bytes(text: str) -> bytes:
    compact = "".join(line.strip() for line in text.splitlines() if not line.startswith("-----"))
    for decode in (bytes.fromhex, _from_base64):
        try:
            found = decode(compact)
        except (ValueError, binascii.Error):
            continue
        raw = found.removeprefix(_SPKI_HEAD)
        if len(raw) == _RAW_BYTES:
            return raw
    raise KeyRefused(f"{text[:16]!r}... is no ed25519 public key in base64.")


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _outside(path: Path, home: Home) -> Path:
    place = path.expanduser().resolve()
    if place.is_relative_to(home.root):
        raise KeyRefused(
            f"{place} lies inside the home, which is copied, backed up and read by others; keep private keys elsewhere."
        )
    return place


def _guarded(place: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise KeyRefused(f"{place} is not a file.")
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        raise KeyRefused(
            f"{place} can be read or written by others (mode {mode:04o}): `chmod 600 {place}`, "
            "and rotate the key if anybody may have read it."
        )
    if found.st_uid != os.geteuid():
        raise KeyRefused(f"{place} belongs to another user (uid {found.st_uid}); sign with a key of your own.")
