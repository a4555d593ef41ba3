"""Commands for the life of a filing: checking, approving, filing, waiving, correcting, and how each stands.

They change files under filings/ only; keys and the register are asked for in cli/signing.py.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.console import (
    NO,
    JsonFlag,
    answer,
    answer_json,
    explains,
    open_home,
    plain,
    say,
    show_table,
    waiting,
)

if TYPE_CHECKING:
    from orchestration.core.home import Home
    from reports.filing.blockers import Blocker
    from reports.filing.steps import Step

Filing = Annotated[str, typer.Argument(metavar="FILING", help="<report>/<period>/v<n>, or the bundle's folder.")]
Key = Annotated[Path, typer.Option("--key", help="Your private key, outside the home.")]


@explains(ValueError)
def report_check(filing: Filing, key: Key, as_json: JsonFlag = False) -> None:
    """Sign a draft as its preparer: draft -> checked. What would stop its filing is told.

    Example:
      rapporteur report check enforcement_overview/2026-05/v1 --key ~/keys/preparer.pem
    """
    from reports.filing.life import check

    _sign(check, filing, key, as_json=as_json)


@explains(ValueError)
def report_approve(filing: Filing, key: Key, as_json: JsonFlag = False) -> None:
    """Sign a checked report as its approver, another person: checked -> approved.

    Example:
      rapporteur report approve enforcement_overview/2026-05/v1 --key ~/keys/approver.pem
    """
    from reports.filing.life import approve

    _sign(approve, filing, key, as_json=as_json)


@explains(ValueError)
def report_file(filing: Filing, as_json: JsonFlag = False) -> None:
    """File an approved report: entered in the register, read-only from then on. Exit 1 when anything stops it; all of it is told.

    Example:
      rapporteur report file enforcement_overview/2026-05/v1
    """
    from reports.filing.life import Stopped, file
    from reports.filing.shelf import bundle_folder

    home = open_home()
    try:
        step = file(home, bundle_folder(home, filing))
    except Stopped as stopped:
        raise _stopped(stopped, stopped.blockers, as_json=as_json) from stopped
    _refresh(home)
    if as_json:
        answer_json(plain(step))
    elif step.was_done:
        answer(f"{step.filing} was filed already; nothing was changed.")
    elif step.entry is not None:
        answer(f"Filed {step.filing}: line {step.entry.seq} of the register.")


@explains(ValueError)
def report_waive(
    filing: Filing,
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="What stops it, by name, as `report status` tells.")
    ],
    reason: Annotated[str, typer.Option(help="Why; it is printed in the report.")],
    key: Key,
    as_json: JsonFlag = False,
) -> None:
    """Set aside, as an approver, something that stops a filing. The draft is rendered anew, so do it before the check.

    Example:
      rapporteur report waive enforcement_overview/2026-05/v1 quarantine:legal_orders --reason "A test order" --key ~/a.pem
    """
    from reports.filing.life import waive
    from reports.filing.shelf import bundle_folder

    home = open_home()
    listed = ", ".join(names)
    with waiting(f"Waiving {listed}"):
        folder = waive(home, bundle_folder(home, filing), *names, reason=reason, key=key, notify=say)
    _refresh(home)
    _tell_draft(home, folder, f"Waived {listed}; the draft was rendered anew with the reason in it", as_json=as_json)


@explains(ValueError)
def report_correct(
    filing: Filing,
    reason: Annotated[str, typer.Option(help="What was wrong; it is printed in the report.")],
    method: Annotated[str, typer.Option(help="How it was put right; it is printed too.")],
    as_of: Annotated[
        str | None, typer.Option(help="UTC instant of the ages; as in the filed version when absent.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Prepare the next version of a filed report: a draft with the reason, the method and every changed cell. The filed one stays.

    Example:
      rapporteur report correct enforcement_overview/2026-05/v1 --reason "Two files came late" --method "Prepared again with them"
    """
    from reports.filing.life import correct
    from reports.filing.shelf import bundle_folder

    home = open_home()
    with waiting(f"Correcting {filing}"):
        folder = correct(home, bundle_folder(home, filing), reason=reason, method=method, as_of=as_of, notify=say)
    _refresh(home)
    _tell_draft(home, folder, f"Corrects {filing}; every changed cell is in changes.csv", as_json=as_json)


