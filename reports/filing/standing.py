"""Standing: which signatures of a bundle count, and so in which state it is; derived from files, stored nowhere.

Judging belongs here; moving a bundle from state to state is life.py's.
"""

from datetime import UTC, datetime
from pathlib import Path

import msgspec

from orchestration.core.clock import utc_now
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.filing import envelope
from reports.filing.register import Entry, Signed, entry_of, read_entries
from reports.filing.shelf import filing_id, last_filed
from reports.filing.signers import APPROVER, PREPARER, Signer, registered, signer_at
from reports.filing.signers import SignerRefused as Refused
from reports.manifest import NAME

DRAFT = "draft"
CHECKED = "checked"
APPROVED = "approved"
FILED = "filed"
CORRECTED = "corrected"
SIGNATURES = "signatures.json"


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What one signature of an envelope is worth.

    Attributes:
        keyid: As the envelope names it.
        signed: Who, as what and when; None where nobody knows.
        reason: Why it does not count; empty when it does.
    """

    keyid: str
    signed: Signed | None
    reason: str


def status_of(
    home: Home,
    folder: Path,
    *,
    entries: list[Entry] | None = None,
    signers: list[Signer] | None = None,
) -> str:
    """State of a bundle: `draft`, `checked`, `approved`, `filed` or `corrected`.

    Args:
        home: Whose filing.
        folder: The bundle.
        entries: The register's entries, where the caller has read them.
        signers: Whose signatures count; default: the published register of signers.

    Raises:
        RegisterBroken: The register's chain is broken: then nothing can be said to be filed.
    """
    known = read_entries(home) if entries is None else entries
    name = filing_id(home, folder)
    if entry_of(known, name) is not None:
        last = last_filed(known, name.rpartition("/")[0])
        return FILED if last is None or last.filing == name else CORRECTED
    if not (folder / envelope.NAME).exists():
        return DRAFT
    return status_by(counting(folder, registered(home) if signers is None else signers))


def status_by(signatures: list[Signed]) -> str:
    """State of a bundle that is not in the register, from the signatures that count."""
    preparers = {one.signer_id for one in signatures if one.role == PREPARER}
    approvers = {one.signer_id for one in signatures if one.role == APPROVER}
    if not preparers:
        return DRAFT
    return APPROVED if approvers - preparers else CHECKED


def counting(folder: Path, signers: list[Signer], at: datetime | None = None) -> list[Signed]:
    """The signatures of a bundle that count, in the order of signing (see judge)."""
    try:
        return [one.signed for one in judge(folder, signers, at) if one.signed is not None and not one.reason]
    except envelope.EnvelopeError:
        return []


def judge(folder: Path, signers: list[Signer], at: datetime | None = None) -> list[Judged]:
    """Every signature of a bundle's envelope, and whether it counts.

    It counts when it holds over the manifest as it lies there, its key is of one registered person, was in force when it
    signed and is not revoked at `at`.

    Args:
        folder: The bundle.
        signers: Keys to check against.
        at: Instant by which a revocation must have come to matter: that of the filing in the register; default: now.

    Raises:
        EnvelopeError: There is an envelope and it cannot be read, or it is about other bytes than the manifest.
    """
    path = folder / envelope.NAME
    if not path.exists():
        return []
    found = envelope.read(path.read_bytes())
    if envelope.payload_of(found) != (folder / NAME).read_bytes():
        raise envelope.EnvelopeError("the envelope is about other bytes than the manifest beside it")
    held = set(envelope.verify(found, {signer.keyid: signer.public_key for signer in signers}))
    noted = {one.keyid: one for one in read_signatures(folder)}
    judged = []
    for keyid in dict.fromkeys(signature.keyid for signature in found.signatures):
        note = noted.get(keyid)
        reason = _against(keyid, note, signers, at or utc_now()) if keyid in held else _not_held(keyid, signers)
        judged.append(Judged(keyid=keyid, signed=note, reason=reason))
    return judged


def _not_held(keyid: str, signers: list[Signer]) -> str:
    is_known = any(signer.keyid == keyid for signer in signers)
    return "it does not hold over the manifest" if is_known else "its key is not among the keys to check against"


def _against(keyid: str, note: Signed | None, signers: list[Signer], at: datetime) -> str:
    """Why a signature that holds does not count."""
    if note is None:
        return f"{SIGNATURES} does not say who signed"
    try:
        signer = signer_at(signers, keyid, instant_of(note.signed_at), note.role)
    except (Refused, ValueError) as error:
        return str(error)
    if signer.signer_id != note.signer_id:
        return f"its key is {signer.signer_id}'s, not {note.signer_id}'s"
    if signer.revoked_at is not None and at >= signer.revoked_at:
        return f"its key was revoked on {signer.revoked_at:%Y-%m-%d %H:%M} UTC"
    return ""


def read_signatures(folder: Path) -> list[Signed]:
    """Who signed and when, as noted beside the envelope; empty when there is no such note.

    The note itself is not signed: the register's entry, which repeats it, is what binds it once the bundle is filed.
    """
    try:
        return msgspec.json.decode((folder / SIGNATURES).read_bytes(), type=list[Signed])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return []


def write_signatures(folder: Path, signatures: list[Signed]) -> None:
    """Note who signed and when."""
    write_bytes(folder / SIGNATURES, msgspec.json.format(msgspec.json.encode(signatures), indent=1) + b"\n")


def instant_of(text: str) -> datetime:
    """An RFC 3339 instant, in UTC.

    Raises:
        ValueError: It is none, or has no offset.
    """
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} has no offset")
    return instant.astimezone(UTC)
