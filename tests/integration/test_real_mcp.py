"""The public MCP registry fills the register of MCP servers through a JSON mapping."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb

from assets.ingestion.batch import discover, ingest
from orchestration.core.commits import read_commits
from orchestration.core.home import Home

MAPPING = Path(__file__).resolve().parents[2] / "docs" / "mappings" / "mcp-registry.yml"


def test_register_holds_every_entry_of_the_registry(conformance: Path, home: Home) -> None:
    seed = conformance / "mcp" / "seed.json"
    home.mappings.mkdir(parents=True)
    shutil.copyfile(MAPPING, home.mappings / MAPPING.name)
    day = home.landing / "mcp_servers" / "2026-05-01"
    day.mkdir(parents=True)
    shutil.copyfile(seed, day / "seed.json")
    commit = ingest(home, "mcp", discover(home, read_commits(home)))
    assert commit is not None
    (delivery,) = commit.deliveries
    assert (delivery.lines, delivery.loaded, delivery.duplicate, delivery.quarantined) == (471, 471, 0, 0)
    assert (delivery.mapping, delivery.new_fields) == ("mcp-registry.yml", {})
    files = [str(home.root / file.path) for file in commit.data_files if file.kind == "raw"]
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select server_name, aliases, repository_url, _line_no from read_parquet(?) order by _line_no", [files]
        ).fetchall()
    entries = json.loads(seed.read_text())
    assert len({name for name, *_ in rows}) == 471
    for number, (entry, (name, aliases, url, line_no)) in enumerate(zip(entries, rows, strict=True), start=1):
        assert line_no == number
        assert name == (entry["id"] or f"entry-{number}")
        assert aliases == ([entry["name"]] if entry["name"] else None)
        assert url == (entry["repository"]["url"] or None)
