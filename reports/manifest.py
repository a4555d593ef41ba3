"""Manifest: an in-toto Statement that names every file of a bundle with its digest, and all that was pinned.

Its shape and reading belong here; signing does not.
"""

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from orchestration.core.clock import stamp
from reports.catalogue import Entry
from reports.figures import Figures

NAME = "manifest.json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:rapporteur:filing:v1"
DRAFT = "draft"


def sha256_of(path: Path) -> str:
    """Digest of a file, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def build_manifest(folder: Path, filing_id: str, figures: Figures, entry: Entry) -> dict[str, Any]:
    """The statement about a bundle's folder: every file in it but the manifest is a subject, in order of name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != NAME)
    return {
        "_type": STATEMENT,
        "subject": [
            {"name": path.relative_to(folder).as_posix(), "digest": {"sha256": sha256_of(path)}} for path in files
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
            "status": DRAFT,
            "prepared_at": stamp(),
            "template_version": entry.template_version,
            "figure_count": len(figures.figures),
            "provisional_count": sum(figure.is_provisional for figure in figures.figures),
            "metrics": [msgspec.to_builtins(metric) for metric in figures.metrics.values()],
        },
    }


def read_manifest(folder: Path) -> dict[str, Any] | None:
    """The statement of a bundle, or None when the folder holds none that can be read."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.MsgspecError):
        return None


def is_draft(folder: Path) -> bool:
    """Whether a bundle may be prepared anew: it says so itself and carries no signature."""
    manifest = read_manifest(folder)
    if (folder / "manifest.dsse.json").exists():
        return False
    return manifest is not None and manifest.get("predicate", {}).get("status") == DRAFT
