"""The truth of a labelled world, beside the landing zone and never inside it.

Belongs here: the four files under `<home>/truth`.
Does not belong here: anything that the product reads.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from assets.ingestion.sample import exporters
from assets.ingestion.sample.world import iso
from assets.ingestion.sample.worlds.town import Account


@dataclass
class Truth:
    """What is true of those who are not accounts.

    Attributes:
        reporters: (reporter_id, family, is_brigade).
        senders: (sender_id, family, is_spam).
        vendors: (vendor_id, queue, is_drift, drift_at).
    """

    reporters: list[tuple[str, str, bool]] = field(default_factory=list)
    senders: list[tuple[str, str, bool]] = field(default_factory=list)
    vendors: list[tuple[str, str, bool, str]] = field(default_factory=list)


def write_truth(folder: Path, accounts: Iterable[Account], truth: Truth) -> None:
    """Write `accounts.csv`, `reporters.csv`, `senders.csv` and `vendors.csv`.

    Args:
        folder: Where, `<home>/truth`.
        accounts: Every account; those that sent nothing are written too.
        truth: What is true of the others.
    """
    rows = [
        (
            account.account_id,
            account.family,
            _flag(account.is_bad and account.first_bad_ms is not None),
            account.actor,
            iso(account.first_bad_ms) if account.is_bad and account.first_bad_ms is not None else "",
        )
        for account in accounts
    ]
    _write(folder / "accounts.csv", ("account_id", "family", "is_bad", "actor_id", "first_bad_at"), sorted(rows))
    _write(folder / "reporters.csv", ("reporter_id", "family", "is_brigade"),
           sorted((one, family, _flag(bad)) for one, family, bad in truth.reporters))  # fmt: skip
    _write(folder / "senders.csv", ("sender_id", "family", "is_spam"),
           sorted((one, family, _flag(bad)) for one, family, bad in truth.senders))  # fmt: skip
    _write(folder / "vendors.csv", ("vendor_id", "queue", "is_drift", "drift_at"),
           sorted((one, queue, _flag(bad), at) for one, queue, bad, at in truth.vendors))  # fmt: skip


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _write(path: Path, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    exporters.write_whole(path, text.getvalue().encode())
