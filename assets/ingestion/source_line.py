"""One line of a source that a reader hands to the exact path, whatever the file's format.

Belongs here: the shape that readers and the batch agree on. Not here: reading files, or judging values.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One record as a reader found it, before the contract has judged it.

    Attributes:
        line_no: 1-based physical line (JSONL, CSV; a CSV's header is line 1), row (Parquet, XLSX) or element number.
        byte_offset: Offset of the line in the decompressed stream, or None where the format has none.
        sheet: Name of the spreadsheet's sheet, else None.
        value: Field name to JSON-like value (None for null); None when the reader itself refuses the line.
        reason: The reader's reason code when ``value`` is None.
        detail: What is wrong, without any of the line's content.
        json_path: Where in the record the reader's reason applies, for example ``$.received_at``.
        delivered: A mapped row before its mapping: column or key to cell. For whoever looks at the line; never logged.
    """

    line_no: int
    byte_offset: int | None = None
    sheet: str | None = None
    value: dict[str, Any] | None = None
    reason: str | None = None
    detail: str | None = None
    json_path: str | None = None
    delivered: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Blank:
    """A line that holds nothing but white space: counted, never loaded."""

    line_no: int


class SourceRejectedError(Exception):
    """The whole file cannot be read; nothing of it is loaded.

    Attributes:
        reason: Short reason code, for example ``truncated_file`` or ``mapping_column_missing``.
        detail: What is wrong and what to do, without any of the file's content.
    """

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


Lines = Iterator[SourceLine | Blank]
