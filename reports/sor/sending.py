"""Sending: the statements of a period to the database, each exactly once, whatever dies on the way; or a recorded dry run.

Belongs here: what is still to be sent, and telling what became of each decision. A batch on its way is delivery.py, one
request and its meaning api.py, the record of single statements journal.py.

Never twice: a batch is announced in the journal before it goes out. When its answer was lost, or the process died, the
database is asked for each of its identifiers before anything is sent again; and the database takes an identifier once.
"""

import csv
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from orchestration.core import ops
from orchestration.core.clock import stamp, utc_now
from orchestration.core.durable import write_bytes
from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.periods import Period
from reports.published import read_state
from reports.render.csv import safe_text
from reports.sor.api import Client, WrongTarget, is_this_machine
from reports.sor.decisions import decisions_in_scope, services_in_scope
from reports.sor.delivery import Candidate, Delivery, Stopped
from reports.sor.export import SUMMARY, replacing, where_of
from reports.sor.journal import DONE, Entry, Journal, open_journal
from reports.sor.mapping import HeldBack, made_of
from reports.sor.rules import MOST_IN_BATCH

DRY_RUN = "dry run"
SEND = "send"
COLUMNS = ("decision_id", "file_sha256", "line", "service", "decided_on", "puid", "state", "uuid", "detail")


class Outcome(msgspec.Struct, kw_only=True):
    """What became of the decisions in scope; each is counted once, in one of the last eight numbers.

    Attributes:
        sending_id: Of this run.
        mode: `dry run` or `send`.
        target: Address of the database.
        range_start: First instant of decisions, UTC.
        range_end: Instant at which it ends, UTC, exclusive.
        watermark: Last batch of the published copy.
        status: `complete`, or `stopped` when the database could not be reached or refused us: run it again.
        in_scope: Decisions that owe a statement.
        held_back: No statement can be made of them (`outcome.csv` says why).
        already_sent: Sent before this run.
        changed_after_sending: Sent before, and the decision has other content since; the database takes no correction.
        would_send: Of a dry run.
        sent: Stored now.
        known: Not sent now: the database was asked and has them.
        rejected: Refused by the database.
        left: Not sent, because sending stopped.
        detail: Why it stopped, and what to do.
    """

    sending_id: str
    mode: str
    target: str
    range_start: str
    range_end: str
    watermark: int
    status: str = "complete"
    in_scope: int = 0
    held_back: int = 0
    already_sent: int = 0
    changed_after_sending: int = 0
    would_send: int = 0
    sent: int = 0
    known: int = 0
    rejected: int = 0
    left: int = 0
    detail: str = ""


