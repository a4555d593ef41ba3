"""Waivers: blockers that an approver set aside, by name and for a reason, each signed with the approver's key.

Their form, signing and judging belong here; which blockers there are is told by blockers.py.
"""

import base64
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from orchestration.core.identifiers import personal_data
from reports.filing import envelope
from reports.filing.signers import APPROVER, Signer, SignerRefused, signer_at
from reports.filing.standing import instant_of

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

NAME = "waivers.json"
PAYLOAD_TYPE = "application/vnd.rapporteur.waiver+json"
_LONGEST = 2000


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """One blocker set aside.

    Attributes:
        filing: The filing that it is for.
        name: Name of the blocker.
        rows: Rows that the blocker had: it stays waived while it has no more.
        reason: In the approver's words; printed in the report.
        signer_id: The approver.
        keyid: Key that signed it.
        waived_at: UTC instant, RFC 3339.
        sig: Base64 signature over DSSE's pre-authentication encoding of all other fields.
    """

    filing: str
    name: str
    rows: int
    reason: str
    signer_id: str
    keyid: str
    waived_at: str
    sig: str = ""


class ReasonRefused(ValueError):  # noqa: N818 - says what is the matter
    """A reason that cannot be printed; the message says why."""


def checked_reason(text: str, what: str = "reason") -> str:
    """A free text that goes into a filing, trimmed.

    Raises:
        ReasonRefused: It is empty, too long, or holds what identifies a person or opens a door.
    """
    reason = " ".join(text.split())
    if not reason:
        raise ReasonRefused(f"the {what} is empty; it is printed in the report, so say why.")
    if len(reason) > _LONGEST:
        raise ReasonRefused(f"the {what} is longer than {_LONGEST} characters.")
    if kinds := personal_data(reason):
        raise ReasonRefused(f"the {what} holds {', '.join(kinds)}; it is printed in the report, so leave that out.")
    return reason


def signed_waiver(waiver: Waiver, key: "Ed25519PrivateKey") -> Waiver:
    """The waiver with its signature."""
    return msgspec.structs.replace(waiver, sig=base64.b64encode(key.sign(_signed_bytes(waiver))).decode())


def why_not(waiver: Waiver, filing: str, signers: list[Signer], now: datetime) -> str:
    """Why a waiver does not count for a filing; empty when it does."""
    if waiver.filing != filing:
        return f"it is for {waiver.filing}"
    try:
        signer = signer_at(signers, waiver.keyid, instant_of(waiver.waived_at), APPROVER)
    except (SignerRefused, ValueError) as error:
        return str(error)
    if signer.revoked_at is not None and now >= signer.revoked_at:
        return f"the key of {signer.signer_id} was revoked"
    if signer.signer_id != waiver.signer_id or not envelope.holds(_signed_bytes(waiver), waiver.sig, signer.public_key):
        return "its signature does not hold"
    return ""


def read_waivers(folder: Path) -> list[Waiver]:
    """Waivers of a bundle; none when it has none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=list[Waiver])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return []


def _signed_bytes(waiver: Waiver) -> bytes:
    return envelope.pae(msgspec.json.encode(msgspec.structs.replace(waiver, sig="")), PAYLOAD_TYPE)
