"""Anchor: the register's head as a small document to keep elsewhere, and holding the register against one.

Its form, plain or signed, belongs here; the register itself is register.py's.
"""

from pathlib import Path

import msgspec

from orchestration.core.clock import stamp
from orchestration.core.home import Home
from reports.filing import envelope
from reports.filing.keys import read_private_key
from reports.filing.register import Head, head, holds_head, read_entries

PAYLOAD_TYPE = "application/vnd.rapporteur.anchor+json"


class Anchor(msgspec.Struct, frozen=True, kw_only=True):
    """The register's head at an instant.

    Attributes:
        seq: Number of its last line; 0 when nothing is filed.
        sha256: Digest of that line.
        filing: What that line entered.
        filed_at: When.
        anchored_at: UTC instant of this document.
    """

    seq: int
    sha256: str
    filing: str | None
    filed_at: str | None
    anchored_at: str


class AnchorRefused(ValueError):  # noqa: N818 - says what is the matter
    """A document that is no anchor."""


def make_anchor(home: Home, key: Path | None = None) -> bytes:
    """The head as a JSON document; inside a DSSE envelope when a key signs it.

    Raises:
        RegisterBroken: The register's chain is broken.
        KeyRefused: The key cannot be used.
    """
    known, entries = head(home), read_entries(home)
    last = entries[-1] if entries else None
    anchor = Anchor(
        seq=known.seq,
        sha256=known.sha256,
        filing=last.filing if last else None,
        filed_at=last.filed_at if last else None,
        anchored_at=stamp(),
    )
    content = msgspec.json.format(msgspec.json.encode(anchor), indent=1) + b"\n"
    if key is None:
        return content
    return envelope.write(envelope.sign(content, read_private_key(key, home), payload_type=PAYLOAD_TYPE))


def read_anchor(content: bytes) -> Anchor:
    """The anchor of a document, plain or inside an envelope (whose signature is not judged here).

    Raises:
        AnchorRefused: It is none.
    """
    try:
        return msgspec.json.decode(content, type=Anchor)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    try:
        return msgspec.json.decode(envelope.payload_of(envelope.read(content, PAYLOAD_TYPE)), type=Anchor)
    except (envelope.EnvelopeError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AnchorRefused(f"not an anchor of a register: {error}") from error


def holds_anchor(home: Home, anchor: Anchor) -> bool:
    """Whether the register still holds the line that was its head when the anchor was made."""
    return holds_head(home, Head(anchor.seq, anchor.sha256))
