"""Access log: who looked at raw material through our commands, as a hash chain in ops/access_log.

Recording a look, and checking the chain, belong here; what is shown is the business of whoever shows it.
"""

import fcntl
import getpass
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from orchestration.core.clock import stamp
from orchestration.core.durable import sync_folder, write_bytes
from orchestration.core.home import Home

BLIND_SPOTS = (
    "The log holds what was shown or packed through rapporteur's commands. It cannot see a file opened directly (vault, "
    "lake, a bundle), a database opened with DuckDB, a copy or a backup, nor what was done with an answer. Who is the "
    "setting RAPPORTEUR_ACTOR, else the operating system's user: a claim, not a proof. Whoever may write the home could "
    "rewrite the whole log and its head; compare the head with one that was kept elsewhere."
)


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One look.

    Attributes:
        accessed_at: UTC instant, RFC 3339, before the thing was shown.
        who: The setting `actor`, else the operating system's user.
        action: What was done: `trace`, `quarantine show`, `package`, `download`.
        object: What was looked at, such as `<file_sha256>:<line>`.
        detail: Why or on behalf of what, such as a filing and figure; empty when there is nothing to add.
        previous: Digest of the entry before; of the first: SHA-256 of whatever stood in the file before the chain began.
        sha256: SHA-256 of this entry as compact JSON without this field.
    """

    accessed_at: str
    who: str
    action: str
    object: str
    detail: str
    previous: str
    sha256: str = ""


class AccessFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the log: the line (1-based; 0 = the log as a whole), what it is, what the chain asks for and what was found."""

    line: int
    finding: str
    expected: str
    found: str


class _Head(msgspec.Struct, frozen=True):
    entries: int
    sha256: str


def log_path(home: Home) -> Path:
    """The log; `head.json` beside it names its last entry."""
    return home.ops / "access_log" / "log.jsonl"


def record_access(home: Home, action: str, obj: str, detail: str = "") -> Access:
    """Record a look, durably, before the thing is shown.

    Args:
        home: Whose log.
        action: What is done, in the words of the command.
        obj: What is looked at: `<file_sha256>:<line>`, a filing id, a package's path.
        detail: Why, or on behalf of what.

    Returns:
        The entry as written.

    Raises:
        OSError: It could not be recorded: then nothing may be shown.
    """
    return record_accesses(home, action, [obj], detail)[0]


def record_accesses(home: Home, action: str, objects: Sequence[str], detail: str = "") -> list[Access]:
    """Record a look at several things, an entry each, in one durable write; else like record_access."""
    if not objects:
        return []
    path = log_path(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    who, at = actor(), stamp()
    with path.open("a+b") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        handle.seek(0)
        content = handle.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            # A kill in the middle of a write: the entry was never acknowledged, so nothing was shown for it.
            handle.truncate(len(whole))
        before = _chained(whole)
        previous = before[-1].sha256 if before else hashlib.sha256(whole).hexdigest()
        entries: list[Access] = []
        for obj in objects:
            entry = Access(accessed_at=at, who=who, action=action, object=obj, detail=detail, previous=previous)
            entries.append(_sealed(entry))
            previous = entries[-1].sha256
        handle.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
        handle.flush()
        os.fsync(handle.fileno())
        if not before:
            sync_folder(path.parent)
        head = _Head(len(before) + len(entries), previous)
        write_bytes(path.with_name("head.json"), msgspec.json.encode(head) + b"\n")
    return entries


def actor() -> str:
    """Who is asking: the setting `actor`, else the operating system's user."""
    from orchestration.core.settings import get_settings  # costs a sixth of a second; most commands record no access

    if named := get_settings().actor:
        return named
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def read_access_log(home: Home) -> list[Access]:
    """All entries of the chain, oldest first; lines that are none are passed over (verify_access_log names them)."""
    path = log_path(home)
    return _chained(path.read_bytes()) if path.exists() else []


def verify_access_log(home: Home) -> list[AccessFinding]:
    """Check the chain line by line, and that it reaches at least as far as `head.json` says (a kill leaves the head behind).

    Lines older than the chain (written before entries were chained) are covered as a whole by the first entry's
    `previous`.

    Returns:
        Findings in order of line; empty when the chain holds, or nothing was ever recorded.
    """
    path, head_path = log_path(home), log_path(home).with_name("head.json")
    content = path.read_bytes() if path.exists() else b""
    findings: list[AccessFinding] = []
    lines = content.splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if _entry(line)), len(lines))
    previous = hashlib.sha256(b"".join(lines[:start])).hexdigest()
    digests: list[str] = []
    for number, line in enumerate(lines[start:], start=start + 1):
        entry = _entry(line)
        if entry is None or not line.endswith(b"\n"):
            findings.append(
                _finding(number, "altered line", "an entry as we write it", "something else, or half of one")
            )
            continue
        if (sealed := _sealed(entry).sha256) != entry.sha256 or msgspec.json.encode(entry) + b"\n" != line:
            findings.append(_finding(number, "altered line", entry.sha256, sealed))
        if entry.previous != previous:
            findings.append(_finding(number, "missing or altered line before this one", entry.previous, previous))
        previous = entry.sha256
        digests.append(entry.sha256)
    return findings + _against_head(head_path, digests)


def _against_head(head_path: Path, digests: list[str]) -> list[AccessFinding]:
    try:
        head = msgspec.json.decode(head_path.read_bytes(), type=_Head)
    except FileNotFoundError:
        return [_finding(0, "head.json is missing", f"head of {len(digests)} entries", "none")] if digests else []
    except msgspec.MsgspecError:
        return [_finding(0, "head.json cannot be read", f"head of {len(digests)} entries", "something else")]
    if len(digests) < head.entries:
        return [_finding(0, "entries are missing", f"{head.entries} entries", f"{len(digests)} entries")]
    if head.entries and digests[head.entries - 1] != head.sha256:
        return [_finding(0, "the head names another entry", head.sha256, digests[head.entries - 1])]
    return []


def _finding(line: int, finding: str, expected: str, found: str) -> AccessFinding:
    return AccessFinding(line=line, finding=finding, expected=expected, found=found)


def _chained(content: bytes) -> list[Access]:
    return [entry for line in content.splitlines() if (entry := _entry(line))]


def _entry(line: bytes) -> Access | None:
    """A line as an entry of the chain, or None for one from before there was a chain, or a broken one."""
    try:
        return msgspec.json.decode(line, type=Access)
    except msgspec.MsgspecError:
        return None


def _sealed(entry: Access) -> Access:
    fields = {name: value for name, value in msgspec.to_builtins(entry).items() if name != "sha256"}
    return msgspec.structs.replace(entry, sha256=hashlib.sha256(msgspec.json.encode(fields)).hexdigest())
