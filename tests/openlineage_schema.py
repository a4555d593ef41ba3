"""What OpenLineage 2-0-2 demands of the events that we write: a JSON schema of our own, after the specification's facts.

This is not the published file: no package ships that one, and tests run without a network. It is stricter where we can be: no
unknown event keys, formats checked by pattern, every facet of ours described. Names, types and required fields are those of the
specification and of the facet versions named in `orchestration.core.openlineage.FACETS`.
"""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0}
URI = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:\S+$"}
INSTANT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"}
UUID = {"type": "string", "pattern": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}


def record(
    required: dict[str, Any], optional: dict[str, Any] | None = None, *, is_open: bool = False
) -> dict[str, Any]:
    """An object with these fields and, unless it is open, no others."""
    return {
        "type": "object",
        "required": sorted(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": is_open,
    }


def listed(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def facet(name: str, version: str, required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """A facet of the specification: it names its producer, and the definition that it follows."""
    url = {"const": f"https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}"}
    return record({"_producer": URI, "_schemaURL": url, **required}, optional)


OWN = record({"_producer": URI, "_schemaURL": URI}, is_open=True)
INPUT_FIELD = record(
    {"namespace": TEXT, "name": TEXT, "field": TEXT},
    {
        "transformations": listed(
            record(
                {"type": {"enum": ["DIRECT", "INDIRECT"]}},
                {"subtype": TEXT, "description": TEXT, "masking": {"type": "boolean"}},
            )
        )
    },
)
ASSERTION = record(
    {"assertion": TEXT, "success": {"type": "boolean"}},
    {"column": TEXT, "severity": TEXT, "expected": TEXT, "actual": TEXT, "name": TEXT, "description": TEXT},
)
STATISTICS = {"rowCount": COUNT, "size": COUNT, "fileCount": COUNT}
JOB = {"namespace": TEXT, "name": TEXT}

RUN_FACETS = {
    "nominalTime": facet("NominalTimeRunFacet", "1-0-1", {"nominalStartTime": INSTANT}, {"nominalEndTime": INSTANT}),
    "parent": facet("ParentRunFacet", "1-2-0", {"run": record({"runId": UUID}), "job": record(JOB)}),
    "errorMessage": facet(
        "ErrorMessageRunFacet", "1-0-1", {"message": TEXT, "programmingLanguage": TEXT}, {"stackTrace": TEXT}
    ),
}
JOB_FACETS = {
    "documentation": facet("DocumentationJobFacet", "1-1-0", {"description": TEXT}, {"contentType": TEXT}),
    "jobType": facet("JobTypeJobFacet", "2-0-4", {"processingType": TEXT, "integration": TEXT}, {"jobType": TEXT}),
    "ownership": facet("OwnershipJobFacet", "1-0-1", {}, {"owners": listed(record({"name": TEXT}, {"type": TEXT}))}),
    "sql": facet("SQLJobFacet", "1-1-0", {"query": TEXT}, {"dialect": TEXT}),
}
DATASET_FACETS = {
    "schema": facet(
        "SchemaDatasetFacet",
        "1-2-0",
        {},
        {
            "fields": listed(
                record({"name": TEXT}, {"type": TEXT, "description": TEXT, "ordinal_position": {"type": "integer"}})
            )
        },
    ),
    "columnLineage": facet(
        "ColumnLineageDatasetFacet",
        "1-2-0",
        {
            "fields": {
                "type": "object",
                "additionalProperties": record({"inputFields": listed(INPUT_FIELD)}),
            }
        },
        {"dataset": listed(INPUT_FIELD)},
    ),
    "version": facet("DatasetVersionDatasetFacet", "1-0-1", {"datasetVersion": TEXT}),
}
INPUT_FACETS = {
    "inputStatistics": facet("InputStatisticsInputDatasetFacet", "1-0-0", {}, STATISTICS),
    "dataQualityAssertions": facet("DataQualityAssertionsDatasetFacet", "1-1-0", {"assertions": listed(ASSERTION)}),
}
OUTPUT_FACETS = {"outputStatistics": facet("OutputStatisticsOutputDatasetFacet", "1-0-2", {}, STATISTICS)}


def facets(known: dict[str, Any]) -> dict[str, Any]:
    """Facets by key: those of the specification, and our own under our prefix."""
    return {
        "type": "object",
        "properties": known,
        "patternProperties": {"^rapporteur_": OWN},
        "additionalProperties": False,
    }


EVENT = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    **record(
        {
            "eventTime": INSTANT,
            "producer": URI,
            "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
            "run": record({"runId": UUID}, {"facets": facets(RUN_FACETS)}),
            "job": record(JOB, {"facets": facets(JOB_FACETS)}),
        },
        {
            "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
            "inputs": listed(record(JOB, {"facets": facets(DATASET_FACETS), "inputFacets": facets(INPUT_FACETS)})),
            "outputs": listed(record(JOB, {"facets": facets(DATASET_FACETS), "outputFacets": facets(OUTPUT_FACETS)})),
        },
    ),
}

_VALIDATOR = Draft202012Validator(EVENT)


def faults(event: Any) -> list[str]:
    """What is wrong with an event, in words; nothing when it is valid."""
    return [f"{error.json_path}: {error.message[:300]}" for error in _VALIDATOR.iter_errors(event)]
