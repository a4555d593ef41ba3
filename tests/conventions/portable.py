"""`make portable`: the dbt project compiles for DuckDB and for Spark, without a connection to either.

That proves syntax and dialect macros only; equal results on a cluster are another matter.
"""

import sys
import tempfile
from pathlib import Path

from dbt.cli.main import dbtRunner

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
TARGETS = ("duckdb", "spark")


def compile_for(target: str, folder: Path) -> bool:
    """Compile every model for one target; dbt prints what it cannot."""
    arguments = [
        "--quiet",
        "compile",
        "--project-dir",
        str(PROJECT),
        "--profiles-dir",
        str(PROJECT),
        "--target",
        target,
    ]
    arguments += ["--target-path", str(folder / target), "--log-path", str(folder / "logs")]
    arguments += ["--no-introspect", "--no-populate-cache", "--no-send-anonymous-usage-stats", "--no-version-check"]
    return bool(dbtRunner().invoke(arguments).success)


def main() -> int:
    """Compile for each target; 1 when one fails."""
    with tempfile.TemporaryDirectory() as name:
        for target in TARGETS:
            if not compile_for(target, Path(name)):
                print(f"portable: the project does not compile for {target}")
                return 1
            models = len(list((Path(name) / target / "compiled").rglob("models/**/*.sql")))
            print(f"portable: {models} models compile for {target}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
