"""Each statement reaches the database exactly once, whatever the database answers."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.core import ops
from orchestration.core.home import Home
from orchestration.core.publish import open_published, republish_operations
from reports.periods import parse_range
from reports.sor.api import WrongTarget, parse_target, read_token
from reports.sor.identity import puid_of
from reports.sor.journal import SendingHeld, journal_path, open_journal, read_entries
from reports.sor.sending import Outcome, send
from tests.unit.reports.sor.database import TOKEN, Database, running_database
from tests.unit.reports.sor.decisions import copy_of, decision, write_decisions

MAY = datetime(2026, 5, 1, tzinfo=UTC)
SERVICE = "example_gallery"


@pytest.fixture
def database() -> Iterator[Database]:
    with running_database() as server:
        yield server


def rows(number: int, **changes: Any) -> list[dict[str, Any]]:
    return [
        decision(decision_id=f"dec-{n:03d}", decided_at=MAY + timedelta(minutes=n), event_date=MAY.date(), **changes)
        for n in range(number)
    ]


def puid(number: int) -> str:
    return puid_of(SERVICE, f"dec-{number:03d}")


class Sent:
    """An outcome, its table by decision, and how long was waited."""

    def __init__(self, home: Home, url: str, *, token: str | None = TOKEN, **more: Any) -> None:
        self.waits: list[float] = []
        period = parse_range("2026-05-01", "2026-06-01")
        self.outcome, self.folder = send(home, period, url, token=token, sleep=self.waits.append, **more)
        with (self.folder / "outcome.csv").open(newline="") as file:
            self.table = {row["decision_id"]: row for row in csv.DictReader(file)}
        counted = (
            "held_back",
            "already_sent",
            "changed_after_sending",
            "would_send",
            "sent",
            "known",
            "rejected",
            "left",
        )
        assert sum(getattr(self.outcome, name) for name in counted) == self.outcome.in_scope == len(self.table)

    @property
    def states(self) -> list[str]:
        return [row["state"] for row in self.table.values()]


def told(outcome: Outcome, *names: str) -> list[Any]:
    return [getattr(outcome, name) for name in names]


def test_statements_are_stored_once_with_their_numbers(home: Home, database: Database) -> None:
    copy_of(home, rows(230))
    first = Sent(home, database.url)
    assert told(first.outcome, "status", "in_scope", "sent") == ["complete", 230, 230]
    assert [len(batch) for batch in database.posts] == [100, 100, 30]
    assert len(database.stored) == 230
    assert first.table["dec-000"]["uuid"] == "uuid-1"
    again = Sent(home, database.url)
    assert told(again.outcome, "sent", "already_sent") == [0, 230]
    assert (len(database.posts), database.asked) == (3, [])
    assert again.table["dec-000"]["uuid"] == "uuid-1"


def test_without_a_token_nothing_is_sent_and_the_run_is_recorded(home: Home, database: Database) -> None:
    copy_of(home, [*rows(120), decision(decision_id="bad", dsa_category=None, decided_at=MAY)])
    dry = Sent(home, database.url, token=None)
    assert told(dry.outcome, "mode", "would_send", "held_back") == ["dry run", 120, 1]
    assert (database.posts, database.asked) == ([], [])
    batches = sorted((dry.folder / "batches").iterdir())
    assert [len(json.loads(path.read_text())["statements"]) for path in batches] == [100, 20]
    started, finished = ops.read(home, "sendings")
    assert (started["status"], finished["status"], finished["mode"], finished["in_scope"]) == (
        "started", "complete", "dry run", 121,
    )  # fmt: skip
    assert finished["unsent"] == 120
    duckdb.connect(str(home.published_restricted)).close()
    assert republish_operations(home, "run-2") is not None
    with open_published(home) as con:
        published = con.execute(
            "select status, unsent, held_back from ops.sendings order by recorded_at, status"
        ).fetchall()
    assert sorted(published) == [("complete", 120, 1), ("started", 0, 0)]
    assert list(read_entries(journal_path(home, database.url))) == []
    assert Sent(home, database.url).outcome.sent == 120


def test_a_later_decision_is_sent_alone(home: Home, database: Database) -> None:
    copy_of(home, rows(3))
    Sent(home, database.url)
    write_decisions(home.published_current.resolve(), rows(5))
    assert told(Sent(home, database.url).outcome, "sent", "already_sent") == [2, 3]
    assert [len(batch) for batch in database.posts] == [3, 2]


def test_a_decision_that_changed_after_sending_is_told_and_not_sent_again(home: Home, database: Database) -> None:
    copy_of(home, rows(3))
    Sent(home, database.url)
    changed = [rows(1)[0], rows(2, explanation="Another story.")[1], rows(3, dsa_service="example_other")[2]]
    write_decisions(home.published_current.resolve(), changed)
    again = Sent(home, database.url, services=(SERVICE,))
    assert again.states == ["already_sent", "changed_after_sending"]
    moved = Sent(home, database.url, services=("example_other",))
    assert moved.states == ["changed_after_sending"]
    assert "service was another" in moved.table["dec-002"]["detail"]
    assert len(database.stored) == 3


def test_a_refused_token_stops_and_nothing_is_lost(home: Home, database: Database) -> None:
    copy_of(home, rows(150))
    stopped = Sent(home, database.url, token="wrong-token-1234")  # noqa: S106
    assert told(stopped.outcome, "status", "sent", "left") == ["stopped", 0, 150]
    assert "token" in stopped.outcome.detail
    assert "401" in stopped.outcome.detail
    assert Sent(home, database.url).outcome.sent == 150
    assert database.asked == []


def test_refused_statements_are_split_off_and_the_rest_is_stored(home: Home, database: Database) -> None:
    copy_of(home, rows(150))
    database.refuses = {puid(3): "The selected category is invalid.", puid(97): "mail ada@example.com", puid(120): "no"}
    sent = Sent(home, database.url)
    assert told(sent.outcome, "status", "sent", "rejected") == ["complete", 147, 3]
    assert sent.table["dec-003"]["detail"] == "category: The selected category is invalid."
    assert sent.table["dec-097"]["detail"] == "category: (withheld)"
    assert set(database.refuses).isdisjoint(database.stored)
    database.refuses.clear()
    assert told(Sent(home, database.url).outcome, "sent", "already_sent") == [3, 147]


def test_a_refusal_that_names_nobody_is_halved_until_it_is_found(home: Home, database: Database) -> None:
    copy_of(home, rows(13))

    def refuse(handler: Any, statements: list[dict[str, Any]]) -> bool:
        if any(one["puid"] == puid(7) for one in statements):
            return bool(handler.answer(422, {"message": "The given data was invalid."}))
        return False

    database.script.extend([refuse] * 40)
    sent = Sent(home, database.url)
    assert told(sent.outcome, "status", "sent", "rejected") == ["complete", 12, 1]
    assert sent.table["dec-007"]["state"] == "rejected"


def test_an_identifier_that_the_database_has_is_recorded_as_sent(home: Home, database: Database) -> None:
    copy_of(home, rows(5))
    database.keep([{"puid": puid(2)}])
    sent = Sent(home, database.url)
    assert told(sent.outcome, "sent", "known") == [4, 1]
    assert database.asked == [puid(2)]
    assert told(Sent(home, database.url).outcome, "already_sent") == [5]


def test_not_unique_in_the_words_of_a_statement_is_understood(home: Home, database: Database) -> None:
    copy_of(home, rows(3))
    database.keep([{"puid": puid(1)}])
    message = {"statement_1": {"puid": ["The identifier given is not unique within this platform."]}}
    database.script.append(lambda handler, _: handler.answer(422, {"errors": message}))
    assert told(Sent(home, database.url).outcome, "sent", "known") == [2, 1]


def test_an_identifier_that_is_just_being_stored_is_waited_for(home: Home, database: Database) -> None:
    copy_of(home, rows(2))
    busy = {"errors": {"puid": ["not all unique"], "existing_puids": [puid(0)]}}
    database.script.extend([lambda handler, _: handler.answer(422, busy)] * 2)
    sent = Sent(home, database.url)
    assert told(sent.outcome, "sent", "known") == [2, 0]
    assert sent.waits == [1.0, 2.0]


def test_too_many_requests_are_waited_out_as_long_as_asked(home: Home, database: Database) -> None:
    copy_of(home, rows(2))
    database.script.append(lambda handler, _: handler.answer(429, {}, Retry_After="7"))
    database.script.append(lambda handler, _: handler.answer(429, {}, Retry_After="Fri, 01 Jan 2021 00:00:00 GMT"))
    database.script.append(lambda handler, _: handler.answer(429, {}, Retry_After="soon"))
    sent = Sent(home, database.url)
    assert told(sent.outcome, "status", "sent") == ["complete", 2]
    assert sent.waits == [7.0, 0.0, 4.0]
    assert database.asked == []


def test_waiting_is_bounded(home: Home, database: Database) -> None:
    copy_of(home, rows(150))
    database.script.append(lambda handler, _: handler.answer(429, {}, Retry_After="86400"))
    stopped = Sent(home, database.url)
    assert told(stopped.outcome, "status", "left") == ["stopped", 150]
    assert stopped.waits == []
    database.script.extend([lambda handler, _: handler.answer(429, {})] * 6)
    assert Sent(home, database.url).waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert len(database.posts) == 7


def lost_after_storing(handler: Any, statements: list[dict[str, Any]]) -> bool:
    handler.server.keep(statements)
    return bool(handler.hang_up())


def lost_before_storing(handler: Any, _: list[dict[str, Any]]) -> bool:
    return bool(handler.hang_up())


def failed_after_storing(handler: Any, statements: list[dict[str, Any]]) -> bool:
    handler.server.keep(statements)
    return bool(handler.answer(502, {}))


def stored_in_part(handler: Any, statements: list[dict[str, Any]]) -> bool:
    handler.server.keep(statements[: len(statements) // 2])
    return bool(handler.answer(500, "<html>"))


@pytest.mark.parametrize(
    ("trouble", "sent", "known"),
    [
        (lost_after_storing, 50, 100),
        (lost_before_storing, 150, 0),
        (failed_after_storing, 50, 100),
        (stored_in_part, 100, 50),
    ],
)
def test_when_an_answer_is_lost_the_database_is_asked_before_anything_is_sent_again(
    home: Home, database: Database, trouble: Any, sent: int, known: int
) -> None:
    copy_of(home, rows(150))
    database.script.append(trouble)
    found = Sent(home, database.url)
    assert told(found.outcome, "status", "sent", "known") == ["complete", sent, known]
    assert len(database.stored) == 150
    assert database.asked == database.posts[0]


def test_a_database_that_is_down_stops_the_sending(home: Home, database: Database) -> None:
    copy_of(home, rows(3))
    database.script.append(lost_after_storing)
    database.asking.extend([lambda handler, _: handler.answer(503, {})] * 6)
    stopped = Sent(home, database.url)
    assert told(stopped.outcome, "status", "left") == ["stopped", 3]
    again = Sent(home, database.url)
    assert told(again.outcome, "known", "sent") == [3, 0]
    assert len(database.posts) == 1


def test_a_redirect_of_somebody_in_between_is_not_taken_for_found(home: Home, database: Database) -> None:
    copy_of(home, rows(1))
    database.script.append(lost_before_storing)
    database.asking.append(lambda handler, _: handler.answer(302, {}, Location="https://login.example/"))
    assert Sent(home, database.url).outcome.status == "stopped"
    assert Sent(home, database.url).outcome.sent == 1


def test_an_address_that_is_no_such_api_stops_the_sending(home: Home, database: Database) -> None:
    copy_of(home, rows(1))
    stopped = Sent(home, f"{database.url}/elsewhere")
    assert "check --url" in stopped.outcome.detail
    assert told(stopped.outcome, "left") == [1]


def test_each_database_has_a_journal_of_its_own(home: Home, database: Database) -> None:
    copy_of(home, rows(2))
    Sent(home, database.url)
    with running_database() as other:
        assert Sent(home, other.url).outcome.sent == 2


def test_two_cannot_send_to_one_database_at_once(home: Home, database: Database) -> None:
    copy_of(home, rows(1))
    with open_journal(home, database.url), pytest.raises(SendingHeld, match="another process"):
        Sent(home, database.url)
    assert Sent(home, database.url).outcome.sent == 1


def test_a_torn_line_of_the_journal_makes_the_database_be_asked(home: Home, database: Database) -> None:
    copy_of(home, rows(2))
    Sent(home, database.url)
    path = journal_path(home, database.url)
    path.write_bytes(path.read_bytes()[:-40])
    again = Sent(home, database.url)
    assert told(again.outcome, "already_sent", "known", "sent") == [1, 1, 0]
    assert told(Sent(home, database.url).outcome, "already_sent") == [2]


def test_a_journal_cut_at_any_event_never_makes_a_statement_be_sent_twice(home: Home, database: Database) -> None:
    copy_of(home, rows(150))
    Sent(home, database.url)
    path = journal_path(home, database.url)
    whole = path.read_bytes()
    for kept in (0, len(whole) // 3, len(whole) // 2 + 7, len(whole) - 3):
        path.write_bytes(whole[:kept])
        assert told(Sent(home, database.url).outcome, "status", "sent", "left") == ["complete", 0, 0]
    assert len(database.stored) == 150


def test_statements_of_several_services_do_not_go_to_one_account(home: Home, database: Database) -> None:
    copy_of(home, [*rows(1), decision(decision_id="x", dsa_service="example_other", decided_at=MAY)])
    with pytest.raises(WrongTarget, match="example_gallery, example_other"):
        Sent(home, database.url)
    assert Sent(home, database.url, token=None).outcome.would_send == 2
    assert Sent(home, database.url, services=("example_other",)).outcome.sent == 1


def test_synthetic_statements_do_not_leave_this_machine(home: Home, database: Database) -> None:
    copy_of(home, rows(1), is_synthetic=True)
    with pytest.raises(WrongTarget, match="synthetic"):
        Sent(home, "https://database.example")
    assert Sent(home, database.url).outcome.sent == 1


@pytest.mark.parametrize(
    "url",
    [
        "",
        "database.example",
        "ftp://x",
        "https://",
        "http://database.example",
        "https://u:p@x",
        "https://x/?token=1",
        "https://x:y",
    ],
)
def test_an_address_that_must_not_be_used_is_refused(url: str) -> None:
    with pytest.raises(WrongTarget):
        parse_target(url)


def test_addresses_are_written_in_one_way() -> None:
    assert parse_target(" https://Database.example/ ") == "https://database.example"
    assert parse_target("http://127.0.0.1:80/a/") == "http://127.0.0.1:80/a"
    assert parse_target("http://[::1]:8080") == "http://[::1]:8080"


def test_a_token_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    file.chmod(0o640)
    with pytest.raises(WrongTarget, match="chmod 600"):
        read_token(file)
    file.chmod(0o600)
    assert read_token(file) == TOKEN
    file.write_text("two words")
    with pytest.raises(WrongTarget, match="holds no token") as caught:
        read_token(file)
    assert "two words" not in str(caught.value)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(WrongTarget, match="is no file"):
        read_token(tmp_path / "pipe")


def test_the_token_is_written_nowhere(home: Home, database: Database) -> None:
    copy_of(home, rows(3))
    Sent(home, database.url)
    written = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    assert TOKEN.encode() not in written
