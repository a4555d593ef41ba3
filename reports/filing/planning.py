"""Planning: which version of a report and period is prepared next, and what it takes over from the draft that it replaces.

The rule that nothing filed is rewritten stands here; preparing is bundle.py's.
"""

from pathlib import Path
from typing import Any

import msgspec

from orchestration.core.home import Home
from reports.filing import correction, waivers
from reports.filing.register import Head, read_entries
from reports.filing.shelf import is_filed, last_filed, versions
from reports.filing.standing import read_signatures
from reports.manifest import read_manifest


class PeriodFiled(ValueError):  # noqa: N818 - says what is the matter
    """A period whose last version may not be prepared again: filed, it takes a correction; signed, a person.

    Attributes:
        folder: That version.
    """

    def __init__(self, message: str, folder: Path) -> None:
        super().__init__(message)
        self.folder = folder


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Which version is prepared, and what it takes over from the draft that it replaces.

    Attributes:
        filing: `<report>/<period>/v<n>`.
        version: Number of the version.
        before: Folder of the filed version that it corrects.
        correction: What it corrects, or None.
        waivers: Blockers set aside.
        lost: Who had signed the draft that it replaces.
    """

    filing: str
    version: int
    before: Path | None
    correction: correction.Correction | None
    waivers: tuple[waivers.Waiver, ...]
    lost: tuple[str, ...]


class Purpose(msgspec.Struct, frozen=True, kw_only=True):
    """Why a version is prepared.

    Attributes:
        correcting: What a version after a filed one corrects.
        waiving: Blockers that an approver sets aside.
        keep_signed: Leave a draft that somebody has signed alone, as schedules must.
    """

    correcting: correction.Correction | None = None
    waiving: tuple[waivers.Waiver, ...] = ()
    keep_signed: bool = False


ANEW = Purpose()
"""Because somebody asked: a draft is replaced, signed or not."""


def plan_version(home: Home, shelf: Path, purpose: Purpose) -> Plan:
    """Which version comes next on a shelf.

    Raises:
        PeriodFiled: The last one is filed and nothing is corrected, or it is signed and to be kept.
        ValueError: A waiver is for another version.
    """
    entries = read_entries(home)
    numbers = versions(shelf)
    last = shelf / f"v{numbers[-1]}" if numbers else None
    shelf_id = shelf.relative_to(home.filings).as_posix()
    is_open = last is not None and not is_filed(entries, home, last)
    old = last if is_open and last is not None and read_manifest(last) is not None else None
    number = numbers[-1] if old else numbers[-1] + 1 if numbers else 1
    filed = last_filed(entries, shelf_id)
    if old is None and purpose.correcting is None and last is not None and (filed is not None or not is_open):
        named = filed.filing if filed else f"{shelf_id}/{last.name}"
        raise PeriodFiled(
            f"{named} is filed, and nothing filed is ever rewritten. If a figure of it has to change: "
            f"`rapporteur report correct {named} --reason ... --method ...`.",
            home.filings / named,
        )
    if purpose.keep_signed and old is not None and read_signatures(old):
        raise PeriodFiled(f"{shelf_id}/{old.name} is signed; preparing it again would lose that signature.", old)
    kept = old and correction.read_correction(old)
    chosen = purpose.correcting or kept or None
    filing = f"{shelf_id}/v{number}"
    found = {one.name: one for one in waivers.read_waivers(old)} if old else {}
    for waiver in purpose.waiving:
        if waiver.filing != filing:
            raise ValueError(f"the waiver is for {waiver.filing}, and {filing} would be prepared.")
        found[waiver.name] = waiver
    return Plan(
        filing=filing,
        version=number,
        before=home.filings / chosen.of if chosen else None,
        correction=chosen,
        waivers=tuple(found[name] for name in sorted(found)),
        lost=tuple(one.signer_id for one in read_signatures(old)) if old else (),
    )


def further_facts(plan: Plan, known: Head, as_of: str | None) -> dict[str, Any]:
    """What the predicate says beside what every statement says."""
    return {
        "version": plan.version,
        "as_of_asked": as_of,
        "register_head": msgspec.to_builtins(known),
        "corrects": plan.correction.of if plan.correction else None,
    }
