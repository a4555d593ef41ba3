"""`rapporteur sor export`, `read` and `send` as people call them, a killed sender included."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from orchestration.core.home import Home
from tests.unit.reports.sor.database import TOKEN, Database, running_database
from tests.unit.reports.sor.decisions import copy_of, decision

RAPPORTEUR = str(Path(sys.executable).with_name("rapporteur"))
MAY = datetime(2026, 5, 1, tzinfo=UTC)
RANGE = ("--from", "2026-05-01", "--to", "2026-05-02")


@pytest.fixture
def database() -> Iterator[Database]:
    with running_database() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path) -> Home:
    rows = [
        decision(decision_id=f"dec-{n}", decided_at=MAY + timedelta(minutes=n), event_date=MAY.date())
        for n in range(250)
    ]
    return copy_of(Home.at(tmp_path / "home"), rows)


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    return file


def start(home: Home, *arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [RAPPORTEUR, "sor", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"RAPPORTEUR_HOME": str(home.root), **environment},
    )


def call(home: Home, *arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    process = start(home, *arguments, **environment)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def sent(home: Home, database: Database, token_file: Path) -> dict[str, Any]:
    code, out, err = call(home, "send", *RANGE, "--url", database.url, "--token-file", token_file, "--send", "--json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.parametrize(("batch", "stored_first"), [(1, False), (2, True)], ids=["before storing", "after storing"])
def test_a_killed_sender_is_resumed_and_nothing_is_sent_twice(
    home: Home, database: Database, token_file: Path, stored_first: bool, batch: int
) -> None:
    killed: list[subprocess.Popen[str]] = []

    def kill(handler: Any, statements: list[dict[str, Any]]) -> bool:
        if stored_first:
            handler.server.keep(statements)
        killed[0].send_signal(signal.SIGKILL)
        return bool(handler.hang_up())

    database.script.extend([*[lambda *_: False] * (batch - 1), kill])
    with database.lock:
        killed.append(start(home, "send", *RANGE, "--url", database.url, "--token-file", token_file, "--send"))
    killed[0].communicate(timeout=120)
    assert killed[0].returncode == -signal.SIGKILL
    found = sent(home, database, token_file)
    before = 100 * (batch - 1)
    told = (found["status"], found["already_sent"], found["known"], found["sent"])
    assert told == ("complete", before, 100 if stored_first else 0, 250 - before - (100 if stored_first else 0))
    assert len(database.stored) == 250
    assert sent(home, database, token_file)["already_sent"] == 250


def test_the_default_is_a_dry_run(home: Home, database: Database) -> None:
    code, out, err = call(home, "send", *RANGE, "--url", database.url)
    assert code == 0, err
    assert "dry run, complete: 250 decisions in scope" in out
    assert "would send: 250" in out
    assert database.posts == []


def test_wrong_use_is_told_with_what_to_do(home: Home, database: Database, token_file: Path) -> None:
    code, _, err = call(home, "send", *RANGE, "--url", database.url, "--send")
    assert (code, "--token-file" in err) == (2, True)
    token_file.chmod(0o644)
    code, _, err = call(home, "send", *RANGE, "--url", database.url, "--token-file", token_file, "--send")
    assert (code, "chmod 600" in err) == (2, True)


def test_a_refused_token_ends_with_three(home: Home, database: Database, token_file: Path) -> None:
    token_file.write_text("another-token")
    code, out, err = call(
        home, "send", *RANGE, "--url", database.url, "--send", RAPPORTEUR_SOR_TOKEN_FILE=str(token_file)
    )
    assert (code, "left: 250" in out, "refused the token" in err) == (3, True, True)
    assert "another-token" not in out + err


def test_an_export_is_read_back(home: Home, tmp_path: Path) -> None:
    code, out, err = call(home, "export", *RANGE, "--out", tmp_path / "out", "--json")
    assert code == 0, err
    assert json.loads(out)["statements"] == 250
    (dump,) = (tmp_path / "out" / "dump").glob("*-full.zip")
    code, out, err = call(home, "read", dump, "--json")
    assert (code, len(out.splitlines())) == (0, 250), err
    assert "250 statements; SHA-1 as told" in err
    dump.write_bytes(dump.read_bytes()[:-1])
    code, _, err = call(home, "read", dump)
    assert (code, "has the SHA-1" in err) == (1, True)
