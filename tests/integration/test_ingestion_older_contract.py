"""A lake file that an older contract wrote is read under today's columns: what it lacks is null."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from assets.ingestion import batch, raw_tables
from orchestration.core.commits import read_commits
from orchestration.core.home import Home


def test_a_column_that_an_older_lake_file_lacks_is_null(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.ensure()
    folder = home.landing / "cases" / "2026-04-23"
    folder.mkdir(parents=True)
    row = {"case_id": "c1", "opened_at": "2026-04-20T00:00:00Z", "owner": "o", "status": "open", "counsel": "x"}
    (folder / "a.jsonl").write_text(json.dumps(row) + "\n")
    made = batch.ingest(home, "run", batch.discover(home, []))
    assert made is not None
    lake = next(home.root / file.path for file in made.data_files if file.kind == "raw")
    older = lake.with_suffix(".older")
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT * EXCLUDE (counsel) FROM read_parquet('{lake}')) TO '{older}' (FORMAT parquet)")
    older.replace(lake)
    with duckdb.connect(str(home.warehouse_db)) as con:
        raw_tables.load(con, home, read_commits(home), built_through=0)
        assert con.execute("SELECT case_id, counsel, owner FROM raw.cases").fetchall() == [("c1", None, "o")]
