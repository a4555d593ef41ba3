"""OpenLineage: the words of the specification (2-0-2) in which lineage is told to catalogues.

Events, datasets and facets as plain data belong here; what is told about a run or a filing does not, nor where it is sent.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

SPECIFICATION = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
PRODUCER = "urn:rapporteur:lineage:v1"
NAMESPACE = "rapporteur"

START, COMPLETE, FAIL = "START", "COMPLETE", "FAIL"

# Facet's key in an event -> version and name of its definition.
FACETS = {
    "columnLineage": ("1-2-0", "ColumnLineageDatasetFacet"),
    "dataQualityAssertions": ("1-1-0", "DataQualityAssertionsDatasetFacet"),
    "documentation": ("1-1-0", "DocumentationJobFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "inputStatistics": ("1-0-0", "InputStatisticsInputDatasetFacet"),
    "jobType": ("2-0-4", "JobTypeJobFacet"),
    "nominalTime": ("1-0-1", "NominalTimeRunFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "ownership": ("1-0-1", "OwnershipJobFacet"),
    "parent": ("1-2-0", "ParentRunFacet"),
    "schema": ("1-2-0", "SchemaDatasetFacet"),
    "sql": ("1-1-0", "SQLJobFacet"),
    "version": ("1-0-1", "DatasetVersionDatasetFacet"),
}
OWN_FACETS = "urn:rapporteur:openlineage"
"""Where the definitions of our own facets are named; their keys start with `rapporteur_`, as the specification asks."""

Facet = dict[str, Any]
Facets = dict[str, Facet]


def facet(key: str, /, **content: object) -> Facets:
    """A facet under its key.

    Args:
        key: One of FACETS, or `rapporteur_...` for one of our own.
        content: Its fields.

    Raises:
        KeyError: Neither.
    """
    if key.startswith("rapporteur_"):
        url = f"{OWN_FACETS}:{key}:v1"
    else:
        version, name = FACETS[key]
        url = f"https://openlineage.io/spec/facets/{version}/{name}.json#/$defs/{name}"
    return {key: {"_producer": PRODUCER, "_schemaURL": url, **content}}


def dataset(
    name: str, facets: Facets | None = None, *, read: Facets | None = None, written: Facets | None = None
) -> dict[str, Any]:
    """A dataset of ours.

    Args:
        name: `schema.relation`, or the path of a file relative to the home.
        facets: What is true of it.
        read: What is true of it as the input of one run.
        written: What is true of it as the output of one run.
    """
    told: dict[str, Any] = {"namespace": NAMESPACE, "name": name}
    if facets:
        told["facets"] = facets
    if read:
        told["inputFacets"] = read
    if written:
        told["outputFacets"] = written
    return told


def relation_name(relation: str) -> str:
    """Name of a relation as a dataset: `schema.name`, for a catalog is only the file that it lies in."""
    return relation.partition(".")[2]


def column_lineage(origins: Mapping[str, tuple[str, Iterable[str]]], rows: Iterable[str] = ()) -> Facets:
    """The facet that says from which columns each column comes.

    Args:
        origins: Column -> how (`identity`, `transformation`, `aggregation`, `rows`) and `catalog.schema.name.column` upstream.
        rows: Columns that decide on the rows, and so touch every column.
    """
    fields = {
        name: {"inputFields": [_input_field(origin, how) for origin in sorted(found)]}
        for name, (how, found) in origins.items()
    }
    return facet("columnLineage", fields=fields, dataset=[_input_field(origin, "rows") for origin in sorted(rows)])


def _input_field(origin: str, how: str) -> dict[str, Any]:
    relation, _, column = origin.rpartition(".")
    kind = {"type": "INDIRECT", "subtype": "FILTER"} if how == "rows" else {"type": "DIRECT", "subtype": how.upper()}
    return {
        "namespace": NAMESPACE,
        "name": relation_name(relation),
        "field": column,
        "transformations": [kind],
    }


def schema(columns: Mapping[str, Mapping[str, Any]]) -> Facets:
    """The facet that lists a relation's columns: name -> type and description."""
    fields = []
    for position, (name, told) in enumerate(columns.items(), start=1):
        field: dict[str, Any] = {"name": name, "ordinal_position": position}
        field |= {key: told[key] for key in ("type", "description") if told.get(key)}
        fields.append(field)
    return facet("schema", fields=fields)


def ownership(owner: str) -> Facets:
    """The facet that names who answers for a job."""
    return facet("ownership", owners=[{"name": f"team:{owner}", "type": "OWNER"}])


def child_id(run_id: str, name: str) -> str:
    """Id of a part of a run: the same for the same part of the same run."""
    return str(uuid5(NAMESPACE_URL, f"urn:rapporteur:run:{run_id}:{name}"))


def run_event(
    kind: str,
    at: str,
    *,
    run_id: str,
    job: str,
    inputs: Sequence[Mapping[str, Any]] = (),
    outputs: Sequence[Mapping[str, Any]] = (),
    run_facets: Facets | None = None,
    job_facets: Facets | None = None,
) -> dict[str, Any]:
    """One event of a run.

    Args:
        kind: START, COMPLETE or FAIL.
        at: Instant, RFC 3339.
        run_id: UUID of the run.
        job: Name of the job in our namespace.
        inputs: Datasets that it read.
        outputs: Datasets that it wrote.
        run_facets: What is true of the run.
        job_facets: What is true of the job.
    """
    return {
        "eventType": kind,
        "eventTime": at,
        "producer": PRODUCER,
        "schemaURL": f"{SPECIFICATION}#/$defs/RunEvent",
        "run": {"runId": run_id, "facets": run_facets or {}},
        "job": {"namespace": NAMESPACE, "name": job, "facets": job_facets or {}},
        "inputs": list(inputs),
        "outputs": list(outputs),
    }
