"""Audit: the population of contributions behind a bundle or a figure, and a sample of it that anybody can draw again.

Counting, drawing and writing belong here; tracing a drawn line is trace.py.
"""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from orchestration.core import ops
from orchestration.core.access import actor
from orchestration.core.clock import stamp
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports.bundles import Found
from reports.manifest import evidence_folder
from reports.render.csv import csv_bytes
from reports.trace import trace

KEY = ("part", "metric", "role", "file_sha256", "line", "record_id", "unit_id", "amount", "occurrence")
COLUMNS = ("rank", "draw", *KEY, "record_kind", "path", "received_on")
METHOD = (
    "Population: every contribution of contributors.parquet (of the figure, when one is named), each with the key "
    "part|metric|role|file_sha256|line|record_id|unit_id|amount|occurrence; a missing value is empty; occurrence numbers "
    "contributions that agree in all else, from 1. Its digest is SHA-256 over the sorted keys, UTF-8, a line feed after each. "
    "Draw: SHA-256 of the seed, a line feed and the key, in hex; the sample is the contributions with the smallest draws."
)


class Population(msgspec.Struct, frozen=True, kw_only=True):
    """What a sample is drawn from.

    Attributes:
        filing: Bundle.
        figure_key: Figure, or None for all of the bundle.
        count: Number of contributions.
        sha256: Digest of their keys (see METHOD).
        by_part: Contributions by part, metric and role.
    """

    filing: str
    figure_key: str | None
    count: int
    sha256: str
    by_part: dict[str, int]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample as drawn.

    Attributes:
        audit_id: Name of the draw: the same bundle, figure, seed and size give the same one.
        population: What it was drawn from.
        seed: As given.
        method: How to draw it again.
        rows: The drawn contributions in order of draw, with the columns of COLUMNS.
        sha256: Digest of sample.csv.
    """

    audit_id: str
    population: Population
    seed: str
    method: str
    rows: tuple[dict[str, Any], ...]
    sha256: str


def population(bundle: Found, figure_key: str | None = None) -> Population:
    """Count a bundle's contributions, or a figure's.

    Raises:
        UnknownFigure: The bundle has no such figure.
        OSError: Its evidence cannot be read.
    """
    return _population(bundle, figure_key, _contributions(bundle, figure_key))


def draw(
    home: Home, bundle: Found, seed: str, size: int, figure_key: str | None = None, out: Path | None = None
) -> Sample:
    """Draw a sample, write it as CSV and JSON, and record the draw in ops.audits.

    Args:
        home: Where the draw is recorded.
        bundle: Whose contributions.
        seed: Any text; say it before you see the data.
        size: How many; all when there are fewer.
        figure_key: Only this figure's.
        out: Folder for sample.csv and sample.json; default: `audits/<audit_id>` of the home.

    Raises:
        UnknownFigure: The bundle has no such figure.
        OSError: Its evidence cannot be read, or the files cannot be written.
    """
    rows = _contributions(bundle, figure_key)
    counted = _population(bundle, figure_key, rows)
    drawn = sorted((draw_of(seed, key_of(row)), key_of(row), row) for row in rows)[:size]
    listed = tuple(
        {"rank": rank, "draw": drawn_by, **{name: row[name] for name in COLUMNS[2:]}}
        for rank, (drawn_by, _, row) in enumerate(drawn, start=1)
    )
    content = csv_bytes([tuple(row.values()) for row in listed], list(COLUMNS))
    named = [counted.filing, counted.figure_key, seed, size, counted.sha256]
    sample = Sample(
        audit_id=hashlib.sha256(msgspec.json.encode(named)).hexdigest()[:16],
        population=counted,
        seed=seed,
        method=METHOD,
        rows=listed,
        sha256=hashlib.sha256(content).hexdigest(),
    )
    folder = out or home.root / "audits" / sample.audit_id
    write_bytes(folder / "sample.csv", content)
    write_bytes(folder / "sample.json", msgspec.json.format(msgspec.json.encode(sample), indent=1) + b"\n")
    ops.append(
        home,
        "audits",
        [
            {
                "audit_id": sample.audit_id,
                "filing_id": counted.filing,
                "figure_key": figure_key,
                "seed": seed,
                "population_count": counted.count,
                "population_sha256": counted.sha256,
                "sample_count": len(listed),
                "sample_sha256": sample.sha256,
                "drawn_by": actor(),
                "drawn_at": stamp(),
            }
        ],
    )
    return sample


def key_of(row: dict[str, Any]) -> str:
    """The key of a contribution, as METHOD tells."""
    return "|".join("" if row[name] is None else str(row[name]) for name in KEY)


def draw_of(seed: str, key: str) -> str:
    """The number of a contribution in a draw."""
    return hashlib.sha256(f"{seed}\n{key}".encode()).hexdigest()


def _contributions(bundle: Found, figure_key: str | None) -> list[dict[str, Any]]:
    path = evidence_folder(bundle.folder) / "contributors.parquet"
    wanted = None
    if figure_key is not None:
        wanted = {(line.file_sha256, line.line, line.role, line.record_id) for line in trace(bundle, figure_key).lines}
    part_metric = (figure_key or "").partition("?")[0].partition("/")
    only = "where part = $part and metric = $metric " if figure_key is not None else ""
    values = {"path": str(path)}
    if figure_key is not None:
        values |= {"part": part_metric[0], "metric": part_metric[2]}
    try:
        with duckdb.connect(":memory:") as con:
            found = con.execute(
                "select part, metric, role, file_sha256, line, record_id, unit_id, amount, record_kind, row_number() over "
                "(partition by part, metric, role, file_sha256, line, record_id, unit_id, amount order by input_refs, stratum_id) "
                f"as occurrence from read_parquet($path) {only}"
                "order by part, metric, role, file_sha256, line, record_id, unit_id, amount, occurrence",
                values,
            )
            rows: list[dict[str, Any]] = found.to_arrow_table().to_pylist()
    except duckdb.Error as error:
        raise OSError(f"{path}: {error}") from error
    places = _places(bundle)
    return [
        row | dict(zip(("path", "received_on"), places.get(row["file_sha256"], (None, None)), strict=True))
        for row in rows
        if wanted is None or (row["file_sha256"], row["line"], row["role"], row["record_id"]) in wanted
    ]


def _places(bundle: Found) -> dict[str, tuple[str, str]]:
    path = bundle.folder / "deliveries.csv"
    if not path.is_file():
        return {}
    with duckdb.connect(":memory:") as con:
        rows = con.execute(
            "select file_sha256, path, received_on from read_csv($path, header = true, all_varchar = true)",
            {"path": str(path)},
        ).fetchall()
    return {sha256: (where, day) for sha256, where, day in rows}


def _population(bundle: Found, figure_key: str | None, rows: list[dict[str, Any]]) -> Population:
    keys = sorted(key_of(row) for row in rows)
    by_part: dict[str, int] = {}
    for row in rows:
        name = f"{row['part']}/{row['metric']} {row['role']}"
        by_part[name] = by_part.get(name, 0) + 1
    return Population(
        filing=bundle.filing,
        figure_key=figure_key,
        count=len(rows),
        sha256=hashlib.sha256("".join(f"{key}\n" for key in keys).encode()).hexdigest(),
        by_part=dict(sorted(by_part.items())),
    )
