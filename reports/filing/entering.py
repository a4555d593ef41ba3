"""Entering: an approved bundle becomes a filed one: a line in the register, read-only files, a row for readers.

What refuses and what follows belong here. The register's line is the point of no return; all after it can be done again.
"""

from pathlib import Path

from orchestration.core import ops
from orchestration.core.clock import stamp
from orchestration.core.durable import sync_folder
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from reports.filing import envelope
from reports.filing.blockers import BROKEN, Blocker
from reports.filing.correction import read_correction
from reports.filing.register import Entry, append, entry_of, filings_lock, read_entries
from reports.filing.shelf import filing_id, is_locked, last_filed, lock_bundle
from reports.filing.signers import Signer, registered
from reports.filing.standing import APPROVED, CORRECTED, DRAFT, FILED, counting, judge, status_by, status_of
from reports.filing.steps import Step, Stopped, blockers_of, record_step
from reports.index import write_index
from reports.manifest import NAME, sha256_of


def file(home: Home, folder: Path) -> Step:
    """File an approved bundle: its line is entered in the register, its files become read-only.

    Repeated on a filed bundle it finishes what a kill may have left undone, and says so.

    Raises:
        Stopped: It is not approved, its files are not those of its manifest, or a blocker stands unwaived; with all of them.
        RegisterBroken: The register's chain is broken.
    """
    name = filing_id(home, folder)
    with filings_lock(home):
        entries = read_entries(home)
        done = entry_of(entries, name)
        if done is not None:
            _finish(home, folder, done)
            return Step(
                filing=name, status=status_of(home, folder), was_done=True, signer_id=None, blockers=[], entry=done
            )
        signers = registered(home)
        blockers = blockers_of(home, folder)
        _unstopped(name, folder, blockers, signers)
        _in_turn(home, folder, entries, blockers)
        before = last_filed(entries, name.rpartition("/")[0])
        entry = append(
            home,
            Entry(
                event="corrected" if before else "filed",
                filing=name,
                manifest_sha256=sha256_of(folder / NAME),
                envelope_sha256=sha256_of(folder / envelope.NAME),
                signers=tuple(counting(folder, signers)),
                filed_at=stamp(),
                corrects=before.filing if before else None,
                waived=tuple(sorted(blocker.name for blocker in blockers if blocker.waived)),
            ),
        )
        reach("report_entered")
        _finish(home, folder, entry)
    return Step(filing=name, status=FILED, was_done=False, signer_id=None, blockers=blockers, entry=entry)


def _unstopped(filing: str, folder: Path, blockers: list[Blocker], signers: list[Signer]) -> None:
    """Refuse to file what something stops."""
    stopping = [blocker for blocker in blockers if blocker.stops]
    status = DRAFT if any(b.name == BROKEN for b in blockers) else status_by(counting(folder, signers))
    if stopping or status != APPROVED:
        reasons = [f"{len(stopping)} blockers stand"] if stopping else []
        if status != APPROVED:
            reasons.append(f"it is {status}, not approved{_lost_signatures(folder, signers)}")
        raise Stopped(f"{filing} cannot be filed: {'; '.join(reasons)}", blockers)


def _lost_signatures(folder: Path, signers: list[Signer]) -> str:
    try:
        lost = [one.reason for one in judge(folder, signers) if one.reason]
    except envelope.EnvelopeError as error:
        lost = [str(error)]
    return f" (a signature does not count: {'; '.join(lost)})" if lost else ""


def _in_turn(home: Home, folder: Path, entries: list[Entry], blockers: list[Blocker]) -> None:
    """Refuse a version that does not say that it corrects the one that is filed."""
    filing = filing_id(home, folder)
    before = last_filed(entries, filing.rpartition("/")[0])
    correction = read_correction(folder)
    if before is not None and (correction is None or correction.of != before.filing):
        raise Stopped(
            f"{filing} cannot be filed: {before.filing} is filed, and this version does not correct it", blockers
        )


def _finish(home: Home, folder: Path, entry: Entry) -> None:
    """What follows from the register's line; done again it changes nothing."""
    if not is_locked(folder):
        lock_bundle(folder)
        sync_folder(folder.parent)
    reach("report_locked")
    known = {row.get("filing_id") for row in ops.read(home, "filings") if row.get("status") == FILED}
    if entry.filing not in known:
        people = ";".join(one.signer_id for one in entry.signers)
        record_step(home, folder, FILED, signers=people, entry=entry)
    if entry.corrects and (home.filings / entry.corrects / NAME).exists():
        rows = ops.read(home, "filings")
        if not any(row.get("filing_id") == entry.corrects and row.get("status") == CORRECTED for row in rows):
            record_step(home, home.filings / entry.corrects, CORRECTED, detail=f"corrected by {entry.filing}")
    write_index(home)
