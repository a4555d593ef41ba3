"""Coordination SQL: renders `dbt_project/macros/coordination.sql` for DuckDB outside dbt, so that the statement stands only once.

Rendering belongs here; reading files and writing answers does not (coordination.py).
"""

from collections.abc import Callable
from functools import cache
from typing import Any

from assets.transform.project import project_dir

_FILES = ("coordination.sql", "dialect/divide_whole.sql")


class _Adapter:
    """Stands in for dbt's adapter: dispatches a macro to its DuckDB version."""

    module: Any = None

    def dispatch(self, name: str, *_: str) -> Callable[..., str]:
        macro: Callable[..., str] = getattr(self.module, f"duckdb__{name}")
        return macro


@cache
def _macros() -> Any:  # noqa: ANN401 - a Jinja template module has no type of its own
    from jinja2 import Environment, StrictUndefined

    environment = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - SQL
    adapter = _Adapter()
    folder = project_dir() / "macros"
    template = environment.from_string("\n".join((folder / name).read_text(encoding="utf-8") for name in _FILES))
    adapter.module = template.make_module({"adapter": adapter})
    return adapter.module


def shares_sql(relation: str, window_seconds: float, min_participation: int, cap: int) -> str:
    """SQL of the events that take part, from a relation with account_id, object_id, content_id and shared_micros.

    Columns: account_id, object_id, content_id, shared_micros, bucket, is_own_object, is_cut.
    """
    columns = ("e.account_id", "e.object_id", "e.shared_micros", "e.content_id")
    return str(_macros().coordination_shares(relation, *columns, window_seconds, min_participation, cap))


def pairs_sql(shares: str, window_seconds: float, min_participation: int) -> str:
    """SQL of the pairs: object_id, content_a, content_b, account_a, account_b, delta_micros, paired_micros."""
    return str(_macros().coordination_pairs(shares, window_seconds, min_participation))


def edges_sql(pairs: str) -> str:
    """SQL of the edges: account_a, account_b, weight."""
    return str(_macros().coordination_edges(pairs))


def viral_sql(shares: str, window_seconds: float) -> str:
    """SQL of the crowded buckets: object_id, bucket_micros, accounts, cut."""
    return str(_macros().coordination_viral(shares, window_seconds))
