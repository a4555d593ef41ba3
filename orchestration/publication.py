"""Publication as a Dagster asset: `published/current`, the copy that readers open, swapped in when all that guards it has passed.

When to publish belongs here; how it is done is core/publish.py.
"""

from collections.abc import Sequence
from typing import Any

import dagster as dg

from assets.transform.lineage import published_models
from assets.transform.project import fingerprint
from orchestration.core import keys
from orchestration.core.commits import head
from orchestration.core.home import Home
from orchestration.core.locks import LockHeld, run_lock
from orchestration.core.publish import publish, republish_operations
from orchestration.core.resources import Writer
from orchestration.core.state import read_state, write_state
from quality_checks.checking import check_punctuality
from quality_checks.ledger import record


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
    folder = publish(home, run_id, models=published_models(home))
    write_state(
        home,
        type(state)(
            fingerprint=state.fingerprint,
            built_through=state.built_through,
            published_through=state.built_through,
        ),
    )
    return str(folder.relative_to(home.root))


def refresh_operations(home: Home) -> None:
    """Let readers see what reports were prepared, unless a run is writing: then that run will show them.

    Args:
        home: Whose published copy.
    """
    try:
        with run_lock(home, "operations"):
            republish_operations(home, "operations")
    except LockHeld:
        return


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
        if folder is None and writer.home.warehouse_db.exists():
            # Nothing came: just then someone must notice that a feed is late.
            record(writer.home, writer.run_id, check_punctuality(writer.home))
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
