"""Readers of the published copy never wait for a run and never see half of one; two runs at once do everything once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import duckdb
import pytest

from orchestration.core.commits import read_commits
from orchestration.core.home import Home
from orchestration.core.locks import holder_of, run_lock
from tests.integration.homes import PINNED_NOW, Built, copied, deliver
from tests.integration.line import Answer, rapporteur

LATE_FEEDS = ("enforcement_actions", "user_reports")
View = tuple[int, int, int, int]
"""Last batch in the ledger; rows of the fact; of its contributions; the figure that counts them."""

VIEW = """
    select (select max(batch_id) from ops.deliveries),
           (select count(*) from marts.fct_enforcement_actions),
           (select count(*) from contributions.con_enforcement_overview__actions where metric = 'actions'),
           (select count(distinct file_sha256) from ops.deliveries)
"""


STAYS = """
import json, sys
import duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print("open", flush=True)
sys.stdin.readline()
print(json.dumps(connection.execute(sys.argv[2]).fetchone()), flush=True)
"""
"""A notebook in a process of its own: opens the copy, and asks only when told to."""


def _look(home: Home) -> View:
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        row = connection.execute(VIEW).fetchone()
    assert row is not None
    return row  # type: ignore[return-value]


@dataclass
class Reader:
    """Looks at the published copy again and again in a thread, as an analyst's notebook would.

    Attributes:
        home: Whose copy.
        seen: What it saw, in order.
        while_writing: Looks that began and ended while one and the same run held the lock.
        failures: What went wrong.
    """

    home: Home
    seen: list[View] = field(default_factory=list)
    while_writing: int = 0
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def looking(self) -> Iterator[Reader]:
        thread = threading.Thread(target=self._loop)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def _loop(self) -> None:
        while not self._stop.is_set():
            before = holder_of(self.home)
            try:
                self.seen.append(_look(self.home))
            except duckdb.Error as error:
                self.failures.append(str(error))
            if before is not None and holder_of(self.home) == before:
                self.while_writing += 1
            time.sleep(0.05)


@dataclass(frozen=True)
class Ran:
    """Two runs that were started together on the same new deliveries, with readers looking on.

    Attributes:
        before: What readers saw before.
        after: What they see now.
        old: What a connection that was opened before sees after the swap.
    """

    home: Home
    landed: list[str]
    answers: tuple[Answer, Answer]
    reader: Reader
    before: View
    after: View
    old: View


def _start(home: Home, errors: IO[str], output: IO[str]) -> subprocess.Popen[str]:
    settings = {**os.environ, "RAPPORTEUR_HOME": str(home.root), "RAPPORTEUR_NOW": PINNED_NOW}
    command = [str(Path(sys.executable).with_name("rapporteur")), "run", "--json"]
    return subprocess.Popen(command, env=settings, stdout=output, stderr=errors, text=True)


@pytest.fixture(scope="module")
def ran(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("readers")
    home = copied(built.home, folder / "home")
    landed = deliver(built.later, home, LATE_FEEDS)
    before = _look(home)
    logs = [(folder / f"{number}.err", folder / f"{number}.out") for number in (1, 2)]
    reader = Reader(home)
    notebook = subprocess.Popen(
        [sys.executable, "-c", STAYS, str(home.published_current), VIEW],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert notebook.stdout is not None
    assert notebook.stdout.readline() == "open\n"
    with reader.looking():
        with (
            logs[0][0].open("w") as e1, logs[0][1].open("w") as o1,
            logs[1][0].open("w") as e2, logs[1][1].open("w") as o2,
        ):  # fmt: skip
            runs = [_start(home, e1, o1), _start(home, e2, o2)]
            codes = [run.wait(timeout=400) for run in runs]
        reader.seen.append(_look(home))
    told, _ = notebook.communicate("now\n", timeout=60)
    old: View = tuple(json.loads(told))  # type: ignore[assignment]
    one, two = (Answer(code, out.read_text(), err.read_text()) for code, (err, out) in zip(codes, logs, strict=True))
    return Ran(home, landed, (one, two), reader, before, _look(home), old)


@pytest.mark.slow
def test_two_runs_at_once_both_succeed_and_take_nothing_in_twice(ran: Ran) -> None:
    assert [one.code for one in ran.answers] == [0, 0], ran.answers[0].stderr[-2000:] + ran.answers[1].stderr[-2000:]
    told = sorted((sorted(d["path"] for d in one.json()["deliveries"]) for one in ran.answers), key=len)
    assert told == [[], ran.landed]
    commits = read_commits(ran.home)
    assert len(commits) == 2
    assert sorted(one.path for one in commits[1].deliveries) == ran.landed


def test_the_run_that_waits_says_for_whom(ran: Ran) -> None:
    (first,) = [one for one in ran.answers if one.json()["deliveries"]]
    (second,) = [one for one in ran.answers if one is not first]
    assert f"Waiting: run {first.json()['run_id']}" in second.stderr
    assert "is writing" not in first.stderr


def test_readers_see_the_old_copy_or_the_new_one_and_nothing_between(ran: Ran) -> None:
    assert ran.reader.failures == []
    assert ran.after[0] == 2
    assert ran.after[1] > ran.before[1]
    assert ran.after[1] == ran.after[2]
    views = list(dict.fromkeys(ran.reader.seen))
    assert views == [ran.before, ran.after]


def test_readers_look_while_a_run_is_writing(ran: Ran) -> None:
    assert ran.reader.while_writing >= 5


def test_a_reader_that_stays_keeps_what_it_opened(ran: Ran) -> None:
    assert ran.old == ran.before


def test_run_that_may_not_wait_names_the_run_that_holds_the_lock(ran: Ran) -> None:
    with run_lock(ran.home, "a-run-that-takes-long"):
        answer = rapporteur(ran.home, "run", RAPPORTEUR_LOCK_WAIT_SECONDS="0")
        as_json = rapporteur(ran.home, "quarantine", "retry", RAPPORTEUR_LOCK_WAIT_SECONDS="0")
    assert answer.code == 3
    assert "run a-run-that-takes-long (process" in answer.stdout + answer.stderr
    assert "is writing" in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    assert as_json.code == 3
    assert "run a-run-that-takes-long" in as_json.stderr


def test_readout_answers_while_the_writer_has_the_databases_open(ran: Ran, tmp_path: Path) -> None:
    with (
        run_lock(ran.home, "a-run-that-takes-long"),
        duckdb.connect(str(ran.home.warehouse_db)),
        duckdb.connect(str(ran.home.current_db)) as writer,
    ):
        writer.execute("begin")
        writer.execute("delete from marts.fct_enforcement_actions")
        answer = rapporteur(
            ran.home, "readout", "--from", "2026-01-01", "--to", "2026-07-01", "--metric", "actions",
            "--format", "json", "--out", str(tmp_path), "--json",
        )  # fmt: skip
        status = rapporteur(ran.home, "status")
        writer.execute("rollback")
    assert answer.code == 0, answer.stderr[-2000:]
    told = json.dumps([json.loads(Path(name).read_text()) for name in answer.json()["files"] if name.endswith(".json")])
    assert str(ran.after[1]) in told
    assert "Now writing: run a-run-that-takes-long" in status.stdout
