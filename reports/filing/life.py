"""Life of a filing: draft, checked, approved, filed, corrected; the steps by name, and those that prepare a draft anew.

Waiving and correcting belong here; signing is signing.py's, filing entering.py's. Every step may be repeated and killed.
"""

from collections.abc import Callable
from pathlib import Path

from orchestration.core.clock import stamp, utc_now
from orchestration.core.home import Home
from reports.bundle import prepare
from reports.filing.blockers import NEVER_WAIVED, Blocker
from reports.filing.correction import Correction
from reports.filing.entering import file
from reports.filing.keys import key_id, public_text, read_private_key
from reports.filing.planning import Purpose
from reports.filing.register import read_entries
from reports.filing.shelf import filing_id, last_filed
from reports.filing.signers import APPROVER, registered, signer_at
from reports.filing.signing import approve, check
from reports.filing.standing import CORRECTED, DRAFT, FILED, status_of
from reports.filing.steps import OutOfOrder, Step, Stopped, blockers_of, facts_of, record_step
from reports.filing.waivers import Waiver, checked_reason, signed_waiver

__all__ = [
    "OutOfOrder",
    "Step",
    "Stopped",
    "approve",
    "blockers_of",
    "check",
    "correct",
    "file",
    "status_of",
    "waive",
]


def waive(
    home: Home, folder: Path, *names: str, reason: str, key: Path, notify: Callable[[str], None] = lambda _: None
) -> Path:
    """An approver sets blockers aside, and the draft is rendered anew with names and reason printed in it.

    Args:
        home: Whose filing.
        folder: The draft; signatures that it has are lost, for its bytes change.
        names: Names of blockers that stand, at least one.
        reason: Printed in the report.
        key: The approver's private key.
        notify: Told what was lost.

    Returns:
        The folder of the draft rendered anew.

    Raises:
        KeyRefused: The key cannot be used.
        SignerRefused: Its owner may not sign as an approver now.
        ReasonRefused: The reason is empty, or cannot be printed.
        OutOfOrder: It is filed, or there is no such blocker, or it can never be waived.
    """
    facts = facts_of(folder)
    filing = filing_id(home, folder)
    if status_of(home, folder) in {FILED, CORRECTED}:
        raise OutOfOrder(f"{filing} is filed; what is filed is never changed.")
    private = read_private_key(key, home)
    signer = signer_at(registered(home), key_id(public_text(private.public_key())), utc_now(), APPROVER)
    told, blockers = checked_reason(reason), blockers_of(home, folder)
    waived = [
        signed_waiver(
            Waiver(
                filing=filing,
                name=blocker.name,
                rows=blocker.rows,
                reason=told,
                signer_id=signer.signer_id,
                keyid=signer.keyid,
                waived_at=stamp(),
            ),
            private,
        )
        for blocker in [_blocker_named(blockers, name, filing) for name in names]
    ]
    folder = prepare(
        home,
        facts["report"],
        facts["period"],
        as_of=facts.get("as_of_asked"),
        zone=facts["zone"],
        purpose=Purpose(waiving=tuple(waived)),
        notify=notify,
    )
    record_step(home, folder, DRAFT, detail=f"waived {', '.join(names)}", signers=signer.signer_id)
    return folder


def correct(
    home: Home,
    folder: Path,
    *,
    reason: str,
    method: str,
    as_of: str | None = None,
    notify: Callable[[str], None] = lambda _: None,
) -> Path:
    """Prepare the next version of a filed report as a draft that names every cell that changed.

    Args:
        home: Whose filing.
        folder: The filed version; it must be the last one filed, and it stays as it is.
        reason: What was wrong; printed.
        method: How it was put right; printed.
        as_of: Instant at which to read; default: as the filed version was asked for.
        notify: Told what was lost when a draft of the correction is replaced.

    Returns:
        The folder of the new draft.

    Raises:
        ReasonRefused: A text is empty, or cannot be printed.
        OutOfOrder: The version is not filed, or a later one is.
    """
    filing = filing_id(home, folder)
    status = status_of(home, folder)
    if status == CORRECTED:
        last = last_filed(read_entries(home), filing.rpartition("/")[0])
        raise OutOfOrder(f"{filing} has been corrected: correct {last.filing if last else 'the last version'}.")
    if status != FILED:
        raise OutOfOrder(f"{filing} is not filed ({status}): prepare it again, there is nothing to correct.")
    facts = facts_of(folder)
    correction = Correction(
        of=filing,
        reason=checked_reason(reason),
        method=checked_reason(method, "method"),
        corrected_at=stamp(),
    )
    return prepare(
        home,
        facts["report"],
        facts["period"],
        as_of=as_of or facts.get("as_of_asked"),
        zone=facts["zone"],
        purpose=Purpose(correcting=correction),
        notify=notify,
    )


def _blocker_named(blockers: list[Blocker], name: str, filing: str) -> Blocker:
    if name in NEVER_WAIVED:
        raise OutOfOrder(f"{name!r} can never be waived.")
    found = next((blocker for blocker in blockers if blocker.name == name), None)
    if found is None:
        names = ", ".join(blocker.name for blocker in blockers if blocker.name not in NEVER_WAIVED) or "none"
        raise OutOfOrder(f"nothing named {name!r} stops {filing}. What does: {names}.")
    return found
