"""Signers: whose keys count, as what and when: from the published register, or from a file of keys that came out of band.

Reading them and judging a key at an instant belong here; signatures themselves are envelope.py's.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import msgspec

from orchestration.core.home import Home
from orchestration.core.publish import open_published
from orchestration.core.settings import get_settings
from reports.filing.keys import KeyRefused, key_id
from reports.published import relations

PREPARER = "preparer"
APPROVER = "approver"
ROLES = (PREPARER, APPROVER)
OWN_REGISTER = "the home's own register of signers"
NOT_INDEPENDENT = (
    "Keys are those of the home's own register: whoever can change the home can change them. For an independent answer "
    "give the keys that you were handed out of band (--keys FILE, or the setting trusted_keys)."
)


class Signer(msgspec.Struct, frozen=True, kw_only=True):
    """A person with one key.

    Attributes:
        signer_id: The person.
        role: `preparer` or `approver`.
        keyid: Name of the key (keys.key_id).
        public_key: Its public half as text.
        valid_from: Instant from which it may sign; None: always.
        valid_to: Instant from which another key of the same person takes its place; None: none does.
        revoked_at: Instant from which nothing may be signed with it; None: not revoked.
    """

    signer_id: str
    role: str
    keyid: str
    public_key: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    revoked_at: datetime | None = None


class Trusted(msgspec.Struct, frozen=True):
    """Keys that signatures are checked against, where they come from, and whether that is independent of the home."""

    signers: tuple[Signer, ...]
    source: str
    is_independent: bool

    @property
    def public_keys(self) -> dict[str, str]:
        """Public keys by key id, as envelope.verify takes them."""
        return {signer.keyid: signer.public_key for signer in self.signers}


class SignerRefused(ValueError):  # noqa: N818 - says what is the matter
    """A key may not sign, or its signature does not count; the message says why."""


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    signer_id: str
    role: str
    public_key: str
    valid_from: datetime | None = None
    revoked_at: datetime | None = None


def trusted(home: Home, keys_file: Path | None = None) -> Trusted:
    """The keys to check with: those of the file, else of the setting `trusted_keys`, else of the home's own register.

    Raises:
        KeyRefused: The file cannot be read.
    """
    chosen = keys_file or get_settings().trusted_keys
    if chosen is not None:
        return Trusted(tuple(read_keys_file(chosen)), str(chosen), is_independent=True)
    return Trusted(tuple(registered(home)), OWN_REGISTER, is_independent=False)


def registered(home: Home) -> list[Signer]:
    """Signers of the published copy; none before a first publish."""
    if not home.published_current.exists():
        return []
    with open_published(home) as con:
        return read_signers(con)


def read_signers(con: duckdb.DuckDBPyConnection) -> list[Signer]:
    """All signers and keys of an open published copy, by person and start; a key that cannot be read is left out."""
    if "dim_signers" not in relations(con, "marts"):
        return []
    rows = con.execute(
        "select signer_id, role, public_key, valid_from, valid_to, revoked_at from marts.dim_signers "
        "order by signer_id, valid_from nulls first, public_key"
    ).fetchall()
    found = []
    for signer_id, role, public_key, *instants in rows:
        try:
            keyid = key_id(public_key)
        except KeyRefused:
            continue
        start, end, revoked = (instant.astimezone(UTC) if instant else None for instant in instants)
        found.append(
            Signer(
                signer_id=signer_id,
                role=role or "",
                keyid=keyid,
                public_key=public_key,
                valid_from=start,
                valid_to=end,
                revoked_at=revoked,
            )
        )
    return found


def read_keys_file(path: Path) -> list[Signer]:
    """Signers of a file of JSON lines with the fields of the register `signers`, in any order.

    Raises:
        KeyRefused: The file cannot be read, or a line is no signer or holds no ed25519 public key.
    """
    try:
        lines = path.expanduser().read_bytes().splitlines()
    except OSError as error:
        raise KeyRefused(f"{path}: trusted keys cannot be read ({error.strerror}).") from error
    rows = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(msgspec.json.decode(line, type=_Row))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise KeyRefused(
                    f"{path}, line {number}: not a signer ({error}). Each line: "
                    '{"signer_id", "role", "public_key", "valid_from", "revoked_at"}.'
                ) from error
    return _with_ends(rows)


def keys_file(signers: Iterable[Signer]) -> bytes:
    """Signers as a file that read_keys_file reads: public keys only, one a line."""
    fields = _Row.__struct_fields__
    return b"".join(msgspec.json.encode({name: getattr(one, name) for name in fields}) + b"\n" for one in signers)


def signer_at(signers: Iterable[Signer], keyid: str, at: datetime, role: str) -> Signer:
    """The person who may sign with a key, in a role, at an instant.

    Raises:
        SignerRefused: The key is unknown, of two people, of another role, not valid yet, replaced or revoked.
    """
    owners = [signer for signer in signers if signer.keyid == keyid]
    short = f"the key {keyid[:16]}..."
    if not owners:
        raise SignerRefused(
            f"{short} is in no row of the register of signers as published: land it with `rapporteur key add` and run "
            "`rapporteur run`."
        )
    if len({signer.signer_id for signer in owners}) > 1:
        names = ", ".join(sorted({signer.signer_id for signer in owners}))
        raise SignerRefused(f"{short} is registered for more than one person ({names}): one key, one person.")
    signer = owners[-1]
    if signer.role != role:
        raise SignerRefused(
            f"{signer.signer_id} is registered as {signer.role or 'nothing'}, and this takes the {role}."
        )
    if reason := out_of_time(signer, at):
        raise SignerRefused(f"{short} of {signer.signer_id} {reason}.")
    return signer


def out_of_time(signer: Signer, at: datetime) -> str:
    """Why a key does not count at an instant; empty when it does."""
    if signer.revoked_at is not None and at >= signer.revoked_at:
        return f"was revoked on {signer.revoked_at:%Y-%m-%d %H:%M} UTC"
    if signer.valid_from is not None and at < signer.valid_from:
        return f"is valid from {signer.valid_from:%Y-%m-%d %H:%M} UTC only"
    if signer.valid_to is not None and at >= signer.valid_to:
        return f"was replaced by another on {signer.valid_to:%Y-%m-%d %H:%M} UTC"
    return ""


def _with_ends(rows: Sequence[_Row]) -> list[Signer]:
    """What the mart dim_signers does: of each person's keys, the next one's start ends the one before."""
    newest = {(row.signer_id, key_id(row.public_key)): row for row in rows}
    always = datetime.min.replace(tzinfo=UTC)
    found = []
    for (signer_id, keyid), row in newest.items():
        start = row.valid_from or always
        later = [
            other.valid_from
            for (person, other_key), other in newest.items()
            if person == signer_id and other_key != keyid and other.valid_from and other.valid_from > start
        ]
        found.append(
            Signer(
                signer_id=signer_id,
                role=row.role,
                keyid=keyid,
                public_key=row.public_key,
                valid_from=row.valid_from,
                valid_to=min(later, default=None),
                revoked_at=row.revoked_at,
            )
        )
    return found
