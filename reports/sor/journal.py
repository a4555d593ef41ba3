"""Journal: what was sent to which database, one durable line an event, so that no statement is ever sent twice.

Belongs here: the append-only file under the lake's derived facts and its reading. When what is written is sending.py's business.
An event is on disk before the step that it announces, and after the step that it reports.
"""

import fcntl
import os
import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Literal

import msgspec

from orchestration.core.clock import stamp
from orchestration.core.derived import folder as derived_folder
from orchestration.core.durable import sync_folder
from orchestration.core.home import Home

Event = Literal["sending", "sent", "known", "released", "rejected"]

DONE: tuple[Event, ...] = ("sent", "known")
"""After these the database has the statement, and it is never sent again."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One event of one statement.

    Attributes:
        at: UTC instant, RFC 3339.
        event: `sending` before a batch goes out; `sent` when the database said so; `known` when it was asked and had the
            identifier; `released` when it certainly stored nothing; `rejected` when it refused this statement.
        puid: Identifier.
        decision_id: Decision.
        service: Its service.
        content_sha256: Digest of what was or would have been sent.
        uuid: The database's number, where it told one.
    """

    at: str
    event: Event
    puid: str
    decision_id: str
    service: str
    content_sha256: str
    uuid: str = ""


class SendingHeld(OSError):  # noqa: N818 - says what is the matter
    """Another process is sending to the same database."""


def journal_path(home: Home, target: str) -> Path:
    """File of the events of one database, told apart by its address."""
    name = re.sub(r"[^a-z0-9]+", "-", target.lower().partition("://")[2]).strip("-")[:60]
    return derived_folder(home) / "_statements" / f"{name}-{sha256(target.encode()).hexdigest()[:8]}.jsonl"


def read_entries(path: Path) -> Iterator[Entry]:
    """Events, oldest first; a line that a kill tore is passed over: what it told is asked of the database again."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            try:
                yield msgspec.json.decode(line, type=Entry)
            except msgspec.MsgspecError:
                continue


class Journal:
    """The events of one database, with the last of each statement at hand; the state lies in a temporary file, not in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._index = sqlite3.connect("")
        self._index.execute("create table last (puid text primary key, decision_id text, entry blob) without rowid")
        self._index.execute("create index by_decision on last (decision_id)")
        self._remember(read_entries(path))

    def last(self, puids: Sequence[str]) -> dict[str, Entry]:
        """The last event of each of these identifiers that has one."""
        return {entry.puid: entry for entry in self._found("puid", puids)}

    def of_decisions(self, decision_ids: Sequence[str]) -> list[Entry]:
        """The last events of all identifiers that these decisions ever had."""
        return list(self._found("decision_id", decision_ids))

    def append(self, entries: Sequence[Entry]) -> None:
        """Write events durably, together."""
        if not entries:
            return
        is_new = not self._path.exists()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a+b") as file:
            # a kill in the middle of a write leaves half a line: start on a fresh one
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries))
            file.flush()
            os.fsync(file.fileno())
        if is_new:
            sync_folder(self._path.parent)
        self._remember(iter(entries))

    def close(self) -> None:
        """Forget the state at hand; the file stays."""
        self._index.close()

    def _remember(self, entries: Iterator[Entry]) -> None:
        rows = ((entry.puid, entry.decision_id, msgspec.msgpack.encode(entry)) for entry in entries)
        self._index.executemany("insert or replace into last values (?, ?, ?)", rows)

    def _found(self, column: str, values: Sequence[str]) -> Iterator[Entry]:
        marks = ", ".join("?" for _ in values)
        for (entry,) in self._index.execute(f"select entry from last where {column} in ({marks})", list(values)):
            yield msgspec.msgpack.decode(entry, type=Entry)


@contextmanager
def open_journal(home: Home, target: str) -> Iterator[Journal]:
    """The journal of a database, held by this process alone.

    Raises:
        SendingHeld: Another process holds it.
    """
    path = journal_path(home, target)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise SendingHeld(f"another process is sending to {target}; wait until it has finished") from error
        journal = Journal(path)
        try:
            yield journal
        finally:
            journal.close()


def entry(event: Event, *, puid: str, decision_id: str, service: str, content_sha256: str, uuid: str = "") -> Entry:
    """An event of now."""
    return Entry(
        at=stamp(),
        event=event,
        puid=puid,
        decision_id=decision_id,
        service=service,
        content_sha256=content_sha256,
        uuid=uuid,
    )
