"""The mapping language: what one mapping file says about how foreign columns become a feed's fields.

Belongs here: the shape of a mapping, rule by rule. Does not belong here: reading and validating the YAML
(`mapping_files`), applying a mapping to rows (`mapping_rows`), reading delivered files.
"""

import fnmatch
import re
import zoneinfo
from dataclasses import dataclass, field
from typing import Any

PathStep = str | int | None
"""A key, an element's index, or None for all elements."""

LINE_COLUMN = "line"
"""In a template, `{line}` is the row's own line, row or element number."""

_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


class MappingError(Exception):
    """A mapping file that cannot be used: which file, which key, and what is wrong."""

    def __init__(self, file: str, key: str, message: str) -> None:
        super().__init__(f"{file}: {key}: {message}")
        self.file = file
        self.key = key


@dataclass(frozen=True, slots=True)
class Format:
    """How the file is written.

    Attributes:
        kind: `csv`, `xlsx`, `json` or `parquet`.
        encoding: Encodings to try, in order.
        newline: `any` (LF, CRLF, lone CR), `lf`, `crlf` or `cr`.
        sheet: Sheet's name, or None for the only one that holds anything.
        header_row: 1-based row of the header (CSV: physical line).
        rows: JSON path of the rows, ending in `[*]`.
        delimiter: One character between CSV cells.
    """

    kind: str
    encoding: tuple[str, ...] = ("utf-8-sig",)
    newline: str = "any"
    sheet: str | None = None
    header_row: int = 1
    rows: tuple[PathStep, ...] = (None,)
    delimiter: str = ","


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one field's value comes from and what is done to it, in the order of the attributes.

    Attributes:
        field: The contract's field.
        kind: Its type in the contract.
        columns: Alternative columns; the first that holds something wins.
        paths: Alternative JSON paths.
        template: Text with `{column}` placeholders, or None.
        has_constant: Whether `constant` is the value.
        constant: The value.
        missing: Spellings that mean "nothing".
        normalise: `strip`, `lower`, `upper`, `collapse` (runs of white space to one space).
        values: Value map, or None; a value that it lacks is refused unless there is a default.
        parse: strptime format, or None.
        zone: Zone of a parsed time without an offset.
        has_default: Whether `default` stands in for nothing and for a value that the map lacks.
        default: That value.
        default_template: The same, made from other columns.
        is_list: Whether a single value becomes a list of one.
        split: What joins a list within one cell.
    """

    field: str
    kind: str
    columns: tuple[str, ...] = ()
    paths: tuple[tuple[PathStep, ...], ...] = ()
    template: str | None = None
    has_constant: bool = False
    constant: Any = None
    missing: frozenset[str] = frozenset()
    normalise: tuple[str, ...] = ()
    values: dict[str, Any] | None = None
    parse: str | None = None
    zone: zoneinfo.ZoneInfo | None = None
    has_default: bool = False
    default: Any = None
    default_template: str | None = None
    is_list: bool = False
    split: str = ";"

    def missing_columns(self, there: frozenset[str]) -> tuple[str, ...]:
        """Name the columns that a table lacks: all alternatives when none is there, any of a template's."""
        if self.columns and there.isdisjoint(self.columns):
            return self.columns
        used = [*placeholders(self.template), *placeholders(self.default_template)]
        return tuple(column for column in used if column != LINE_COLUMN and column not in there)


@dataclass(frozen=True, slots=True)
class Mapping:
    """One mapping file.

    Attributes:
        name: The file's name without its folder.
        sha256: Of the file's bytes: which text of the mapping read a delivery.
        feed: The feed that it fills.
        match: Patterns of file names.
        format: How matching files are written.
        rules: One for each mapped field.
        error: Why it cannot be used, or None. A broken mapping still claims its files, so that they are refused whole.
    """

    name: str
    sha256: str
    feed: str
    match: tuple[str, ...]
    format: Format = field(default_factory=lambda: Format("csv"))
    rules: tuple[Rule, ...] = ()
    error: str | None = None

    def fits(self, feed: str, filename: str) -> bool:
        """Say whether a delivered file (its bare name) is this mapping's."""
        return feed == self.feed and any(fnmatch.fnmatchcase(filename, pattern) for pattern in self.match)


def placeholders(template: str | None) -> list[str]:
    """List a template's columns in order."""
    return _PLACEHOLDER.findall(template or "")
