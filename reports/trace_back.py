"""Trace back: from a delivered line to every figure of every bundle that it reached.

Reading bundles' evidence backwards belongs here; which record a line holds is told by the caller, who may open the lake.
"""

from collections.abc import Collection
from pathlib import Path

import duckdb
import msgspec

from orchestration.core.home import Home
from reports.bundles import Found, all_bundles
from reports.manifest import evidence_folder
from reports.trace import plain_value

_NOTHING = "-"
"""No reference: each has a feed and a slash."""


class Reached(msgspec.Struct, frozen=True, kw_only=True):
    """One figure that a line reached.

    Attributes:
        filing: Of which bundle.
        figure_key: The figure.
        value: As printed.
        unit: Of the value.
        role: In which the line, or what it decided, counts.
        via: `contributor`: the line itself counts; `input_ref`: it decided how other lines count.
        row_count: Of the figure's contributions, how many stand on the line or were decided by it.
    """

    filing: str
    figure_key: str
    value: int | float | None
    unit: str
    role: str
    via: str
    row_count: int


def trace_back(
    home: Home, file_sha256: str, line: int, refs: Collection[str] = (), batch_id: int | None = None
) -> list[Reached]:
    """Every figure that a line reached, by filing, figure, role and way.

    Args:
        home: Whose bundles, prepared and filed.
        file_sha256: Delivered file; the digest may be cut short.
        line: 1-based line, row or element.
        refs: `feed/id` (percent-encoded) of the record that the line holds; through it, it may have decided other lines.
        batch_id: Batch that brought the line; a bundle of an earlier watermark cannot have known it.

    Raises:
        OSError: A bundle cannot be read.
    """
    found = []
    for bundle in all_bundles(home):
        if all(
            (evidence_folder(bundle.folder) / name).is_file()
            for name in ("figures.parquet", "strata.parquet", "contributors.parquet")
        ):
            knows = batch_id is None or batch_id <= bundle.watermark
            found += _reached(bundle, file_sha256, line, sorted(refs) if knows else [])
    return found


def _reached(bundle: Found, file_sha256: str, line: int, refs: list[str]) -> list[Reached]:
    folder = bundle.folder
    try:
        with duckdb.connect(":memory:") as con:
            hits = con.execute(
                "select part, metric, stratum_id, role, via, count(*) as row_count from ("
                "select part, metric, stratum_id, role, 'contributor' as via from read_parquet($path) "
                "where line = $line and starts_with(file_sha256, $sha256) union all "
                "select part, metric, stratum_id, role, 'input_ref' from read_parquet($path) "
                "where input_refs <> '' and list_has_any(string_split(input_refs, ' '), $refs)) group by all",
                {
                    "path": str(evidence_folder(folder) / "contributors.parquet"),
                    "line": line,
                    "sha256": file_sha256,
                    "refs": refs or [_NOTHING],
                },
            ).fetchall()
            return _figures(con, bundle.filing, folder, hits) if hits else []
    except duckdb.Error as error:
        raise OSError(f"{folder}: its evidence cannot be read ({error}); see `rapporteur verify`") from error


def _figures(
    con: duckdb.DuckDBPyConnection, filing: str, folder: Path, hits: list[tuple[str, str, str, str, str, int]]
) -> list[Reached]:
    """The figures that hold those strata: same part and metric, and dimensions among the stratum's."""
    dimensions = {
        stratum: msgspec.json.decode(text, type=dict[str, str]).items()
        for stratum, text in con.execute(
            "select stratum_id, dimensions from read_parquet($path) where stratum_id in (select unnest($ids))",
            {"path": str(evidence_folder(folder) / "strata.parquet"), "ids": sorted({hit[2] for hit in hits})},
        ).fetchall()
    }
    figures = con.execute(
        "select figure_key, part, metric, dimensions, value, unit from read_parquet($path) where metric in (select unnest($names))",
        {"path": str(evidence_folder(folder) / "figures.parquet"), "names": sorted({hit[1] for hit in hits})},
    ).fetchall()
    by_metric: dict[tuple[str, str], list[tuple[str, str, str, int]]] = {}
    for part, metric, stratum, role, via, count in hits:
        by_metric.setdefault((part, metric), []).append((stratum, role, via, count))
    reached: dict[tuple[str, str, str], Reached] = {}
    for key, part, metric, text, value, unit in figures:
        wanted = msgspec.json.decode(text, type=dict[str, str]).items()
        for stratum, role, via, count in by_metric.get((part, metric), []):
            if wanted <= dimensions.get(stratum, {}.items()):
                before = reached.get((key, role, via))
                total = count + (before.row_count if before else 0)
                reached[key, role, via] = Reached(
                    filing=filing,
                    figure_key=key,
                    value=plain_value(value),
                    unit=unit,
                    role=role,
                    via=via,
                    row_count=total,
                )
    return [reached[name] for name in sorted(reached)]
