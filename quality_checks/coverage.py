"""Coverage: what turns up in the logs and stands in no register, and what drifts away from the contract.

Nothing here stops a run; what it names keeps reports from being filed until someone registers or waives it.
"""

import time
from collections import Counter
from typing import Any

import duckdb

from quality_checks.expectations import POLICY_FIELDS, SURFACE_FIELDS
from quality_checks.ledger import CheckResult, verdict
from quality_checks.scope import Scope, rows_of


def _seen_sql(fields: dict[str, str], scope: Scope) -> str:
    """Values of a field in the new batches of the touched feeds, with the first day on which one was received."""
    parts = [
        f"""select '{feed}' as feed, r.{field} as code, min(l.received_on) as first_seen
        from raw.{feed} as r left join (select file_id, min(received_on) as received_on from ledger group by 1) as l
            on l.file_id = r._file_id
        where r._batch_id > {scope.built_through} and r._batch_id <= {scope.watermark} and r.{field} is not null
        group by all"""
        for feed, field in sorted(fields.items())
        if feed in scope.touched
    ]
    return " union all ".join(parts) or "select null as feed, null as code, null as first_seen where false"


def every_surface_is_registered(connection: duckdb.DuckDBPyConnection, scope: Scope) -> list[CheckResult]:
    """Every surface that was ever seen in a feed stands in the register `surfaces`.

    Looks at the new batches, and at every surface that an earlier delivery was booked with as unregistered and still is.

    Args:
        connection: With `ledger` loaded.
        scope: The record up to the watermark.

    Returns:
        One result on `raw/surfaces`, severity warn: the lines are loaded, but no report that they touch can be filed. Offenders name
        surface, feeds and the day on which it was first seen.
    """
    began = time.perf_counter()
    registered = _registered(connection, scope, "surfaces", "surface")
    seen = [
        (str(surface), one.feed, one.received_on)
        for _, one in scope.deliveries()
        for surface in one.unregistered_surfaces
    ]
    seen += _seen(connection, SURFACE_FIELDS, scope)
    return [
        verdict(
            "every_surface_is_registered",
            "raw/surfaces",
            "warn",
            "every surface is registered",
            _offenders("surface", [one for one in seen if one[0] not in registered]),
            remedy="Add a line to the register `surfaces`, or waive the surface by name and with a reason when filing.",
            anchor="a-new-surface",
            seconds=time.perf_counter() - began,
        )
    ]


def every_policy_is_registered(connection: duckdb.DuckDBPyConnection, scope: Scope) -> list[CheckResult]:
    """Every policy code in the new batches stands in the register `policies`.

    Args:
        connection: With `ledger` loaded.
        scope: The record up to the watermark.

    Returns:
        One result on `raw/policies`, severity warn; offenders name the code, feeds and the day on which it was first seen.
    """
    began = time.perf_counter()
    registered = _registered(connection, scope, "policies", "policy_code")
    seen = _seen(connection, POLICY_FIELDS, scope)
    return [
        verdict(
            "every_policy_is_registered",
            "raw/policies",
            "warn",
            "every policy code is registered",
            _offenders("policy", [one for one in seen if one[0] not in registered]),
            remedy="Add the code to the register `policies`, or have the source correct it.",
            anchor="a-failed-check",
            seconds=time.perf_counter() - began,
        )
    ]


def _registered(connection: duckdb.DuckDBPyConnection, scope: Scope, register: str, code: str) -> set[str]:
    """Codes that a register has ever held, up to the watermark."""
    rows = connection.execute(f"select distinct {code} from raw.{register} where _batch_id <= ?", [scope.watermark])
    return {str(row[0]) for row in rows.fetchall()}


def _seen(connection: duckdb.DuckDBPyConnection, fields: dict[str, str], scope: Scope) -> list[tuple[str, str, str]]:
    """Code, feed and first day of every code in the new batches."""
    rows = rows_of(connection, _seen_sql(fields, scope))
    return [(str(row["code"]), str(row["feed"]), str(row["first_seen"])) for row in rows]


def _offenders(label: str, seen: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    codes = sorted({code for code, _, _ in seen})
    return [
        {
            label: code,
            "in": "+".join(sorted({feed for other, feed, _ in seen if other == code})),
            "first seen": min(day for other, _, day in seen if other == code),
        }
        for code in codes
    ]


def fields_and_values_are_known(scope: Scope) -> list[CheckResult]:
    """New deliveries bring no field and no enumerated value that the contract does not know.

    Args:
        scope: Its fresh commits are judged.

    Returns:
        One result per touched feed, severity warn; offenders name the field or `field=value` and the number of lines.
    """
    results = []
    for feed in sorted(scope.touched):
        fields: Counter[str] = Counter()
        values: Counter[str] = Counter()
        for commit in scope.fresh:
            for one in commit.deliveries:
                if one.feed == feed:
                    fields.update(one.new_fields)
                    values.update(one.new_values)
        offenders = [{"new field": name, "lines": count} for name, count in sorted(fields.items())]
        offenders += [{"new value": name, "lines": count} for name, count in sorted(values.items())]
        results.append(
            verdict(
                "fields_and_values_are_known",
                f"raw/{feed}",
                "warn",
                "fields and enumerated values are those of the contract",
                offenders,
                remedy="New fields are kept in `_extra`; lines with new values wait in quarantine: grow the contract, then "
                "`rapporteur quarantine retry`.",
                anchor="a-bad-file",
            )
        )
    return results
