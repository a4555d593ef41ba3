"""The signals registry: what each signal means, when it fires and what it weighs, as versioned data (dbt_project/seeds/signals.csv).

Reading it belongs here; measuring a signal is sql/, showing the registry is `dim_signals`.
"""

from datetime import date
from hashlib import sha256
from pathlib import Path

import duckdb

from assets.transform.project import project_dir


def registry_file(project: Path | None = None) -> Path:
    """Where the registry lies."""
    return (project or project_dir()) / "seeds" / "signals.csv"


def digest(project: Path | None = None) -> str:
    """SHA-256 of the registry, as kept beside every evaluation."""
    return sha256(registry_file(project).read_bytes()).hexdigest()


def load(connection: duckdb.DuckDBPyConnection, project: Path | None = None) -> None:
    """Make every version a temporary table `registry_versions`, as the registry has them.

    Args:
        connection: Any; the table gets `signal_id, version, subject_kind, evidence_kind, points, floor, peer_quantile, valid_from`.
        project: Folder of the dbt project; ours when None.
    """
    connection.execute(
        """create or replace temp table registry_versions as
           select
               signal_id,
               signal_version as version,
               subject_kind,
               evidence_kind,
               cast(points as double) as points,
               cast(threshold_floor as double) as floor,
               cast(peer_quantile as double) as peer_quantile,
               cast(valid_from as date) as valid_from
           from read_csv(?, header = true, all_varchar = false)""",
        [str(registry_file(project))],
    )


def in_force(connection: duckdb.DuckDBPyConnection, day: date) -> None:
    """Make the versions of a day a temporary table `registry`: the greatest that holds by then, the first where none does yet.

    A day that is evaluated again, because late rows touched it, is so judged by the version that judged it before.

    Args:
        connection: As `load` left it.
        day: UTC day of evaluation.
    """
    connection.execute(
        """create or replace temp table registry as
           select * exclude (valid_from)
           from registry_versions
           qualify row_number() over (
               partition by signal_id, subject_kind
               order by valid_from <= ? desc, case when valid_from <= ? then -version else version end
           ) = 1""",
        [day, day],
    )
