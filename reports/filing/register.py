"""Register: filings/register.jsonl, one line for each filing and correction, each naming the digest of the line before it.

Its lines, appending, reading and checking belong here; what may be entered is decided by life.py.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from orchestration.core.durable import sync_folder, write_bytes
from orchestration.core.home import Home

NAME = "register.jsonl"
TORN = "register.torn"
START = "0" * 64
"""What the first line names as the digest before it."""
_DIGEST = b',"sha256":"'
_TOLD = re.compile(rb'[0-9a-f]{64}"}')


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed a filing: person, role, key id, and the UTC instant."""

    signer_id: str
    role: str
    keyid: str
    signed_at: str


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the register, followed in the line by `sha256`: the digest of the line without that field.

    Attributes:
        seq: 1, 2, 3, ...
        prev_sha256: The `sha256` of the line before; 64 zeros in the first.
        event: `filed`, `corrected` (a later version of a filing was filed; `corrects` names the one before), `released`
            (a read-out).
        filing: `<report>/<period>/v<n>`.
        manifest_sha256: Digest of manifest.json.
        envelope_sha256: Digest of manifest.dsse.json.
        signers: In the order of signing.
        filed_at: UTC instant, RFC 3339.
        corrects: Filing that this one corrects.
        waived: Names of the blockers that were waived, sorted.
    """

    seq: int = 0
    prev_sha256: str = START
    event: str
    filing: str
    manifest_sha256: str
    envelope_sha256: str
    signers: tuple[Signed, ...]
    filed_at: str
    corrects: str | None = None
    waived: tuple[str, ...] = ()


class Head(msgspec.Struct, frozen=True):
    """The last line: its number (0 in an empty register) and its digest."""

    seq: int
    sha256: str

    def __str__(self) -> str:
        """In words, as printed in reports."""
        return f"{self.seq} {self.sha256}" if self.seq else "0 (nothing filed yet)"


class Break(msgspec.Struct, frozen=True):
    """The first line that does not stand where it was written: its number in the file, and what is the matter."""

    line: int
    reason: str


class RegisterBroken(OSError):  # noqa: N818 - says what is the matter
    """The register cannot be continued: its chain is broken; the message says at which line."""


def path_of(home: Home) -> Path:
    """Where the register lies."""
    return home.filings / NAME


@contextmanager
def filings_lock(home: Home) -> Iterator[None]:
    """One writer of filings and register at a time; another waits. A killed holder frees it."""
    home.filings.mkdir(parents=True, exist_ok=True)
    with (home.filings / ".lock").open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def read_entries(home: Home) -> list[Entry]:
    """All entries, in order. Half a line that a kill left at the end is passed over: no one was told of it.

    Raises:
        RegisterBroken: A line cannot be read, or the chain is broken.
    """
    return [entry for entry, _ in _sound(home)[0]]


def verify_chain(home: Home) -> Break | None:
    """The first broken line of the register, or None when every line is whole and follows from the one before it.

    Half a line at the end is told too: a kill leaves one, and so does somebody who cuts. A register that ends earlier, at
    a line's end, is whole by itself: compare its head with one that was printed in a report or exported (holds_head).
    """
    entries, broken, torn = _walk(_content(home))
    if broken is None and torn:
        return Break(len(entries) + 1, "half a line: a filing was killed while it was entered, or the line was cut off")
    return broken


def head(home: Home) -> Head:
    """Number and digest of the last line.

    Raises:
        RegisterBroken: The chain is broken.
    """
    return _head_of(_sound(home)[0])


def holds_head(home: Home, known: Head) -> bool:
    """Whether the register, as far as it goes without a break, holds a line that was once its head."""
    if known.seq == 0:
        return known.sha256 == START
    entries = _walk(_content(home))[0]
    return known.seq <= len(entries) and entries[known.seq - 1][1] == known.sha256


def append(home: Home, entry: Entry) -> Entry:
    """Add an entry, durably; its `seq` and `prev_sha256` are set here. Call it under filings_lock.

    Half a line that a kill left behind is moved to `register.torn` first.

    Returns:
        The entry as it stands in the register.

    Raises:
        RegisterBroken: The chain is broken; nothing is added to it.
    """
    entries, torn = _sound(home)
    last = _head_of(entries)
    entered = msgspec.structs.replace(entry, seq=last.seq + 1, prev_sha256=last.sha256)
    path = path_of(home)
    if torn:
        _set_torn_line_aside(home)
    is_new = not path.exists()
    with path.open("ab") as handle:
        if handle.tell() and not _content(home).endswith(b"\n"):
            handle.write(b"\n")
        handle.write(line_of(entered) + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    if is_new:
        sync_folder(path.parent)
    return entered


def entry_of(entries: list[Entry], filing: str) -> Entry | None:
    """The entry by which a filing was filed, or None."""
    return next((entry for entry in entries if entry.filing == filing), None)


def line_of(entry: Entry) -> bytes:
    """An entry as its line: its fields, and last the digest of what stands before."""
    body = msgspec.json.encode(entry)
    return body[:-1] + _DIGEST + hashlib.sha256(body).hexdigest().encode() + b'"}'


def _content(home: Home) -> bytes:
    try:
        return path_of(home).read_bytes()
    except FileNotFoundError:
        return b""


def _head_of(entries: list[tuple[Entry, str]]) -> Head:
    return Head(entries[-1][0].seq, entries[-1][1]) if entries else Head(0, START)


def _sound(home: Home) -> tuple[list[tuple[Entry, str]], bytes]:
    """Entries with their digests, and half a line at the end."""
    entries, broken, torn = _walk(_content(home))
    if broken is not None:
        raise RegisterBroken(
            f"{path_of(home)}, line {broken.line}: {broken.reason}. Restore the register from a backup; "
            "compare it with an anchor (`rapporteur register anchor`)."
        )
    return entries, torn


def _walk(content: bytes) -> tuple[list[tuple[Entry, str]], Break | None, bytes]:
    """Entries with their digests up to the first break, the break, and half a line at the end."""
    entries: list[tuple[Entry, str]] = []
    *lines, tail = content.split(b"\n")
    before = START
    filings: set[str] = set()
    for number, line in enumerate([*lines, tail] if _digest_of(tail) else lines, start=1):
        entry, digest = _entry(line), _digest_of(line)
        reason = ""
        if entry is None:
            reason = "not an entry of the register"
        elif not digest or not line.endswith(digest.encode() + b'"}'):
            reason = "its bytes are not those that were entered: they have another digest than the line says"
        elif entry.prev_sha256 != before:
            reason = (
                f"names {entry.prev_sha256[:16]}... as the digest of the line before it, which has {before[:16]}..."
            )
        elif entry.seq != number:
            reason = f"has the number {entry.seq}"
        elif entry.filing in filings:
            reason = f"{entry.filing} is entered a second time"
        if entry is None or reason:
            return entries, Break(number, reason), b""
        before = digest
        filings.add(entry.filing)
        entries.append((entry, digest))
    if tail and _digest_of(tail):
        tail = b""
    if _digest_of(tail[:-1]):
        return entries, Break(len(lines) + 1, "a whole entry ends in another byte than a line feed"), b""
    return entries, None, tail


def _entry(line: bytes) -> Entry | None:
    try:
        return msgspec.json.decode(line, type=Entry)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _digest_of(line: bytes) -> str:
    """Digest of a line without its last field, or nothing where the line has no such field or is not whole."""
    body, field, told = line.rpartition(_DIGEST)
    if not field or not _TOLD.fullmatch(told):
        return ""
    return hashlib.sha256(body + b"}").hexdigest()


def _set_torn_line_aside(home: Home) -> None:
    whole, feed, torn = _content(home).rpartition(b"\n")
    with (home.filings / TORN).open("ab") as handle:
        handle.write(torn + b"\n")
        handle.flush()
        os.fsync(handle.fileno())
    write_bytes(path_of(home), whole + feed)
