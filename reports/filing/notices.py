"""Notices: what a report prints about itself: what it corrects and every changed cell, what was waived, what still stops it.

The wording belongs here; how notices look is told by the renderers.
"""

from collections.abc import Sequence

from reports.filing.blockers import Blocker
from reports.filing.correction import CHANGES, Change, Correction
from reports.render.document import Notice

_PRINTED_CHANGES = 2000


def notices_of(
    blockers: Sequence[Blocker], correction: Correction | None, changes: Sequence[Change]
) -> tuple[Notice, ...]:
    """The notices of a report, in the order of printing."""
    found = []
    if correction is not None:
        found.append(_correction(correction, changes))
        found.append(_changes(changes))
    waived = [blocker for blocker in blockers if blocker.waived is not None]
    if waived:
        found.append(_waivers(waived))
    if stopping := [blocker for blocker in blockers if blocker.stops]:
        found.append(_blockers(stopping))
    return tuple(found)


def _correction(correction: Correction, changes: Sequence[Change]) -> Notice:
    values = sum(change.change != "rows" for change in changes)
    return Notice(
        "Correction",
        f"This version corrects {correction.of}, which stays as it was filed. {values} figures differ in value, "
        f"{len(changes) - values} rest on other lines with the same value.",
        ("Corrects", "Reason", "Method", "Corrected at"),
        ((correction.of, correction.reason, correction.method, _minute(correction.corrected_at)),),
    )


def _changes(changes: Sequence[Change]) -> Notice:
    printed = [change for change in changes if change.change != "rows"]
    left_out = max(0, len(printed) - _PRINTED_CHANGES)
    more = f" {left_out} more stand there." if left_out else ""
    return Notice(
        "Changed cells",
        f"Every figure whose value differs from the version before; {CHANGES} lists them all with both digests.{more}",
        ("Figure", "Change", "Before", "After", "Printed cells"),
        tuple(
            (c.figure_key, c.change, c.before or "\u2013", c.after or "\u2013", "; ".join(c.cells))
            for c in printed[:_PRINTED_CHANGES]
        ),
    )


def _waivers(waived: Sequence[Blocker]) -> Notice:
    return Notice(
        "Waived",
        "What would have stopped this filing, set aside by name by an approver.",
        ("Waived", "Reason", "By", "When", "Rows", "What"),
        tuple(
            (b.name, b.waived.reason, b.waived.signer_id, _minute(b.waived.waived_at), _rows(b), b.message)
            for b in waived
            if b.waived is not None
        ),
    )


def _blockers(stopping: Sequence[Blocker]) -> Notice:
    return Notice(
        "What stops the filing",
        "As the data stood when this version was prepared; it cannot be filed while one of these stands unwaived.",
        ("Name", "Rows", "What"),
        tuple((blocker.name, _rows(blocker), blocker.message) for blocker in stopping),
    )


def _rows(blocker: Blocker) -> str:
    return f"{blocker.rows:,}" if blocker.rows else "\u2013"


def _minute(stamp: str) -> str:
    return f"{stamp[:16].replace('T', ' ')} UTC"
