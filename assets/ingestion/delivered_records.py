"""Delivered records: which record a delivered line holds, as the lake took it in.

Finding it by file and line belongs here; its raw bytes are shown by `quarantine.raw_line`.
"""

from dataclasses import dataclass
from urllib.parse import quote

import duckdb

from assets.ingestion.contracts import FEEDS
from assets.ingestion.fast_sql import name_of, quoted
from orchestration.core.commits import read_commits
from orchestration.core.home import Home


@dataclass(frozen=True, slots=True)
class DeliveredRecord:
    """The record of a delivered line.

    Attributes:
        file_sha256: The whole digest of the file.
        feed: Its feed.
        record_id: Value of the first field of its key; None where the line holds no record (blank, quarantined, duplicate).
        batch_id: Batch that brought it; None without a record.
    """

    file_sha256: str
    feed: str
    record_id: str | None
    batch_id: int | None

    @property
    def ref(self) -> str | None:
        """The record as contributions refer to it: `feed/id`, percent-encoded."""
        return None if self.record_id is None else f"{self.feed}/{quote(self.record_id, safe='-._~')}"


def record_at(home: Home, sha256: str, line_no: int) -> DeliveredRecord:
    """The record that a line holds.

    Args:
        home: The home.
        sha256: Digest of the delivered file, or its beginning.
        line_no: 1-based line, row or element.

    Raises:
        ValueError: No such file was delivered, or the digest's beginning fits more than one.
    """
    commits = read_commits(home)
    fitting = {d.file_sha256: d for c in commits for d in c.deliveries if sha256 and d.file_sha256.startswith(sha256)}
    if len(fitting) != 1:
        told = "fits more than one delivered file" if fitting else "is the digest of no delivered file"
        raise ValueError(f"{sha256!r} {told}; see `rapporteur status`")
    ((whole, known),) = fitting.items()
    batches = {c.batch_id for c in commits for d in c.deliveries if d.file_sha256 == whole}
    paths = [
        str(home.root / f.path)
        for c in commits
        for f in c.data_files
        if c.batch_id in batches and f.kind == "raw" and f.feed == known.feed
    ]
    if not paths:
        return DeliveredRecord(whole, known.feed, None, None)
    key = name_of(FEEDS[known.feed].key[0])
    listed = ", ".join(quoted(path) for path in paths)
    with duckdb.connect(":memory:") as con:
        row = con.execute(
            f"SELECT {key}::VARCHAR, _batch_id FROM read_parquet([{listed}], union_by_name = true) "
            "WHERE _file_id = $file AND _line_no = $line",
            {"file": known.file_id, "line": line_no},
        ).fetchone()
    return DeliveredRecord(whole, known.feed, *(row or (None, None)))
