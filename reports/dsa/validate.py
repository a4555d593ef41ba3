"""Validating a harmonised transparency report: a folder of CSV parts in, findings out.

The order of the checks and what happens when one fails belong here; the checks themselves stand in the modules beside.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from reports.dsa import across, cells, fixed, period, prose, sums
from reports.dsa.findings import Finding, Outcome, settle
from reports.dsa.sheets import Report, read_report
from reports.dsa.statements import reconcile

CHECKS: tuple[Callable[[Report], Iterator[Finding]], ...] = (
    period.check,
    fixed.check,
    cells.check,
    sums.check,
    across.check,
    prose.check,
)


def validate(folder: Path, *, statements: Path | None = None) -> Outcome:
    """Judge a report, ours or anybody's. No content of any file makes it raise.

    Args:
        folder: Holds the CSV parts: `3_member_states_orders.csv`, `EN_3.csv`, `..._CSV_Part_3_....csv` are all part 3.
        statements: Statements of Reasons of the same period and service (JSON lines or the database's CSV), for V17.

    Returns:
        Findings by level, part and row, with their numbers.

    Raises:
        NotADirectoryError: `folder` is not one.
        OSError: `folder` cannot be listed or `statements` not be read.
    """
    if not folder.is_dir():
        raise NotADirectoryError(f"{folder} is not a folder of CSV parts")
    report, found = read_report(folder)
    for check in CHECKS:
        found.extend(check(report))
    if statements is None:
        return settle(found, not_checked=("V17",))
    return settle([*found, *reconcile(report, statements)])