@explains(ValueError)
def report_status(
    filing: Annotated[str | None, typer.Argument(metavar="FILING", help="One of them, with all that stops it.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """How filings stand: draft, checked, approved, filed, corrected; who signed; what stops them now.

    Examples:
      rapporteur report status

      rapporteur report status enforcement_overview/2026-05/v1
    """
    home = open_home()
    if filing is not None:
        _one(home, filing, as_json=as_json)
        return
    from reports.index import list_bundles

    rows = [
        {
            "filing": bundle.filing_id,
            "status": bundle.status,
            "signed_by": ", ".join(bundle.signers),
            "stopped_by": len(bundle.stopping),
            "waived": len(bundle.waived),
            "corrects": bundle.corrects or None,
            "is_synthetic": bundle.is_synthetic,
        }
        for bundle in list_bundles(home)
    ]
    if as_json:
        answer_json(rows)
        return
    columns = ["filing", "status", "signed_by", "stopped_by", "waived", "corrects"]
    show_table("Filings (stopped_by: as prepared)", columns, [[row[name] for name in columns] for row in rows])


def _one(home: "Home", filing: str, *, as_json: bool) -> None:
    from reports.filing.life import blockers_of, status_of
    from reports.filing.shelf import bundle_folder, filing_id
    from reports.filing.signers import registered
    from reports.filing.standing import CORRECTED, FILED, judge

    folder = bundle_folder(home, filing)
    status = status_of(home, folder)
    blockers = [] if status in {FILED, CORRECTED} else blockers_of(home, folder)
    signatures = judge(folder, registered(home)) if status not in {FILED, CORRECTED} else []
    if as_json:
        answer_json(
            {
                "filing": filing_id(home, folder),
                "status": status,
                "folder": str(folder),
                "signatures": plain(signatures),
                "blockers": _blocker_rows(blockers),
            }
        )
        return
    answer(f"{filing_id(home, folder)}: {status}")
    for one in signatures:
        who = f"{one.signed.signer_id} ({one.signed.role}), {one.signed.signed_at}" if one.signed else one.keyid[:16]
        answer(f"  signed by {who}{f': does not count, {one.reason}' if one.reason else ''}")
    _show_blockers(blockers)


def _sign(step: Any, filing: str, key: Path, *, as_json: bool) -> None:  # noqa: ANN401 - check or approve
    from reports.filing.life import Stopped
    from reports.filing.shelf import bundle_folder

    home = open_home()
    try:
        done: Step = step(home, bundle_folder(home, filing), key)
    except Stopped as stopped:
        raise _stopped(stopped, stopped.blockers, as_json=as_json) from stopped
    _refresh(home)
    if as_json:
        answer_json({**plain(done), "blockers": _blocker_rows(done.blockers)})
        return
    already = " already" if done.was_done else ""
    answer(f"{done.filing} is {done.status}{already}: signed by {done.signer_id}.")
    _show_blockers(done.blockers)


def _stopped(error: Exception, blockers: "Sequence[Blocker]", *, as_json: bool) -> typer.Exit:
    if as_json:
        answer_json({"stopped": str(error), "blockers": _blocker_rows(blockers)})
    else:
        say(f"rapporteur: {error}.")
        _show_blockers(blockers)
    return typer.Exit(NO)


def _blocker_rows(blockers: "Sequence[Blocker]") -> list[dict[str, Any]]:
    return [{**plain(blocker), "stops": blocker.stops} for blocker in blockers]


def _show_blockers(blockers: "Sequence[Blocker]") -> None:
    if not blockers:
        return
    rows = [
        [blocker.name, "stops" if blocker.stops else "waived", blocker.rows or None, blocker.message]
        for blocker in blockers
    ]
    show_table("What stops the filing", ["name", "state", "rows", "what"], rows)
    if any(blocker.stops for blocker in blockers):
        answer(
            "Put it right, or have an approver waive it by name: `rapporteur report waive FILING NAME --reason R --key PATH`."
        )


def _tell_draft(home: "Home", folder: Path, what: str, *, as_json: bool) -> None:
    from reports.filing.blockers import read_blockers
    from reports.filing.shelf import filing_id

    blockers = read_blockers(folder)
    if as_json:
        answer_json(
            {
                "filing": filing_id(home, folder),
                "status": "draft",
                "folder": str(folder),
                "blockers": _blocker_rows(blockers),
            }
        )
        return
    answer(f"{filing_id(home, folder)} (draft): {what}.")
    _show_blockers(blockers)


def _refresh(home: "Home") -> None:
    from orchestration.publication import refresh_operations

    refresh_operations(home)


@explains(ValueError)
def report_release(
    readout: Annotated[str, typer.Argument(metavar="READOUT", help="Its id, as `rapporteur readout` prints it.")],
    key: Key,
    as_json: JsonFlag = False,
) -> None:
    """Sign a read-out and enter it in the register: draft -> released. Its files are read-only from then on.

    Example:
      rapporteur report release 4f1d0c2b9a7e6d53 --key ~/keys/preparer.pem
    """
    from reports.filing.releasing import release

    done = release(open_home(), readout, key)
    if as_json:
        answer_json(plain(done))
    else:
        before = "had been released before" if done.was_done else "is released"
        answer(f"{done.readout} {before}, signed by {done.signer_id}: line {done.entry.seq} of the register.")
