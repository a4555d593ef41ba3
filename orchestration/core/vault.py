"""The vault: delivered bytes, addressed by their SHA-256, never changed.

Storing and finding objects belongs here; what the bytes mean is the business of assets/ingestion.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from orchestration.core.durable import sync_folder
from orchestration.core.home import Home

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class VaultObject:
    """Delivered bytes.

    Attributes:
        sha256: Lower-case hex digest of the bytes as delivered (still compressed).
        size_bytes: Their number.
    """

    sha256: str
    size_bytes: int


def path_of(home: Home, sha256: str) -> Path:
    """Where the object with this digest lies, or would lie."""
    return home.vault / sha256[:2] / sha256


def store(home: Home, source: Path) -> VaultObject:
    """Copy a file into the vault, hashing it on the way.

    The object appears under its name only when all its bytes are durable. An object that is there already is left alone.

    Args:
        home: The home whose vault it is.
        source: The delivered file.

    Returns:
        Digest and size of the bytes that were read.

    Raises:
        OSError: The source cannot be read, or the disk is full; no object appears.
    """
    home.scratch.mkdir(parents=True, exist_ok=True)
    temporary = home.scratch / f"vault-{os.getpid()}-{source.name[:64]}.tmp"
    digest = hashlib.sha256()
    size = 0
    try:
        with source.open("rb") as reader, temporary.open("wb") as writer:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                writer.write(chunk)
            writer.flush()
            os.fsync(writer.fileno())
        sha256 = digest.hexdigest()
        target = path_of(home, sha256)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary.chmod(0o444)
            temporary.replace(target)
            sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return VaultObject(sha256=sha256, size_bytes=size)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, lower-case hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
