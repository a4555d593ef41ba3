"""Writing a labelled world: the landing zone in the exporters' formats, and the truth beside it.

Belongs here: the order of things, `write_world`.
Does not belong here: families, formats.
"""

from datetime import timedelta

from assets.ingestion.sample import feeds_out, registers_out
from assets.ingestion.sample.codes import MODELS
from assets.ingestion.sample.dirt import Soiler
from assets.ingestion.sample.landing import Landing, claim, write_marker
from assets.ingestion.sample.ledger import SampleSummary
from assets.ingestion.sample.outbox import Fields, Outbox
from assets.ingestion.sample.world import Dice, World, iso
from assets.ingestion.sample.worlds import complaints, desks
from assets.ingestion.sample.worlds.families import settle
from assets.ingestion.sample.worlds.log_lines import NEW_MODEL, LogBook
from assets.ingestion.sample.worlds.specs import WORLDS
from assets.ingestion.sample.worlds.town import Account, Town, found
from assets.ingestion.sample.worlds.truth import Truth, write_truth
from orchestration.core.home import Home


def write_world(home: Home, world: World) -> SampleSummary:
    """Write a labelled world's landing zone and, under `<home>/truth`, who is who in it.

    The same arguments give the same bytes. Nothing below `landing/` tells a family or a verdict.

    Args:
        home: Where to write.
        world: Size, seed, calendar and, in `name`, one of `WORLDS`.

    Returns:
        How many lines of each kind were written to each feed.

    Raises:
        KeyError: When there is no such world.
        SampleRefusedError: When the home holds real deliveries or another sample.
    """
    spec = WORLDS[world.name]
    standing = claim(home, world)
    if standing is not None:
        return standing
    town, truth = found(world, spec), Truth()
    settle(town)
    if not spec.payments_land:
        for account in town.accounts:
            account.profile["payment_hash"] = None
    desks.close_some(town)
    landing, outbox = Landing(home), Outbox(world)
    desks.announce(town, outbox)
    _close_streams(town)
    gateway = feeds_out.Gateway(landing, world, Soiler("model_requests", Dice(world.rng("labelled", "dirt"))))
    for day, lines, sent in LogBook(town).days():
        desks.detect(town, outbox, sent, day)
        gateway.export_day(day, lines)
    gateway.export_leftovers()
    outbox.sent_requests = gateway.sent
    desks.enforce(town, outbox)
    desks.measure_vendors(town, outbox, truth)
    complaints.play(town, outbox, truth)
    for feed in sorted(outbox.rows):
        feeds_out.export_feed(landing, world, feed, outbox.rows[feed])
    feeds_out.export_control_totals(landing, world, outbox)
    registers_out.export(landing, world, [account.account_id for account in town.accounts], _registers(town))
    write_truth(home.root / "truth", town.accounts, truth)
    summary = SampleSummary(
        start=str(world.start), end=str(world.end), accounts=len(town.accounts), seed=world.seed,
        feeds=landing.books.feeds(),
    )  # fmt: skip
    write_marker(home, world, summary)
    return summary


def _close_streams(town: Town) -> None:
    """What an account that was closed since would have sent is not sent."""
    for account in town.banned:
        account.streams[:] = [stream.before(account.closed_ms) for stream in account.streams]


def _registers(town: Town) -> dict[str, list[Fields]]:
    """The registers that a labelled world changes: who is allow-listed and which models there are."""
    start = town.world.start
    allowed: list[Fields] = [
        {
            "entity_kind": kind,
            "entity_id": entity.account_id if isinstance(entity, Account) else entity,
            "reason": reason,
            "owner": "trust_example",
            "approved_on": str(start - timedelta(days=40)),
            "expires_on": str(start + timedelta(days=200)),
        }
        for kind, entity, reason in town.allowed
    ]
    released = [f"2025-{3 * n + 1:02d}-01T00:00:00Z" for n in range(len(MODELS))]
    models: list[Fields] = [
        {"model": model, "released_at": at, "family": "example", "is_alias": model.endswith("-latest")}
        for model, at in zip((*MODELS, NEW_MODEL), (*released, iso(town.release_ms)), strict=True)
    ]
    return {"allowlist": allowed, "model_releases": models}
