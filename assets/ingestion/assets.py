"""Ingestion as Dagster assets: `landing/<feed>` (delivered by others) and `raw/<feed>` (typed rows), daily by `received_on`.

Only the wiring and the metadata belong here; how a line becomes a row is told by the modules beside it.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg
import duckdb
from pydantic import Field

from assets.ingestion import batch, raw_tables
from assets.ingestion.contracts import FEEDS, Feed
from assets.transform.project import fingerprint
from orchestration.core import keys
from orchestration.core.commits import Commit, Delivery, read_commits
from orchestration.core.failpoints import reach
from orchestration.core.home import Home
from orchestration.core.partitions import parse_day, received_on_partitions
from orchestration.core.resources import Writer
from orchestration.core.state import read_state

_WITHOUT_CADENCE = frozenset({"evaluations", "threat_intel"})
_KINDS = {
    "event": "an event, which never changes",
    "record": "a version of a record; the one with the greatest update time is in force",
    "register": "a version of a register's row",
}


class IngestConfig(dg.Config):
    """What to take in.

    Attributes:
        received_from: First landing day, inclusive; all when empty.
        received_to: Last landing day, inclusive; all when empty.
        feeds: Feeds to take in; those selected in the run when empty.
        rebuild: Whether everything is to be built from the lake anew.
        rebuild_from: First event day to recompute besides, inclusive; none when empty.
        rebuild_to: Last event day to recompute besides, inclusive.
    """

    received_from: str = ""
    received_to: str = ""
    feeds: list[str] = Field(default_factory=list)
    rebuild: bool = False
    rebuild_from: str = ""
    rebuild_to: str = ""


def _landing_spec(feed: Feed) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=keys.landing(feed.name),
        group_name="landing",
        kinds={"file"},
        owners=["team:data-engineering"],
        tags={"owner": "data-engineering", "layer": "landing", "sensitivity": "restricted", "kind": feed.kind},
        description=(
            f"Files that others deliver under `landing/{feed.name}/<received_on>/`. One line is {_KINDS[feed.kind]}. "
            "Read only; a file never changes once it is complete."
        ),
    )


def _raw_spec(feed: Feed, partitions: dg.PartitionsDefinition[str]) -> dg.AssetSpec:
    has_cadence = feed.kind != "register" and feed.name not in _WITHOUT_CADENCE
    return dg.AssetSpec(
        key=keys.raw(feed.name),
        deps=[keys.landing(feed.name)],
        group_name="raw",
        kinds={"parquet"},
        owners=["team:data-engineering"],
        tags={"owner": "data-engineering", "layer": "raw", "sensitivity": "restricted", "kind": feed.kind},
        partitions_def=partitions,
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=36)) if has_cadence else None,
        description=(
            f"One row per accepted line of `{feed.name}`: {_KINDS[feed.kind]}; key {', '.join(feed.key)}. "
            f"Source: the files in `landing/{feed.name}/`. Rule: lines = loaded + duplicate + quarantined + blank, per file, exact; "
            "what does not fit the contract is in quarantine with its reason."
        ),
    )


def _day_metadata(deliveries: list[Delivery], home: Home) -> dict[str, Any]:
    rejected = [f"{delivery.path}: {delivery.reason}" for delivery in deliveries if delivery.status == "rejected"]
    metadata: dict[str, Any] = {
        "files": len(deliveries),
        "lines": sum(delivery.lines for delivery in deliveries),
        "dagster/row_count": sum(delivery.loaded for delivery in deliveries),
        "duplicate": sum(delivery.duplicate for delivery in deliveries),
        "quarantined": sum(delivery.quarantined for delivery in deliveries),
        "blank": sum(delivery.blank for delivery in deliveries),
        "bytes": sum(delivery.size_bytes for delivery in deliveries),
        "seconds": round(sum(delivery.seconds for delivery in deliveries), 3),
        "first_file": dg.MetadataValue.path(str(home.landing / deliveries[0].path)),
    }
    if rejected:
        metadata["rejected"] = dg.MetadataValue.md("\n".join(f"- {line}" for line in rejected))
    new_fields = sorted({name for delivery in deliveries for name in delivery.new_fields})
    if new_fields:
        metadata["new_fields"] = ", ".join(new_fields)
    return metadata


def _by_day(commit: Commit | None, feed: str) -> dict[str, list[Delivery]]:
    days: dict[str, list[Delivery]] = {}
    for delivery in commit.deliveries if commit else ():
        if delivery.feed == feed:
            days.setdefault(delivery.received_on, []).append(delivery)
    return days


def _range_of(context: dg.AssetExecutionContext, config: IngestConfig) -> tuple[str, str]:
    if context.has_partition_key_range:
        window = context.partition_key_range
        return window.start, window.end
    return config.received_from, config.received_to


def build_ingestion_assets(home: Home) -> list[dg.AssetsDefinition | dg.AssetSpec]:
    """The landing feeds (external) and the op that takes them in.

    Args:
        home: Whose landing zone.

    Returns:
        One external spec per feed, and one multi-asset over all `raw/<feed>`.
    """
    partitions = received_on_partitions(home)

    @dg.multi_asset(
        name="ingest",
        specs=[_raw_spec(feed, partitions) for feed in FEEDS.values()],
        can_subset=True,
        backfill_policy=dg.BackfillPolicy.single_run(),
        required_resource_keys={"writer"},
        retry_policy=dg.RetryPolicy(max_retries=2, delay=10, backoff=dg.Backoff.EXPONENTIAL),
        description="Takes every complete, not yet ingested file of the selected feeds and days into one commit.",
    )
    def ingest(context: dg.AssetExecutionContext, config: IngestConfig) -> Iterator[dg.MaterializeResult[Any]]:
        writer: Writer = context.resources.writer
        selected = sorted(key.path[-1] for key in context.selected_asset_keys)
        first, last = _range_of(context, config)
        pending = batch.discover(
            writer.home,
            read_commits(writer.home),
            feeds=config.feeds or selected,
            received_from=parse_day(first),
            received_to=parse_day(last),
        )
        context.log.info(f"{len(pending)} files to take in.")
        try:
            commit = batch.ingest(writer.home, writer.run_id, pending)
        except OSError as error:
            # A full or broken disk does not mend itself within a retry's delay.
            raise dg.Failure(description=str(error), allow_retries=False) from error
        load_raw_tables(writer.home, config)
        reach("raw_loaded")
        yield from _results(context, commit, selected, writer.home)

    return [*(_landing_spec(feed) for feed in FEEDS.values()), ingest]


def load_raw_tables(home: Home, config: IngestConfig) -> None:
    """Make what is committed visible to dbt as schema `raw`, and say what is to be recomputed.

    Args:
        home: Whose warehouse; nothing else has it open.
        config: Whether, and which days, to recompute besides what new batches touch.
    """
    state = read_state(home)
    anew = config.rebuild or state.fingerprint != fingerprint()
    first, last = parse_day(config.rebuild_from), parse_day(config.rebuild_to)
    with duckdb.connect(str(home.warehouse_db)) as connection:
        raw_tables.load(
            connection,
            home,
            read_commits(home),
            built_through=0 if anew else state.built_through,
            rebuild_days=(first, last) if first and last else None,
        )


def _results(
    context: dg.AssetExecutionContext, commit: Commit | None, selected: list[str], home: Home
) -> Iterator[dg.MaterializeResult[Any]]:
    """One result a feed; a run without partitions also marks the very days whose files it took in."""
    for feed in selected:
        days = _by_day(commit, feed)
        if not context.has_partition_key_range:
            for day, deliveries in sorted(days.items()):
                context.log_event(
                    dg.AssetMaterialization(
                        asset_key=dg.AssetKey(keys.raw(feed)), partition=day, metadata=_day_metadata(deliveries, home)
                    )
                )
        deliveries = [delivery for day in sorted(days) for delivery in days[day]]
        metadata = _day_metadata(deliveries, home) if deliveries else {"files": 0}
        if commit:
            metadata["batch"] = commit.batch_id
        yield dg.MaterializeResult(asset_key=keys.raw(feed), metadata=metadata)
