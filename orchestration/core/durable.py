"""Durable writes: a file is there whole or not at all, and survives a power cut.

Every file that is part of the record goes through here; caches and scratch files need not.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BrokenRecord(Exception):  # noqa: N818 - says what is the matter, not that it is an error
    """The record on disk contradicts itself; the message says where."""


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(path: Path) -> None:
    """Make a file's bytes durable."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


@contextmanager
def _written_beside(path: Path, content: bytes) -> Iterator[Path]:
    """A durable temporary file with this content in the target's folder, removed afterwards."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file so that readers see the old or the new one, never a part.

    Args:
        path: Where; its folder is created.
        content: All of it.
    """
    with _written_beside(path, content) as temporary:
        temporary.replace(path)


def create_exclusively(path: Path, content: bytes) -> None:
    """Write a file that must not exist yet: of two writers just one succeeds.

    Args:
        path: Where; its folder is created.
        content: All of it.

    Raises:
        FileExistsError: The file is there already; nothing was changed.
    """
    with _written_beside(path, content) as temporary:
        path.hardlink_to(temporary)
