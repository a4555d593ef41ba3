"""Shelf: where filings lie: filing ids, their folders, the versions of a report and period, and files that are read-only.

Names and places belong here; what state a version is in is told by standing.py.
"""

import re
import stat
from pathlib import Path

from orchestration.core.home import Home
from reports.filing.register import Entry, entry_of
from reports.manifest import NAME

_VERSION = re.compile(r"v[1-9][0-9]{0,5}")
_SEGMENT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:+-]*")


class NoSuchFiling(ValueError):  # noqa: N818 - says what is the matter
    """A text that names no bundle of this home; the message says what does."""


def bundle_folder(home: Home, text: str) -> Path:
    """The folder of a filing.

    Args:
        home: Whose filings.
        text: A filing id (`<report>/<period>/v<n>`), the same without the version (the last one), or a bundle's path.

    Raises:
        NoSuchFiling: There is no such bundle, or the path leads out of the home's filings.
    """
    parts = text.strip("/").split("/")
    if len(parts) in {2, 3} and all(_SEGMENT.fullmatch(part) for part in parts):
        folder = home.filings.joinpath(*parts)
        found = versions(folder) if len(parts) == 2 else []
        if found:
            folder = folder / f"v{found[-1]}"
        if (folder / NAME).is_file():
            return folder
    path = Path(text).expanduser().resolve()
    if path.is_relative_to(home.filings.resolve()) and (path / NAME).is_file():
        return path
    raise NoSuchFiling(
        f"{text!r} is no bundle of {home.filings}: write <report>/<period>/v<n> or its folder; "
        "`rapporteur report status` lists them."
    )


def filing_id(home: Home, folder: Path) -> str:
    """Id of the filing in a folder, from where it lies."""
    return folder.resolve().relative_to(home.filings.resolve()).as_posix()


def versions(shelf: Path) -> list[int]:
    """Numbers of the versions of a report and period, ascending."""
    return sorted(int(path.name[1:]) for path in shelf.glob("v*") if _VERSION.fullmatch(path.name) and path.is_dir())


def last_filed(entries: list[Entry], shelf_id: str) -> Entry | None:
    """The entry of the last filed version of `<report>/<period>`, or None."""
    return next((entry for entry in reversed(entries) if entry.filing.rpartition("/")[0] == shelf_id), None)


def is_locked(folder: Path) -> bool:
    """Whether a bundle was made read-only, as filing does."""
    try:
        return not (folder / NAME).stat().st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH)
    except FileNotFoundError:
        return False


def is_filed(entries: list[Entry], home: Home, folder: Path) -> bool:
    """Whether a bundle may never be rewritten: the register holds it, or it is read-only as only filing makes it."""
    return entry_of(entries, filing_id(home, folder)) is not None or is_locked(folder)


def lock_bundle(folder: Path) -> None:
    """Make a bundle's files and folders read-only."""
    for path in sorted(folder.rglob("*"), reverse=True):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() else 0o444)
    folder.chmod(0o555)
