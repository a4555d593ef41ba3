"""Publication as a Dagster asset: `published/current`, the copy that readers open, swapped in when all that guards it has passed.

When to publish belongs here; how it is done is core/publish.py.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg
import duckdb

from assets.transform.project import compiled_models, fingerprint
from orchestration.core import keys
from orchestration.core.clock import utc_now
from orchestration.core.commits import head
from orchestration.core.home import Home
from orchestration.core.publish import publish, replace_table
from orchestration.core.resources import Writer
from orchestration.core.state import read_state, write_state
from quality_checks.freshness import FEED_STATUS_COLUMNS, feed_status
from quality_checks.scope import open_build, read_scope


def publish_if_new(home: Home, run_id: str) -> str | None:
    """Publish what has been built, unless readers see it already.

    Args:
        home: Whose build; its databases are closed.
        run_id: Names the copy.

    Returns:
        Path of the published folder relative to the home, or None when there was nothing new.
    """
    state = read_state(home)
    if state.built_through == 0 or (state.published_through == state.built_through and home.published_current.exists()):
        return None
    _write_feed_status(home)
    folder = publish(home, run_id, models=compiled_models(home))
    write_state(
        home,
        type(state)(
            fingerprint=state.fingerprint,
            built_through=state.built_through,
            published_through=state.built_through,
        ),
    )
    return str(folder.relative_to(home.root))


def _write_feed_status(home: Home) -> None:
    """Write `ops.feed_status`: each feed's lateness, by the clock, and its complete-through day."""
    with open_build(home) as connection:
        rows = feed_status(connection, home, read_scope(home, connection), utc_now())
    with duckdb.connect(str(home.current_db)) as connection:
        connection.execute("create schema if not exists ops")
        replace_table(connection, "ops.feed_status", FEED_STATUS_COLUMNS, rows)


def build_publication_asset(upstream: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset `published/current`.

    Args:
        upstream: Marts, contributions and reporting tables that the copy holds.
    """

    @dg.asset(
        key=list(keys.PUBLISHED),
        deps=list(upstream),
        group_name="published",
        kinds={"duckdb"},
        owners=["team:data-engineering"],
        tags={"owner": "data-engineering", "layer": "published", "sensitivity": "open"},
        required_resource_keys={"writer"},
        description=(
            "The copy of the marts, contributions, reporting tables and operations that readers open, read-only, while runs go on; "
            "one row of each of its tables is what that table's own description says. "
            "Source: the build's databases, once every blocking check has passed. Rule: readers never wait for a run, nor a run for them."
        ),
    )
    def published(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
        writer: Writer = context.resources.writer
        folder = publish_if_new(writer.home, writer.run_id)
        last = head(writer.home)
        return dg.MaterializeResult(
            metadata={
                "published": folder or "nothing new",
                "watermark": last.batch_id if last else 0,
                "project": fingerprint()[:16],
                "file": dg.MetadataValue.path(str(writer.home.published_current)),
            }
        )

    return published
