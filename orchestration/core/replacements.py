"""Replacements: files of the record that an erasure wrote anew take the places of the old ones, whatever is killed in between.

Staging, the redo after a kill and the removal of caches belong here; what is erased (assets/ingestion) and its record (erasures.py) do not.

New files lie durable in a folder beside the record before the record is written; then each takes its place. A folder without a
record never happened; a record whose folder is still there is finished by `redo`.
"""

import shutil
from pathlib import Path

import msgspec

from orchestration.core import erasures, vault
from orchestration.core.clock import stamp
from orchestration.core.durable import BrokenRecord, sync_file, sync_folder, write_bytes
from orchestration.core.erasures import Record
from orchestration.core.failpoints import reach
from orchestration.core.home import Home


class Purge(msgspec.Struct, frozen=True, kw_only=True):
    """That the published copies were replaced: when, and the first copy without what was erased."""

    purged_at: str
    published: str


def staging(home: Home, number: int) -> Path:
    """Folder of an erasure's new files, until they have taken their places."""
    return erasures.folder(home) / f"{number:08d}.staged"


def staged_object(home: Home, number: int, sha256: str) -> Path:
    """Where a vault object is written anew."""
    return staging(home, number) / f"vault-{sha256}"


def staged_file(home: Home, number: int, path: str) -> Path:
    """Where a lake file is written anew."""
    return staging(home, number) / path.replace("/", "~")


def unfinished(home: Home) -> list[int]:
    """Numbers of erasures whose files have not all taken their places."""
    return [record.number for record in erasures.read(home) if staging(home, record.number).exists()]


def unpurged(home: Home) -> list[int]:
    """Numbers of erasures that a published copy, or one being built, may still hold."""
    return [record.number for record in erasures.read(home) if not _purged(home, record.number).exists()]


def _purged(home: Home, number: int) -> Path:
    return erasures.folder(home) / f"{number:08d}.purged"


def seal(home: Home, record: Record) -> None:
    """Make staged files durable and the erasure irrevocable. Call it under the run lock only."""
    place = staging(home, record.number)
    place.mkdir(parents=True, exist_ok=True)
    for path in sorted(place.iterdir()):
        sync_file(path)
    sync_folder(place)
    reach("erasure_staged")
    erasures.write(home, record)
    reach("erasure_recorded")


def redo(home: Home) -> list[int]:
    """Finish erasures that are on record: new files take their places, caches that held the old rows are removed.

    Call it under the run lock only; it does nothing where nothing is left to do.

    Returns:
        Numbers of the erasures that it finished.

    Raises:
        BrokenRecord: A file is neither the old nor the new one.
    """
    if not erasures.folder(home).exists():
        return []
    records = erasures.read(home)
    for left in erasures.folder(home).glob("[0-9]*.staged"):
        if not any(staging(home, record.number) == left for record in records):
            shutil.rmtree(left)
    for left in erasures.folder(home).glob(".*.tmp"):
        left.unlink()
    done = []
    for record in records:
        place = staging(home, record.number)
        if not place.exists():
            continue
        _replace_all(home, record)
        reach("erasure_replaced")
        remove_build(home)
        reach("erasure_build_removed")
        shutil.rmtree(place)
        done.append(record.number)
    return done


def _replace_all(home: Home, record: Record) -> None:
    folders = set()
    for one in record.objects:
        target = vault.path_of(home, one.sha256)
        _replace(staged_object(home, record.number, one.sha256), target, one.digest)
        target.chmod(0o444)
        folders.add(target.parent)
    for change in record.files:
        target = home.root / change.path
        _replace(staged_file(home, record.number, change.path), target, change.sha256)
        folders.add(target.parent)
    for place in folders:
        sync_folder(place)


def _replace(staged: Path, target: Path, digest: str) -> None:
    if staged.exists():
        if vault.digest_of(staged) != digest:
            raise BrokenRecord(f"{staged}: its bytes changed; restore it, or the home, from a backup")
        target.parent.mkdir(parents=True, exist_ok=True)
        staged.replace(target)
    elif not target.exists() or vault.digest_of(target) != digest:
        raise BrokenRecord(f"{target}: an erasure wrote it anew and neither version is there; restore it from a backup")


def remove_build(home: Home) -> None:
    """Remove the writer's databases and caches: pages of theirs may hold erased rows. The next run builds them from the lake."""
    if not home.build.exists():
        return
    for path in sorted(home.build.iterdir()):
        if path.name.startswith("dbt"):
            continue  # parsed SQL, no rows; its logs go below
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    for log in home.build.rglob("*.log*"):
        log.unlink()


def purge_published(home: Home, folder: Path) -> list[Path]:
    """Remove every published copy but the one built after the erasures, and note it. Call it under the run lock only.

    Names are not compared: a clock may stand still or go back, and whatever else lies there was made before.

    Args:
        home: Whose copies.
        folder: A copy made from a build that knows every erasure; readers see it already.

    Returns:
        The copies that were removed; empty when no erasure waits for it.
    """
    waiting = unpurged(home)
    if not waiting:
        return []
    removed = [
        path for path in sorted(home.published.iterdir()) if path.is_dir() and not path.is_symlink() and path != folder
    ]
    for path in removed:
        shutil.rmtree(path)
    reach("erasure_copies_removed")
    purge = msgspec.json.encode(Purge(purged_at=stamp(), published=folder.name))
    for number in waiting:
        write_bytes(_purged(home, number), purge)
    return removed
