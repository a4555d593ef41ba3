"""Discovery: which delivered files are complete, in a place that means something, and not yet ingested.

Belongs here: walking the landing zone, names to ignore, places to refuse, what nobody reads. Not here: reading a file's content.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from assets.ingestion.contracts import FEEDS
from orchestration.core.commits import Commit
from orchestration.core.home import Home

_UNFINISHED = (".part", ".tmp")
Tell = Callable[[str, str], None]
"""Receives a path relative to the landing folder and why nothing there is read."""


@dataclass(frozen=True, slots=True, order=True)
class Pending:
    """A delivered file that no commit knows yet. Sorts in the order in which files are taken in.

    Attributes:
        feed: Feed under which it landed.
        received_on: Day of its landing folder, ``YYYY-MM-DD``.
        relative: Path relative to the landing folder.
        path: Absolute path.
        size_bytes: Size when it was seen.
        mtime_ns: Modification time when it was seen.
        refused: Why it is not to be read at all (then it is recorded as rejected), or None.
    """

    feed: str
    received_on: str
    relative: str
    path: Path
    size_bytes: int
    mtime_ns: int
    refused: str | None = None


def discover(
    home: Home,
    commits: Sequence[Commit],
    *,
    feeds: Sequence[str] | None = None,
    received_from: date | None = None,
    received_to: date | None = None,
) -> list[Pending]:
    """List complete files that no commit names, without reading any of them.

    Args:
        home: The home whose landing zone is walked.
        commits: All commits so far.
        feeds: Only these feeds; all when None.
        received_from: First landing day, inclusive.
        received_to: Last landing day, inclusive.

    Returns:
        Files in the order (feed, received_on, path). A name that starts with a dot or ends in ``.part`` or ``.tmp`` is
        still being written and left out, as is anything that is no file. Folders that mean nothing are logged.
    """
    known = {(d.path, d.size_bytes, d.mtime_ns) for commit in commits for d in commit.deliveries}
    found = []
    for feed, received_on, folder in _folders(home, feeds, _warn):
        day = date.fromisoformat(received_on)
        if (received_from and day < received_from) or (received_to and day > received_to):
            continue
        for entry in os.scandir(folder):
            pending = _pending(home, feed, received_on, entry, _warn)
            if pending and (pending.relative, pending.size_bytes, pending.mtime_ns) not in known:
                found.append(pending)
    return sorted(found)


def unread(home: Home) -> list[tuple[str, str]]:
    """List what lies in the landing zone and is not read, unfinished files aside.

    Returns:
        Paths relative to the landing folder, each with the reason, sorted.
    """
    told: list[tuple[str, str]] = []

    def tell(path: str, why: str) -> None:
        told.append((_printable(path), why))

    for feed, received_on, folder in _folders(home, None, tell):
        for entry in os.scandir(folder):
            pending = _pending(home, feed, received_on, entry, tell)
            if pending and not pending.refused and not os.access(pending.path, os.R_OK):
                tell(pending.relative, "its permissions do not let it be read")
    return sorted(told)


def _warn(path: str, why: str) -> None:
    import structlog  # takes 0.2 s to import, and is seldom needed

    structlog.get_logger(__name__).warning("landing_unread", path=_printable(path), why=why)


def _folders(home: Home, feeds: Sequence[str] | None, tell: Tell) -> Iterator[tuple[str, str, str]]:
    if not home.landing.is_dir():
        return
    for feed in os.scandir(home.landing):
        if feed.name.startswith((".", "_")) or not feed.is_dir():
            continue
        if feed.name not in FEEDS:
            tell(feed.name, "its name is no feed")
            continue
        if feeds is not None and feed.name not in feeds:
            continue
        for day in os.scandir(feed.path):
            if day.name.startswith(".") or not day.is_dir():
                continue
            try:
                is_day = date.fromisoformat(day.name).isoformat() == day.name
            except ValueError:
                is_day = False
            if is_day:
                yield feed.name, day.name, day.path
            else:
                tell(f"{feed.name}/{day.name}", "its name is no day, YYYY-MM-DD")


def _pending(home: Home, feed: str, received_on: str, entry: os.DirEntry[str], tell: Tell) -> Pending | None:
    if entry.name.startswith(".") or entry.name.lower().endswith(_UNFINISHED):
        return None
    relative = f"{feed}/{received_on}/{entry.name}"
    path = Path(entry.path)
    refused = None
    try:
        inside = path.resolve(strict=True).is_relative_to(home.landing.resolve())
        if not entry.is_file():
            tell(relative, "it is no file")
            return None
        seen = entry.stat() if inside else entry.stat(follow_symlinks=False)
    except OSError as error:
        tell(relative, error.strerror or "it cannot be read")
        return None
    if not inside:
        refused = "outside_landing: the name is a link to a file outside the landing zone, which is never read"
    elif _has_odd_name(entry.name):
        refused = (
            "odd_name: the file's name holds control characters or a path in disguise; deliver it under a plain name"
        )
    return Pending(feed, received_on, _printable(relative), path, seen.st_size, seen.st_mtime_ns, refused)


def _has_odd_name(name: str) -> bool:
    disguised = name.replace("\\", "/").replace("%2f", "/").replace("%2F", "/").replace("%2e", ".").replace("%2E", ".")
    return not name.isprintable() or "../" in disguised or _printable(name) != name


def _printable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode("utf-8")
