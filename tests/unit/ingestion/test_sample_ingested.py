"""The generator's books and ingestion's ledger, kept apart, agree on every feed."""

from collections import Counter, defaultdict
from pathlib import Path

import duckdb
import pytest

from assets.ingestion import batch
from assets.ingestion.sample import SampleSummary, write
from assets.ingestion.sample.dirt import FORBIDDEN_VALUE
from orchestration.core.commits import Commit
from orchestration.core.home import Home


@pytest.fixture(scope="module")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, SampleSummary, Commit]:
    home = Home.at(tmp_path_factory.mktemp("ingested")).ensure()
    summary = write(home, days=8, accounts=100)
    commit = batch.ingest(home, "run", batch.discover(home, []))
    assert commit is not None
    return home, summary, commit


def test_ledger_equals_the_generators_books(ingested: tuple[Home, SampleSummary, Commit]) -> None:
    _, summary, commit = ingested
    ledger: dict[str, Counter[str]] = defaultdict(Counter)
    for delivery in commit.deliveries:
        assert delivery.lines == delivery.loaded + delivery.duplicate + delivery.quarantined + delivery.blank
        assert delivery.status in {"loaded", "duplicate_file"}, delivery.reason
        for name in ("lines", "loaded", "duplicate", "quarantined", "blank"):
            ledger[delivery.feed][name] += getattr(delivery, name)
    books = {
        feed: {
            "lines": lines.lines,
            "loaded": lines.loadable,
            "duplicate": lines.duplicate,
            "quarantined": lines.malformed,
            "blank": lines.blank,
        }
        for feed, lines in summary.feeds.items()
    }
    assert {feed: dict(counts) for feed, counts in sorted(ledger.items())} == books


def test_a_file_delivered_again_is_one_duplicate_file(ingested: tuple[Home, SampleSummary, Commit]) -> None:
    again = [delivery.path for delivery in ingested[2].deliveries if delivery.status == "duplicate_file"]
    assert [Path(path).name for path in again] == ["gateway-1-resent.jsonl.gz"]


def test_everything_taken_in_is_marked_synthetic(ingested: tuple[Home, SampleSummary, Commit]) -> None:
    assert ingested[2].is_synthetic
    assert all(delivery.is_synthetic for delivery in ingested[2].deliveries)


def test_forbidden_value_stays_in_the_vault(ingested: tuple[Home, SampleSummary, Commit]) -> None:
    home = ingested[0]
    for path in home.lake.rglob("*.parquet"):
        rows = duckdb.sql(f"select * from read_parquet('{path}')").fetchall()
        assert FORBIDDEN_VALUE not in repr(rows), path.name
    for path in home.commits.glob("*.json"):
        assert FORBIDDEN_VALUE not in path.read_text()
