"""Splits: by which dimensions a report's parts are broken down, as the YAML of its rpt_ models declares.

Reading that declaration belongs here; dbt reads the same for the monthly tables.
"""

from functools import cache

import msgspec
import yaml

from reports.catalogue import Entry
from reports.figure_sql import Breakdown, project_dir


@cache
def _declared(report_id: str, part: str) -> tuple[Breakdown, ...]:
    name = f"rpt_{report_id}__{part}"
    path = project_dir() / "models" / "reporting" / report_id / f"{name}.yml"
    models = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
    model = next(model for model in models if model["name"] == name)
    return tuple(msgspec.convert(model["config"]["meta"]["breakdowns"], list[Breakdown]))


def breakdowns_of(entry: Entry) -> dict[str, tuple[Breakdown, ...]]:
    """Splits of each part of a report; the first is the total."""
    return {part.part: _declared(entry.report_id, part.part) for part in entry.parts}
