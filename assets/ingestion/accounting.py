"""Accounting: what is known of files so far, and the ledger row of each delivery, checked to add up.

Belongs here: numbers of files and batches, deliveries, the identity lines = loaded + duplicate + quarantined + blank.
Not here: how lines come to be counted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.ingestion.contracts import FEEDS
from assets.ingestion.discovery import Pending
from assets.ingestion.file_decoding import Decoded
from assets.ingestion.settlement import Settled
from orchestration.core.commits import Commit, DataFile, Delivery
from orchestration.core.vault import VaultObject


class AccountingError(Exception):
    """Lines of a file were lost or counted twice: a defect of ours, so nothing is committed."""


@dataclass(slots=True)
class Ledger:
    """What the commits say.

    Attributes:
        next_batch_id: Number of the batch being written.
        ids: (feed, sha256) to file id.
        done: (feed, sha256) of files that were taken in (rejected ones may be tried again).
        data_files: Everything in the lake.
    """

    next_batch_id: int
    ids: dict[tuple[str, str], int] = field(default_factory=dict)
    done: set[tuple[str, str]] = field(default_factory=set)
    data_files: list[DataFile] = field(default_factory=list)

    @staticmethod
    def of(commits: Sequence[Commit]) -> "Ledger":
        """Read the commits."""
        ledger = Ledger(next_batch_id=(commits[-1].batch_id if commits else 0) + 1)
        for commit in commits:
            ledger.data_files.extend(commit.data_files)
            for delivery in commit.deliveries:
                key = (delivery.feed, delivery.file_sha256)
                ledger.ids.setdefault(key, delivery.file_id)
                if delivery.status in {"loaded", "retried"}:
                    ledger.done.add(key)
        return ledger

    def known(self, feed: str, sha256: str) -> int | None:
        """Id of a file whose bytes were taken in before (or come earlier in this batch), else None."""
        return self.ids[feed, sha256] if (feed, sha256) in self.done else None

    def number(self, feed: str, sha256: str) -> int:
        """Id of a file, for ever; a new one is the next number. The file counts as taken in from here on."""
        key = (feed, sha256)
        if key not in self.ids:
            self.ids[key] = max(self.ids.values(), default=0) + 1
        self.done.add(key)
        return self.ids[key]


def delivery_of(
    one: Decoded, settled: Settled, pending: Pending, surfaces: Collection[str], is_synthetic: bool
) -> Delivery:
    """Account for a decoded file.

    Args:
        one: What became of it.
        settled: What was dropped and written.
        pending: As it was found.
        surfaces: Registered surfaces.
        is_synthetic: Whether a generator wrote the landing zone.

    Returns:
        The ledger row.

    Raises:
        AccountingError: lines differ from loaded + duplicate + quarantined + blank.
    """
    file_id, tally = one.job.file_id, one.tally
    conflicts = settled.conflicts[file_id]
    duplicate = settled.duplicates[file_id]
    loaded = settled.loaded[file_id]
    if one.rejected:
        return Delivery(
            **_identity(pending, file_id, one.job.sha256, is_synthetic),
            status="rejected",
            reason=": ".join(one.rejected),
            mapping=one.job.mapping.name if one.job.mapping else None,
            seconds=round(one.seconds, 3),
        )
    quarantined = one.quarantined + conflicts
    if tally.lines != loaded + duplicate + quarantined + tally.blank:
        raise AccountingError(
            f"{pending.relative}: {tally.lines} lines, but {loaded} loaded + {duplicate} duplicate + {quarantined} quarantined"
            f" + {tally.blank} blank; nothing was committed, please report this"
        )
    return Delivery(
        **_identity(pending, file_id, one.job.sha256, is_synthetic),
        status="loaded",
        lines=tally.lines,
        loaded=loaded,
        duplicate=duplicate,
        quarantined=quarantined,
        blank=tally.blank,
        new_fields=dict(sorted(tally.new_fields.items())),
        new_values=dict(sorted(tally.new_values.items())),
        unregistered_surfaces=sorted(tally.surfaces - set(surfaces)),
        mapping=one.job.mapping.name if one.job.mapping else None,
        seconds=round(one.seconds, 3),
    )


def repeated_delivery(pending: Pending, file_id: int, stored: VaultObject, is_synthetic: bool) -> Delivery:
    """Account for bytes that were delivered before: a row of its own, with zero lines."""
    return Delivery(**_identity(pending, file_id, stored.sha256, is_synthetic), status="duplicate_file")


def refused_delivery(pending: Pending, ledger: Ledger, is_synthetic: bool) -> Delivery:
    """Account for a name that is not to be read at all: no bytes, no digest, a reason."""
    file_id = max(ledger.ids.values(), default=0) + 1
    ledger.ids[pending.feed, f"refused:{pending.relative}:{pending.mtime_ns}"] = file_id
    return Delivery(**_identity(pending, file_id, "", is_synthetic), status="rejected", reason=pending.refused)


def _identity(pending: Pending, file_id: int, sha256: str, is_synthetic: bool) -> dict[str, Any]:
    return {
        "file_id": file_id,
        "file_sha256": sha256,
        "feed": pending.feed,
        "received_on": pending.received_on,
        "path": pending.relative,
        "size_bytes": pending.size_bytes,
        "mtime_ns": pending.mtime_ns,
        "contract_version": FEEDS[pending.feed].version,
        "is_synthetic": is_synthetic,
    }
