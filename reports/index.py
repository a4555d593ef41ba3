"""Index: filings/index.html, a static page of what is due, what is prepared and where, with downloads.

What the page lists belongs here; its markup stands in render/templates.
"""

from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.catalogue.standing import Due, due
from reports.filing.blockers import Blocker, read_blockers
from reports.filing.register import Entry, RegisterBroken, entry_of, head, read_entries, verify_chain
from reports.filing.shelf import filing_id
from reports.filing.signers import Signer, registered
from reports.filing.standing import counting, status_of
from reports.manifest import LATER, NAME, RESTRICTED, read_manifest
from reports.published import State
from reports.render.document import SYNTHETIC_NOTE
from reports.render.html import render_template

PAGES = (("report.html", "Read"), ("report.pdf", "PDF"), ("report.xlsx", "Workbook"))


class Download(msgspec.Struct, frozen=True):
    """A file to fetch: its label, its address relative to filings/, and its size."""

    label: str
    href: str
    size: str


class Bundle(msgspec.Struct, frozen=True):
    """A prepared or filed bundle as the page lists it."""

    filing_id: str
    version: int
    title: str
    period: str
    status: str
    signers: tuple[str, ...]
    corrects: str
    filed_at: str
    waived: tuple[Blocker, ...]
    stopping: tuple[Blocker, ...]
    as_of: str
    watermark: int
    provisional_count: int
    figure_count: int
    is_synthetic: bool
    pages: tuple[Download, ...]
    data: tuple[Download, ...]


def write_index(home: Home, state: State | None = None) -> Path:
    """Write the page anew from what lies under filings/ and what is due."""
    bundles = list_bundles(home)
    rows: list[Due] = due(home)
    page = render_template(
        "index.html.j2",
        bundles=bundles,
        due=rows,
        newest={(bundle.filing_id.rsplit("/", 1)[0]): bundle for bundle in reversed(bundles)},
        is_synthetic=(state.is_synthetic if state else False) or any(bundle.is_synthetic for bundle in bundles),
        note=SYNTHETIC_NOTE,
        state=state,
        register=_register(home),
    )
    path = home.filings / "index.html"
    write_bytes(path, page.encode("utf-8"))
    return path


def list_bundles(home: Home) -> list[Bundle]:
    """All bundles, the newest period and version first. Where the register is broken, none is said to be filed."""
    found = []
    entries = intact_entries(home)
    signers = registered(home)
    for manifest_path in home.filings.glob(f"*/*/v*/{NAME}"):
        manifest = read_manifest(manifest_path.parent)
        if manifest and "predicate" in manifest:
            found.append(_bundle(home, manifest_path.parent, manifest, entries, signers))
    return sorted(found, key=lambda b: (b.period, b.filing_id.rsplit("/v", 1)[0], b.version), reverse=True)


def intact_entries(home: Home) -> list[Entry]:
    """The register's entries; none when its chain is broken."""
    try:
        return read_entries(home)
    except RegisterBroken:
        return []


def _register(home: Home) -> str:
    broken = verify_chain(home)
    if broken is not None:
        return f"The register is broken at line {broken.line}: {broken.reason}."
    return f"Register head: {head(home)}"


def _bundle(home: Home, folder: Path, manifest: dict[str, Any], entries: list[Entry], signers: list[Signer]) -> Bundle:
    facts, root = manifest["predicate"], home.filings
    names = [subject["name"] for subject in manifest["subject"]]
    entry = entry_of(entries, filing_id(home, folder))
    signatures = entry.signers if entry else tuple(counting(folder, signers))
    blockers = read_blockers(folder)
    data = [n for n in names if n not in dict(PAGES) and not n.startswith(("sql/", "registers/", f"{RESTRICTED}/"))]
    return Bundle(
        filing_id=facts["filing"],
        version=int(facts.get("version", 1)),
        title=facts["title"],
        period=facts["period"],
        status=status_of(home, folder, entries=entries, signers=signers),
        signers=tuple(
            f"{one.signer_id} ({one.role}, {one.signed_at[:16].replace('T', ' ')} UTC)" for one in signatures
        ),
        corrects=facts.get("corrects") or "",
        filed_at=entry.filed_at[:16].replace("T", " ") + " UTC" if entry else "",
        waived=tuple(blocker for blocker in blockers if not blocker.stops),
        stopping=tuple(blocker for blocker in blockers if blocker.stops),
        as_of=str(facts["as_of"])[:16].replace("T", " ") + " UTC",
        watermark=facts["watermark"],
        provisional_count=facts["provisional_count"],
        figure_count=facts["figure_count"],
        is_synthetic=facts["is_synthetic"],
        pages=tuple(_download(root, folder / name, label) for name, label in PAGES if name in names),
        data=tuple(_download(root, folder / name, name) for name in [*data, *LATER] if (folder / name).exists()),
    )


def _download(root: Path, path: Path, label: str) -> Download:
    size = path.stat().st_size if path.exists() else 0
    shown = f"{size / 1_000_000:.1f} MB" if size >= 1_000_000 else f"{max(size // 1000, 1)} kB"
    return Download(label, quote(path.relative_to(root).as_posix()), shown)


def days_left(row: Due, today: date) -> int:
    """Days until a report is due; negative when it is late."""
    return (row.due_on - today).days
