"""The signals registry: what each signal means, when it fires and what it weighs, as versioned data (dbt_project/seeds/signals.csv).

Reading it belongs here; measuring a signal is sql/, showing the registry is `dim_signals`.
"""

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
    """Make the versions in force a temporary table `registry`: one row per signal and kind of subject, the greatest version of each.

    Args:
        connection: Any; gets `registry(signal_id, version, subject_kind, evidence_kind, points, floor, peer_quantile)`.
        project: Folder of the dbt project; ours when None.
    """
    connection.execute(
        """create or replace temp table registry as
           select
               signal_id,
               signal_version as version,
               subject_kind,
               evidence_kind,
               cast(points as double) as points,
               cast(threshold_floor as double) as floor,
               cast(peer_quantile as double) as peer_quantile
           from read_csv(?, header = true, all_varchar = false)
           qualify row_number() over (partition by signal_id, subject_kind order by signal_version desc) = 1""",
        [str(registry_file(project))],
    )