def send(
    home: Home,
    period: Period,
    target: str,
    *,
    token: str | None = None,
    services: tuple[str, ...] = (),
    out: Path | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> tuple[Outcome, Path]:
    """Send the statements of a period's decisions, or, without a token, record what would be sent.

    Args:
        home: Whose published copy and journal.
        period: Half-open range of decision instants.
        target: Address, as `api.parse_target` returns it.
        token: Of the platform's account; None for a dry run, which opens no connection.
        services: Only these; a send takes the statements of one service, for each has an account of its own.
        out: Folder for `outcome.csv`, `batches/` and `summary.json`; default: under the home's `sendings/`.
        sleep: Waits between attempts.

    Returns:
        The outcome, and the folder.

    Raises:
        WrongTarget: Generated data would leave this machine, or the statements of several services would go to one account.
        SendingHeld: Another process is sending to this database.
        FileNotFoundError: Nothing has been published yet.
    """
    mode = DRY_RUN if token is None else SEND
    sending_id = f"{utc_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    folder = out or home.root / "sendings" / sending_id
    with open_published(home) as con:
        state = read_state(con, home)
        if token is not None:
            _check(target, services or tuple(services_in_scope(con, period.start, period.end)), state.is_synthetic)
        outcome = Outcome(
            sending_id=sending_id,
            mode=mode,
            target=target,
            range_start=period.start.isoformat(),
            range_end=period.end.isoformat(),
            watermark=state.watermark,
        )
        with open_journal(home, target) as journal, replacing(folder) as draft:
            _record(home, outcome, "started")
            with (draft / "outcome.csv").open("w", encoding="utf-8", newline="") as file:
                run = _Run(outcome, journal, draft, csv.writer(file, lineterminator="\r\n"), sleep)
                if token is None:
                    run.take(decisions_in_scope(con, period.start, period.end, services), None)
                else:
                    with Client(target, token) as client:
                        run.take(decisions_in_scope(con, period.start, period.end, services), client)
            write_bytes(draft / SUMMARY, msgspec.json.format(msgspec.json.encode(outcome), indent=1) + b"\n")
    _record(home, outcome, outcome.status)
    return outcome, folder


def _check(target: str, services: Sequence[str], is_synthetic: bool) -> None:
    if is_synthetic and not is_this_machine(target):
        raise WrongTarget(
            "these statements are made of synthetic data; they are sent to a server on this machine at most"
        )
    if len(services) > 1:
        raise WrongTarget(
            f"the range holds statements of {len(services)} services ({', '.join(services)}), and each has an account of its "
            "own; choose one with --service"
        )


def _record(home: Home, outcome: Outcome, status: str) -> None:
    row = msgspec.structs.asdict(outcome) | {"status": status, "recorded_at": stamp()}
    row["unsent"] = row.pop("left") + row.pop("would_send")
    ops.append(home, "sendings", [row])


class _Run:
    """One sending: the counting, the files, and the way of each batch."""

    def __init__(
        self,
        outcome: Outcome,
        journal: Journal,
        folder: Path,
        table: Any,  # noqa: ANN401 - csv.writer has no name
        sleep: Callable[[float], None],
    ) -> None:
        self._outcome, self._journal, self._table, self._sleep = outcome, journal, table, sleep
        self._batches = folder / "batches"
        self._batches.mkdir()
        self._written = 0
        self._delivery: Delivery | None = None
        self._table.writerow(COLUMNS)

    def take(self, rows: Iterator[dict[str, Any]], client: Client | None) -> None:
        """Take every decision in scope to its end."""
        if client is not None:
            self._delivery = Delivery(client, self._journal, self._tell, self._tell_sent, self._sleep)
        waiting: list[Candidate] = []
        fresh: list[Candidate] = []
        for row in rows:
            self._outcome.in_scope += 1
            candidate = self._candidate(row)
            if candidate is None:
                continue
            if fresh and candidate.service != fresh[0].service:
                waiting = self._dispatch([*waiting, *self._unsent(fresh)], all_of_it=True)
                fresh = []
            fresh.append(candidate)
            if len(fresh) == MOST_IN_BATCH:
                waiting = self._dispatch([*waiting, *self._unsent(fresh)], all_of_it=False)
                fresh = []
        self._dispatch([*waiting, *self._unsent(fresh)], all_of_it=True)

    def _candidate(self, row: Mapping[str, Any]) -> Candidate | None:
        try:
            statement = made_of(row)
        except HeldBack as held:
            self._outcome.held_back += 1
            self._table.writerow([*where_of(row), "", "held_back", "", safe_text(str(held))])
            return None
        return Candidate(where_of(row), str(row["dsa_service"]), str(row["decision_id"]), statement)

    def _unsent(self, candidates: list[Candidate]) -> list[Candidate]:
        """Those that the journal does not say are sent; the others are told."""
        if not candidates:
            return []
        last = self._journal.last([candidate.puid for candidate in candidates])
        others: dict[str, Entry] = {
            found.decision_id: found
            for found in self._journal.of_decisions([candidate.decision_id for candidate in candidates])
            if found.event in (*DONE, "sending") and found.puid not in {candidate.puid for candidate in candidates}
        }
        unsent = []
        for candidate in candidates:
            before = last.get(candidate.puid)
            if candidate.decision_id in others:
                self._tell(
                    candidate, "changed_after_sending", detail="sent under another identifier: its service was another"
                )
            elif before is not None and before.event in DONE:
                self._tell_sent(candidate, before)
            else:
                unsent.append(candidate)
        return unsent

    def _tell_sent(self, candidate: Candidate, before: Entry) -> None:
        if before.content_sha256 == candidate.statement.content_sha256:
            self._tell(candidate, "already_sent", uuid=before.uuid)
        else:
            self._tell(
                candidate, "changed_after_sending", uuid=before.uuid, detail=f"sent {before.at} with other content"
            )

    def _dispatch(self, candidates: list[Candidate], *, all_of_it: bool) -> list[Candidate]:
        """Send full batches, and the rest too when asked; returns what waits for more."""
        while len(candidates) >= MOST_IN_BATCH or (all_of_it and candidates):
            batch, candidates = candidates[:MOST_IN_BATCH], candidates[MOST_IN_BATCH:]
            self._written += 1
            content = msgspec.json.encode({"statements": [candidate.statement.payload for candidate in batch]})
            (self._batches / f"statements-{self._written:04d}.json").write_bytes(content)
            if self._delivery is None:
                for candidate in batch:
                    self._tell(candidate, "would_send")
            else:
                self._send_unless_stopped(self._delivery, batch)
        return candidates

    def _send_unless_stopped(self, delivery: Delivery, batch: list[Candidate]) -> None:
        if self._outcome.status == "complete":
            left = list(batch)
            try:
                delivery.deliver(left)
            except Stopped as stopped:
                self._outcome.status, self._outcome.detail = "stopped", str(stopped)
            batch = left
        for candidate in batch:
            self._tell(candidate, "left")

    def _tell(self, candidate: Candidate, state: str, uuid: str = "", detail: str = "") -> None:
        setattr(self._outcome, state, getattr(self._outcome, state) + 1)
        self._table.writerow([*candidate.where, candidate.puid, state, safe_text(uuid), safe_text(detail)])
