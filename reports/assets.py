"""Assets: the reports of the catalogue as Dagster assets; everything they do is a plain function elsewhere.

Only the wrapping belongs here.
"""

from typing import Any

import dagster as dg

from orchestration.core import keys
from orchestration.core.home import Home
from reports.catalogue import CATALOGUE, Entry
from reports.catalogue.calendar import schedule_of

DESCRIPTION = (
    "{title}: one bundle per period, prepared as a draft from the published copy. One row of its figures.parquet is one figure "
    "(metric and dimension values) with its key, unit, row count and digest; contributors.parquet names every delivered line that "
    "it counts. Source: the contribution relations of the parts {parts}. Serves: {regime}."
)


class PrepareConfig(dg.Config):
    """What to prepare.

    Attributes:
        period: `2026-05`, `2026-Q2`, `2026` or a range; empty = the last month that the data cover.
        as_of: RFC 3339 instant; empty = the period's end and follow-up, as far as the data know.
        zone: IANA zone of the period's edges.
    """

    period: str = ""
    as_of: str = ""
    zone: str = "UTC"


def build_report_assets(home: Home) -> list[dg.AssetsDefinition]:
    """One asset `reports/<report_id>` per report of the catalogue.

    Args:
        home: Whose published copy and filings.
    """
    return [_report_asset(home, entry) for entry in CATALOGUE.values()]


def _report_asset(home: Home, entry: Entry) -> dg.AssetsDefinition:
    parts = [part.part for part in entry.parts]

    @dg.asset(
        key=keys.report(entry.report_id),
        deps=[
            dg.AssetKey(list(keys.PUBLISHED)),
            *[dg.AssetKey(["reporting", f"rpt_{entry.report_id}__{part}"]) for part in parts],
        ],
        group_name="reports",
        kinds={"duckdb"},
        owners=[f"team:{entry.owner}"],
        tags={"owner": entry.owner, "layer": "reports", "sensitivity": "open"},
        description=DESCRIPTION.format(
            title=entry.title, parts=", ".join(parts), regime=f"{entry.regime} {entry.article}".strip()
        ),
        metadata={
            "cadence": entry.cadence,
            "due": f"{entry.due.months} months and {entry.due.days} days after the period's end",
            "schedules": ", ".join(f"{kind}: {cron}" for kind, cron in schedule_of(entry).items()),
            "is_filed": entry.is_filed,
            "audience": entry.audience,
            "official_schema": entry.schema_note,
            "small_cells": "exact" if entry.small_cells == "exact" else f"at least {entry.small_cells.minimum}",
            "required_checks": ", ".join(entry.required_checks),
        },
    )
    def report(config: PrepareConfig) -> dg.MaterializeResult[Any]:
        from reports.bundle import prepare
        from reports.filing.planning import PeriodFiled, Purpose
        from reports.filing.standing import status_of
        from reports.manifest import NAME, read_manifest

        period, as_of = config.period or None, config.as_of or None
        try:
            folder = prepare(
                home, entry.report_id, period, as_of=as_of, zone=config.zone, purpose=Purpose(keep_signed=True)
            )
        except PeriodFiled as stands:
            folder = stands.folder  # what somebody has signed or filed is theirs: a schedule leaves it as it is
        facts = (read_manifest(folder) or {})["predicate"]
        return dg.MaterializeResult(
            metadata={
                "filing": facts["filing"],
                "period": facts["period"],
                "status": status_of(home, folder),
                "figures": facts["figure_count"],
                "provisional": facts["provisional_count"],
                "watermark": facts["watermark"],
                "bytes": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
                "is_synthetic": facts["is_synthetic"],
                "page": dg.MetadataValue.url((folder / "report.html").as_uri()),
                "folder": dg.MetadataValue.path(str(folder)),
                "manifest": dg.MetadataValue.path(str(folder / NAME)),
                "index": dg.MetadataValue.url((home.filings / "index.html").as_uri()),
            }
        )

    return report
