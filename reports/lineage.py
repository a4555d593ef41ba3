"""A bundle's lineage.json: one OpenLineage event that leads from delivered feeds to the bundle's files.

What is told about a filing belongs here; following columns is origins.py, the specification's words are core/openlineage.py.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from orchestration.core import openlineage as ol
from orchestration.core.clock import stamp
from orchestration.core.commits import DataFile, read_commits
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from reports import origins
from reports.catalogue import Entry
from reports.figures import Figures
from reports.published import published_models

NAME = "lineage.json"
_FIGURES = "figures.parquet"


def write_lineage(folder: Path, home: Home, figures: Figures, entry: Entry) -> None:
    """Write `lineage.json` into a bundle's folder, after every file that it shall name.

    The event is the same for the same figures of the same published copy: its instant is their `as_of`, its run's id is made of
    report, period, watermark and `as_of`. Inputs are the feeds (with what the lake holds of them at the watermark, and a digest of
    the list of lake files; the list itself is sql/run_order.json) and the contribution relations with the feed columns behind each
    of their columns; outputs are the bundle's files, those of figures with the contribution columns behind each of theirs. A published
    copy without lineage gives the feeds that the metrics declare, and no columns.

    Args:
        folder: The bundle's folder.
        home: Whose lake and published copy.
        figures: What the bundle prints.
        entry: The report.
    """
    models = published_models(home)
    event = lineage_event(folder, home, models, figures, entry)
    write_bytes(folder / NAME, msgspec.json.format(msgspec.json.encode(event), indent=1))


def lineage_event(folder: Path, home: Home, models: origins.Models, figures: Figures, entry: Entry) -> dict[str, Any]:
    """The event that `write_lineage` writes."""
    watermark, as_of = figures.state.watermark, stamp(figures.as_of)
    relations = sorted({f"current.contributions.{metric.relation}" for metric in figures.metrics.values()})
    told = [relation for relation in relations if "columns" in models.get(relation, {})]
    behind = {relation: _origins(models, relation) for relation in told}
    feeds = set(
        origins.feeds_of(column for found in behind.values() for _, columns in found.values() for column in columns)
    )
    feeds |= {feed for metric in figures.metrics.values() for feed in metric.feeds}
    return ol.run_event(
        ol.COMPLETE,
        as_of,
        run_id=ol.child_id(f"{entry.report_id}/{figures.period.name}/{watermark}/{as_of}", "filing"),
        job=f"report.{entry.report_id}",
        inputs=[*_feeds(home, sorted(feeds), watermark), *(_contributions(models, name, behind) for name in relations)],
        outputs=_outputs(folder, models, relations, f"filings/{entry.report_id}/{figures.period.name}"),
        run_facets={
            **ol.facet(
                "nominalTime",
                nominalStartTime=stamp(figures.period.start),
                nominalEndTime=stamp(figures.period.end),
            ),
            **ol.facet(
                "rapporteur_pins",
                watermark=watermark,
                as_of=as_of,
                zone=figures.period.zone,
                is_synthetic=figures.state.is_synthetic,
            ),
        },
        job_facets={
            **ol.facet("documentation", description=f"{entry.title} ({entry.regime}).", contentType="text/plain"),
            **ol.facet("jobType", processingType="BATCH", integration="RAPPORTEUR", jobType="REPORT"),
            **ol.ownership(entry.owner),
        },
    )


def _feeds(home: Home, feeds: Sequence[str], watermark: int) -> list[dict[str, Any]]:
    files: dict[str, list[DataFile]] = {feed: [] for feed in feeds}
    for commit in read_commits(home):
        for file in commit.data_files if commit.batch_id <= watermark else ():
            if file.kind == "raw" and file.feed in files:
                files[file.feed].append(file)
    return [
        ol.dataset(
            f"raw.{feed}",
            {
                **ol.facet("version", datasetVersion=f"batch {watermark}"),
                **ol.facet("rapporteur_lake_files", files=len(found), sha256=_digest(found)),
            },
            read=ol.facet(
                "inputStatistics",
                rowCount=sum(file.rows for file in found),
                size=sum(file.size_bytes for file in found),
                fileCount=len(found),
            ),
        )
        for feed, found in files.items()
    ]


def _digest(files: Iterable[DataFile]) -> str:
    """SHA-256 over the sorted lines `sha256  path`, a line feed after each: what sha256sum prints of those files."""
    lines = sorted(f"{file.sha256}  {file.path}\n" for file in files)
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def _origins(models: origins.Models, relation: str) -> dict[str, tuple[str, list[str]]]:
    """How each column of a relation is made, and the columns of feeds, seeds and conclusions behind it."""
    names = list(models[relation]["columns"])
    return {
        name: (origins.parents(models, f"{relation}.{name}")[0], origins.leaves(models, f"{relation}.{name}"))
        for name in names
    }


def _contributions(
    models: origins.Models, relation: str, behind: Mapping[str, Mapping[str, tuple[str, list[str]]]]
) -> dict[str, Any]:
    name = ol.relation_name(relation)
    if relation not in behind:
        return ol.dataset(name)
    return ol.dataset(name, {**ol.schema(models[relation]["columns"]), **ol.column_lineage(behind[relation])})


def _outputs(folder: Path, models: origins.Models, relations: Sequence[str], place: str) -> list[dict[str, Any]]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name not in {NAME, "manifest.json"})
    return [
        ol.dataset(
            f"{place}/{path.relative_to(folder).as_posix()}",
            _figure_columns(models, relations) if path == folder / _FIGURES else None,
            written=ol.facet("outputStatistics", size=path.stat().st_size),
        )
        for path in files
    ]


def _figure_columns(models: origins.Models, relations: Sequence[str]) -> ol.Facets | None:
    """Which contribution columns are behind each column of the figures: the monthly tables render the same formulas."""
    found: dict[str, tuple[str, list[str]]] = {}
    for relation in relations:
        monthly = models.get(relation.replace(".contributions.con_", ".reporting.rpt_"), {})
        for name, told in monthly.get("columns", {}).items():
            how, columns = found.get(name, (told["how"], []))
            found[name] = (how, sorted({*columns, *told["from"]}))
    return ol.column_lineage(found) if found else None
