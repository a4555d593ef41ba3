"""Manifest: an in-toto Statement that names every file of a bundle with its digest, and all that was pinned.

Its shape and reading belong here; signing does not.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from orchestration.core.clock import stamp
from reports.catalogue import Entry
from reports.figures import Figures

NAME = "manifest.json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:rapporteur:filing:v1"
LATER = (NAME, "manifest.dsse.json", "signatures.json")
"""Files that come after the statement, and so are no subjects of it."""


RESTRICTED = "restricted"
"""Folder of a bundle with the exact evidence behind small cells that its pages do not print; not for publication."""


def evidence_folder(folder: Path) -> Path:
    """Where a bundle's exact figures, strata and contributors lie: in it, or below `restricted` where small cells are suppressed."""
    return folder / RESTRICTED if (folder / RESTRICTED).is_dir() else folder


def sha256_of(path: Path) -> str:
    """Digest of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def build_manifest(
    folder: Path, filing_id: str, figures: Figures, entry: Entry, further: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The statement about a bundle's folder: every file in it but those of LATER is a subject, in order of name.

    Args:
        folder: All of the bundle's files.
        filing_id: `<report>/<period>/v<n>`.
        figures: What it prints, and all that was pinned.
        entry: Its catalogue entry.
        further: What else the predicate says: how it was asked for, the register's head, what it corrects.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        "_type": STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": sha256_of(path)}}
            for path in files
            if (name := path.relative_to(folder).as_posix()) not in LATER
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "filing": filing_id,
            "report": entry.report_id,
            "title": entry.title,
            "period": figures.period.name,
            "period_start": figures.period.start,
            "period_end": figures.period.end,
            "zone": figures.period.zone,
            "as_of": figures.as_of,
            "watermark": figures.state.watermark,
            "published": figures.state.published,
            "is_synthetic": figures.state.is_synthetic,
            "prepared_at": stamp(),
            "template_version": entry.template_version,
            "figure_count": len(figures.figures),
            "provisional_count": sum(figure.is_provisional for figure in figures.figures),
            "metrics": [msgspec.to_builtins(metric) for metric in figures.metrics.values()],
            **(further or {}),
        },
    }


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The statement of a bundle, or None when the folder holds none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):
        return None


def differences(folder: Path) -> list[str]:
    """What of a bundle's files is not as its manifest says: `<name>: changed`, `missing` or `not listed`; empty when all is."""
    manifest = read_manifest(folder)
    try:
        listed = {str(one["name"]): str(one["digest"]["sha256"]) for one in (manifest or {})["subject"]}
    except (KeyError, TypeError):
        return [f"{NAME}: cannot be read"]
    told = []
    for name, digest in sorted(listed.items()):
        path = folder / name
        if Path(name).is_absolute() or ".." in Path(name).parts or not path.is_file() or path.is_symlink():
            told.append(f"{name}: missing")
        elif sha256_of(path) != digest:
            told.append(f"{name}: changed")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
    return told + [f"{name}: not listed" for name in sorted(there - listed.keys() - set(LATER))]
