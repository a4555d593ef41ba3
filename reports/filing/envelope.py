"""Envelope: DSSE v1 around a bundle's manifest: what is signed, how it is written, and which signatures hold.

The format and its cryptography belong here; whose keys count is told by the caller (signers.py), when by life.py.
"""

import base64
import binascii
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from reports.filing.keys import KeyRefused, key_id, public_text, read_public

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "manifest.dsse.json"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


class Signature(msgspec.Struct, frozen=True):
    """One signature of an envelope: whose key (see keys.key_id) and the signature's base64."""

    keyid: str
    sig: str


class Envelope(msgspec.Struct, frozen=True, rename="camel"):
    """A DSSE envelope, https://github.com/secure-systems-lab/dsse/blob/v1.0.0/envelope.md; unknown fields are passed over.

    Attributes:
        payload: The signed bytes, in base64.
        payload_type: What they are.
        signatures: In the order of signing.
    """

    payload: str
    payload_type: str
    signatures: tuple[Signature, ...] = ()


class EnvelopeError(ValueError):
    """An envelope that cannot be read; the message says why."""


def pae(payload: bytes, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The bytes that are signed: DSSE's pre-authentication encoding, protocol.md of DSSE v1."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def sign(
    payload: bytes, key: "Ed25519PrivateKey", before: Envelope | None = None, payload_type: str = PAYLOAD_TYPE
) -> Envelope:
    """An envelope with one more signature over a payload.

    Args:
        payload: What is signed: the manifest's bytes.
        key: The signer's private key.
        before: The envelope so far; its signatures stay.
        payload_type: What the payload is.

    Raises:
        EnvelopeError: `before` is about another payload, or this key has signed it.
    """
    if before is not None and payload_of(before) != payload:
        raise EnvelopeError("the envelope is about other bytes than the manifest beside it")
    keyid = key_id(public_text(key.public_key()))
    signatures = before.signatures if before is not None else ()
    if any(signature.keyid == keyid for signature in signatures):
        raise EnvelopeError(f"the key {keyid[:16]}... has signed already; a key cannot sign twice")
    sig = base64.b64encode(key.sign(pae(payload, payload_type))).decode()
    return Envelope(base64.b64encode(payload).decode(), payload_type, (*signatures, Signature(keyid, sig)))


def write(envelope: Envelope) -> bytes:
    """The envelope as a JSON document."""
    return msgspec.json.format(msgspec.json.encode(envelope), indent=1) + b"\n"


def read(content: bytes, payload_type: str = PAYLOAD_TYPE) -> Envelope:
    """The envelope of a JSON document.

    Args:
        content: The document.
        payload_type: What its payload must be.

    Raises:
        EnvelopeError: It is none, or of another payload type, or its payload is not base64.
    """
    try:
        envelope = msgspec.json.decode(content, type=Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise EnvelopeError(f"not a DSSE envelope: {error}") from error
    if envelope.payload_type != payload_type:
        raise EnvelopeError(f"payload type {envelope.payload_type!r}, not {payload_type!r}")
    payload_of(envelope)
    return envelope


def payload_of(envelope: Envelope) -> bytes:
    """The signed bytes.

    Raises:
        EnvelopeError: They are not base64.
    """
    try:
        return _decoded(envelope.payload)
    except binascii.Error as error:
        raise EnvelopeError("the payload is not base64") from error


def verify(content: bytes | Envelope, keys: Mapping[str, str]) -> tuple[str, ...]:
    """Which of the given keys have signed an envelope's payload.

    Args:
        content: The envelope, or the bytes of its file.
        keys: Public keys by key id, as the register holds them (keys.public_text). A key id in the envelope is only a
            hint: a signature counts when the key that the caller knows under that id verifies it.

    Returns:
        The key ids whose signatures hold, each once, in the order of signing. A signature that is broken, or of a key
        that is not given, is left out: compare with the envelope's `signatures`.

    Raises:
        EnvelopeError: The envelope cannot be read.
    """
    envelope = content if isinstance(content, Envelope) else read(content)
    signed = pae(payload_of(envelope), envelope.payload_type)
    held: dict[str, None] = {}
    for signature in envelope.signatures:
        if signature.keyid in keys and holds(signed, signature.sig, keys[signature.keyid]):
            held[signature.keyid] = None
    return tuple(held)


def holds(signed: bytes, sig: str, public: str) -> bool:
    """Whether a base64 signature over these bytes is this public key's; False too when either cannot be read."""
    from cryptography.exceptions import InvalidSignature

    try:
        read_public(public).verify(_decoded(sig), signed)
    except (InvalidSignature, KeyRefused, binascii.Error):
        return False
    return True


def _decoded(text: str) -> bytes:
    """DSSE allows both alphabets of base64 in what is read."""
    return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
