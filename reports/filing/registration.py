"""Registration: signers' public keys on their way into the register `signers`: as a landed file, like every register's rows.

What is landed belongs here; reading the register as published is signers.py's.
"""

import re
from pathlib import Path

import msgspec

from orchestration.core.clock import stamp, utc_now
from orchestration.core.durable import create_exclusively
from orchestration.core.home import Home
from reports.filing.keys import KeyRefused, create_private_key, key_id
from reports.filing.signers import ROLES, Signer, read_keys_file, registered

_SIGNER = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")


class Landed(msgspec.Struct, frozen=True, kw_only=True):
    """A row that was landed: who, which key, and the file.

    Attributes:
        signer_id: The person.
        role: `preparer` or `approver`.
        keyid: Name of the key.
        public_key: Its public half.
        path: File in the landing zone; `rapporteur run` takes it in.
    """

    signer_id: str
    role: str
    keyid: str
    public_key: str
    path: str


class SignerUnknown(ValueError):  # noqa: N818 - says what is the matter
    """A person or role that the register does not know, or knows already; the message says what to do."""


def add_key(home: Home, signer_id: str, role: str, out: Path) -> Landed:
    """Make a person's first key and land its public half.

    Args:
        home: Whose register.
        signer_id: The person: letters, digits, `_ . -`; no address.
        role: `preparer` or `approver`.
        out: Where the private key goes, outside the home.

    Raises:
        SignerUnknown: The id or role cannot be, or the person has a key.
        KeyRefused: The private key cannot be written there.
    """
    if not _SIGNER.fullmatch(signer_id):
        raise SignerUnknown(
            f"{signer_id!r} is no signer's id: letters, digits, `_`, `.`, `-`, at most 64, a letter first."
        )
    if role not in ROLES:
        raise SignerUnknown(f"{role!r} is no role; write {' or '.join(ROLES)}.")
    if keys_of(home, signer_id):
        raise SignerUnknown(
            f"{signer_id} has a key already: `rapporteur key rotate {signer_id} --out PATH` replaces it."
        )
    return _land(home, signer_id, role, create_private_key(out, home))


def rotate_key(home: Home, signer_id: str, out: Path) -> Landed:
    """Make a person's next key; from now on it is the one that signs, and what the last one signed stays valid.

    Raises:
        SignerUnknown: The person has no key.
        KeyRefused: The private key cannot be written there.
    """
    known = _known_keys(home, signer_id)
    return _land(home, signer_id, known[-1].role, create_private_key(out, home))


def revoke_key(home: Home, signer_id: str, keyid: str | None = None) -> list[Landed]:
    """Revoke a person's keys from now on: all that are in force, or the one named.

    Raises:
        SignerUnknown: The person has no such key, or it is revoked already.
    """
    known = [one for one in _known_keys(home, signer_id) if one.revoked_at is None]
    chosen = [one for one in known if keyid is None or one.keyid.startswith(keyid)]
    if not chosen:
        raise SignerUnknown(f"{signer_id} has no key {keyid or ''} that is not revoked already.")
    return [_land(home, signer_id, one.role, one.public_key, revoked=one) for one in chosen]


def keys_of(home: Home, signer_id: str) -> list[Signer]:
    """A person's keys, as published and as landed since; the newest last."""
    found = {one.keyid: one for one in registered(home) if one.signer_id == signer_id}
    for path in sorted((home.landing / "signers").glob(f"*/key-{signer_id}-*.jsonl")):
        for one in read_keys_file(path):
            before = found.get(one.keyid)
            if one.signer_id == signer_id and (before is None or one.revoked_at is not None):
                found[one.keyid] = one
    return sorted(found.values(), key=lambda one: (one.valid_from is not None, str(one.valid_from)))


def _known_keys(home: Home, signer_id: str) -> list[Signer]:
    known = keys_of(home, signer_id)
    if not known:
        raise SignerUnknown(f"{signer_id} has no key: `rapporteur key add {signer_id} --role ... --out PATH`.")
    return known


def _land(home: Home, signer_id: str, role: str, public_key: str, revoked: Signer | None = None) -> Landed:
    now = utc_now()
    row = {
        "signer_id": signer_id,
        "role": role,
        "public_key": public_key,
        "valid_from": stamp(revoked.valid_from) if revoked and revoked.valid_from else stamp(now),
        "updated_at": stamp(now),
    }
    if revoked is not None:
        row["revoked_at"] = stamp(now)
    keyid = key_id(public_key)
    folder = home.landing / "signers" / f"{now:%Y-%m-%d}"
    what = "revoked" if revoked else "added"
    path = folder / f"key-{signer_id}-{keyid[:16]}-{what}.jsonl"
    try:
        create_exclusively(path, msgspec.json.encode(row) + b"\n")
    except FileExistsError as error:
        raise KeyRefused(f"{path} exists: that was done today already; `rapporteur run` takes it in.") from error
    return Landed(signer_id=signer_id, role=role, keyid=keyid, public_key=public_key, path=str(path))
