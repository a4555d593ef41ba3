"""Steps: what every step in a filing's life shares: what it answers, what stops it now, and its row in ops.filings.

The steps themselves are signing.py's, entering.py's and life.py's.
"""

from pathlib import Path
from typing import Any

import msgspec

from orchestration.core import ops
from orchestration.core.clock import stamp, utc_now
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.catalogue import entry_of
from reports.filing import envelope
from reports.filing.blockers import BROKEN, Blocker, find_blockers, scope_of_bundle, with_waivers
from reports.filing.register import Entry
from reports.filing.shelf import filing_id
from reports.filing.signers import read_signers
from reports.filing.waivers import read_waivers
from reports.manifest import NAME, differences, read_manifest, sha256_of


class OutOfOrder(ValueError):  # noqa: N818 - says what is the matter
    """A step that cannot be taken in the state that the filing is in; the message says which comes first."""


class Stopped(Exception):  # noqa: N818 - says what is the matter
    """A filing that something stops.

    Attributes:
        blockers: All of them, waived ones too.
    """

    def __init__(self, message: str, blockers: list[Blocker]) -> None:
        super().__init__(message)
        self.blockers = blockers


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a step did.

    Attributes:
        filing: Its id.
        status: State that it is in now.
        was_done: Whether it was in that state before, so that nothing was done.
        signer_id: Who took the step; None for filing.
        blockers: As they stand now.
        entry: The register's line, once filed.
    """

    filing: str
    status: str
    was_done: bool
    signer_id: str | None
    blockers: list[Blocker]
    entry: Entry | None = None


def blockers_of(home: Home, folder: Path) -> list[Blocker]:
    """What stops a bundle now, found anew in the published copy; waivers of the bundle are applied.

    Raises:
        UnknownReport: The catalogue has no such report any more.
    """
    told = _told_apart(folder)
    if told:
        return [_broken(told)]
    facts = facts_of(folder)
    with open_published(home) as con:
        try:
            scope = scope_of_bundle(folder, facts, entry_of(facts["report"]))
        except (KeyError, TypeError, msgspec.MsgspecError) as error:
            return [_broken([f"{NAME}: {error}"])]
        found = find_blockers(con, home, scope, folder)
        return with_waivers(found, read_waivers(folder), filing_id(home, folder), read_signers(con), utc_now())


def _told_apart(folder: Path) -> list[str]:
    """What of a bundle is not as its manifest and its envelope say."""
    told = differences(folder)
    sealed = folder / envelope.NAME
    if sealed.exists():
        try:
            if envelope.payload_of(envelope.read(sealed.read_bytes())) != (folder / NAME).read_bytes():
                told.append(f"{NAME}: not what was signed")
        except envelope.EnvelopeError as error:
            told.append(f"{envelope.NAME}: {error}")
    return told


def _broken(told: list[str]) -> Blocker:
    some = "; ".join(told[:5]) + ("; ..." if len(told) > 5 else "")
    return Blocker(
        name=BROKEN,
        message=f"its files are not those of its manifest: {some}. Prepare it again. This cannot be waived.",
        rows=len(told),
        examples=tuple(told[:20]),
    )


def record_step(
    home: Home,
    folder: Path,
    status: str,
    *,
    detail: str | None = None,
    signers: str | None = None,
    entry: Entry | None = None,
) -> None:
    """Note a step in ops.filings."""
    facts = facts_of(folder)
    sealed = folder / envelope.NAME
    row: dict[str, Any] = {
        "filing_id": filing_id(home, folder),
        "report_id": facts["report"],
        "period": facts["period"],
        "version": facts["version"],
        "status": status,
        "watermark": facts["watermark"],
        "as_of": facts["as_of"],
        "manifest_sha256": sha256_of(folder / NAME),
        "is_synthetic": facts["is_synthetic"],
        "corrects": facts.get("corrects"),
        "envelope_sha256": sha256_of(sealed) if sealed.exists() else None,
        "register_seq": entry.seq if entry else None,
        "signers": signers,
        "detail": detail,
        "recorded_at": stamp(),
    }
    ops.append(home, "filings", [row])


def facts_of(folder: Path) -> dict[str, Any]:
    """The predicate of a bundle's manifest.

    Raises:
        OutOfOrder: The manifest cannot be read.
    """
    manifest = read_manifest(folder)
    if manifest is None or "predicate" not in manifest:
        raise OutOfOrder(f"{folder / NAME} cannot be read; prepare the report again.")
    facts: dict[str, Any] = manifest["predicate"]
    return facts
