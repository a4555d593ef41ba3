"""Correction: what a new version of a filing corrects, why and how, and every cell that differs from the version before.

Comparing two bundles belongs here; preparing the new one is bundle.py's.
"""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from reports.render.csv import csv_bytes

NAME = "correction.json"
CHANGES = "changes.csv"
COLUMNS = ("figure_key", "change", "before", "after", "digest_before", "digest_after", "cells")


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """Why a version was made.

    Attributes:
        of: The filed version that it corrects.
        reason: What was wrong.
        method: How it was put right.
        corrected_at: UTC instant, RFC 3339.
    """

    of: str
    reason: str
    method: str
    corrected_at: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One figure that differs between two versions.

    Attributes:
        figure_key: Which.
        change: `value`, `rows` (same value from other lines), `new`, `gone`.
        before: Value as filed; empty where it had none.
        after: Value now.
        digest_before: Digest of the lines behind it, as filed.
        digest_after: Digest now.
        cells: Printed cells of the DSA report that show it, as `service/part row column`.
    """

    figure_key: str
    change: str
    before: str
    after: str
    digest_before: str
    digest_after: str
    cells: tuple[str, ...] = ()


def read_correction(folder: Path) -> Correction | None:
    """What a bundle says that it corrects, or None."""
    try:
        return msgspec.json.decode((folder / NAME).read_bytes(), type=Correction)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def find_changes(before: Path, after: Path) -> list[Change]:
    """Figures that differ between two bundles' folders, by key.

    Raises:
        OSError: A bundle has no figures.parquet that can be read.
    """
    old, new = _figures(before), _figures(after)
    cells = _cells(before) | _cells(after)
    changes = []
    for key in sorted(old.keys() | new.keys()):
        value_before, digest_before = old.get(key, ("", ""))
        value_after, digest_after = new.get(key, ("", ""))
        change = _kind(key, old, new)
        if change:
            changes.append(
                Change(
                    figure_key=key,
                    change=change,
                    before=value_before,
                    after=value_after,
                    digest_before=digest_before,
                    digest_after=digest_after,
                    cells=tuple(sorted(cells.get(key, ()))),
                )
            )
    return changes


def changes_csv(changes: list[Change]) -> bytes:
    """The list of changes, one a line."""
    rows = [
        (c.figure_key, c.change, c.before, c.after, c.digest_before, c.digest_after, "; ".join(c.cells))
        for c in changes
    ]
    return csv_bytes(rows, COLUMNS)


def _kind(key: str, old: dict[str, tuple[str, str]], new: dict[str, tuple[str, str]]) -> str:
    if key not in old:
        return "new"
    if key not in new:
        return "gone"
    if old[key][0] != new[key][0]:
        return "value"
    return "rows" if old[key][1] != new[key][1] else ""


def _figures(folder: Path) -> dict[str, tuple[str, str]]:
    try:
        with duckdb.connect() as con:
            rows = con.execute(
                "select figure_key, value, digest from read_parquet(?)", [str(folder / "figures.parquet")]
            ).fetchall()
    except duckdb.Error as error:
        raise OSError(f"{folder}/figures.parquet cannot be read: {error}") from error
    return {key: (_text(value), digest or "") for key, value, digest in rows}


def _text(value: Decimal | None) -> str:
    if value is None:
        return ""
    whole = value.to_integral_value()
    return f"{whole:f}" if whole == value else f"{value.normalize():f}"


def _cells(folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob("dsa/*/cells.csv")):
        for row in _rows(path):
            where = f"{path.parent.name}/{row.get('part', '')} {row.get('row', '')} {row.get('column', '')}"
            found.setdefault(str(row.get("figure_key", "")), set()).add(" ".join(where.split()))
    return found


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    yield from csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
