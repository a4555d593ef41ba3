"""Which reader reads which file.

Belongs here: the choice by mapping, feed and the name's ending. Does not belong here: reading anything.
"""

from collections.abc import Callable
from pathlib import Path

from assets.ingestion.mapping_language import Mapping
from assets.ingestion.readers.csv_rows import read_csv
from assets.ingestion.readers.inspect_samples import read_inspect_log
from assets.ingestion.readers.json_rows import read_json
from assets.ingestion.readers.parquet_rows import read_parquet
from assets.ingestion.readers.stix_objects import read_stix
from assets.ingestion.readers.xlsx_rows import read_xlsx
from assets.ingestion.source_line import Lines, SourceRejectedError

Reader = Callable[[Path, str, Mapping | None, str], Lines]

_BY_KIND: dict[str, Reader] = {"csv": read_csv, "xlsx": read_xlsx, "json": read_json, "parquet": read_parquet}
_BY_ENDING: dict[str, Reader] = {
    ".csv": read_csv,
    ".csv.gz": read_csv,
    ".xlsx": read_xlsx,
    ".parquet": read_parquet,
    ".json": read_json,
}
_BY_FEED: dict[tuple[str, str], Reader] = {
    ("evaluations", ".eval"): read_inspect_log,
    ("evaluations", ".json"): read_inspect_log,
    ("threat_intel", ".json"): read_stix,
}


def open_lines(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read a delivered file as numbered source lines, in bounded memory.

    Args:
        path: Where the bytes are (the vault).
        feed: The feed's name.
        mapping: The mapping that fits the file (`mappings.mapping_for`), or None for the feed's own columns.
        name: The delivered name, whose ending says the format.

    Returns:
        An iterator. What is wrong with the whole file shows when it is iterated, possibly after some lines: then none of
        them counts.

    Raises:
        SourceRejectedError: while iterating; `unsupported_format` and `mapping_invalid` at once.
    """
    return _reader(feed, mapping, name)(path, feed, mapping, name)


def _reader(feed: str, mapping: Mapping | None, name: str) -> Reader:
    if mapping is not None:
        if mapping.error is not None:
            raise SourceRejectedError("mapping_invalid", mapping.error)
        return _BY_KIND[mapping.format.kind]
    lowered = name.lower()
    ending = next((known for known in sorted(_BY_ENDING, key=len, reverse=True) if lowered.endswith(known)), "")
    ending = ending or Path(lowered).suffix
    reader = _BY_FEED.get((feed, ending)) or _BY_ENDING.get(ending)
    if reader is None:
        raise SourceRejectedError("unsupported_format", f"{feed} does not take files that end in {ending or 'nothing'}")
    return reader
