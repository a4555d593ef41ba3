"""Delivery: one batch on its way to the database, until each of its statements is stored, known, rejected or left.

Belongs here: what follows from each answer, and what the journal must hold before and after. Which statements there are, and
the telling of what became of them, is sending.py.
"""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from reports.sor.api import ATTEMPTS, Answer, Client, patiently, pause
from reports.sor.journal import Entry, Event, Journal, entry
from reports.sor.mapping import Statement

_NOT_UNIQUE = "not unique"


class Stopped(Exception):  # noqa: N818 - says what is the matter
    """Nothing more can be sent now; the message says why and what to do."""


class Candidate(msgspec.Struct, frozen=True):
    """A statement to be sent: where its decision stands, and what it says."""

    where: list[object]
    service: str
    decision_id: str
    statement: Statement

    @property
    def puid(self) -> str:
        """Its identifier."""
        return self.statement.puid

    def event(self, kind: Event, uuid: str = "") -> Entry:
        """An event of this statement, of now."""
        return entry(
            kind,
            puid=self.puid,
            decision_id=self.decision_id,
            service=self.service,
            content_sha256=self.statement.content_sha256,
            uuid=uuid,
        )


class Delivery:
    """Brings batches to one database.

    Args:
        client: The database.
        journal: Its journal, held by this process.
        tell: Called once for each statement that is dealt with: statement, state, the database's number, detail.
        tell_sent: Called for one that turns out to have been sent with other content.
        sleep: Waits between attempts.
    """

    def __init__(
        self,
        client: Client,
        journal: Journal,
        tell: Callable[[Candidate, str, str, str], None],
        tell_sent: Callable[[Candidate, Entry], None],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client, self._journal, self._sleep = client, journal, sleep
        self._tell, self._tell_sent = tell, tell_sent

    def deliver(self, left: list[Candidate]) -> None:
        """Send a batch; what is dealt with is told and taken out of `left`.

        Raises:
            Stopped: Nothing more can be sent now; `left` holds what was not.
        """
        self._settle_unresolved(left)
        self._send(left)

    def _settle_unresolved(self, left: list[Candidate]) -> None:
        """Ask for those that an earlier run announced and of whose answer nothing is known."""
        last = self._journal.last([candidate.puid for candidate in left])
        unresolved = [c for c in left if c.puid in last and last[c.puid].event == "sending"]
        self._ask(unresolved, left, last)

    def _send(self, left: list[Candidate]) -> None:
        """Send a batch until nothing is left of it; what is dealt with is taken out of `left`.

        Raises:
            Stopped: The database refuses us, or cannot be reached in ATTEMPTS attempts.
        """
        attempt = 0
        while left:
            self._journal.append([candidate.event("sending") for candidate in left])
            answer = self._client.store([candidate.statement.payload for candidate in left])
            if answer.meaning == "stored":
                self._journal.append([c.event("sent", answer.uuids.get(c.puid, "")) for c in left])
                for candidate in left:
                    self._tell(candidate, "sent", answer.uuids.get(candidate.puid, ""), "")
                left.clear()
                return
            if answer.meaning != "unknown":
                self._journal.append([candidate.event("released") for candidate in left])
            if answer.meaning == "refused" and self._refused(answer, left):
                continue
            self._stop_or_pause(answer, attempt)
            attempt += 1
            if answer.meaning == "unknown":
                self._ask(left, left, {})

    def _refused(self, answer: Answer, left: list[Candidate]) -> bool:
        """Deal with what a refusal names; whether there was progress."""
        doubled = [c for n, c in enumerate(left) if c.puid in answer.existing or _is_doubled(answer.errors.get(n))]
        at_fault = [(c, answer.errors[n]) for n, c in enumerate(left) if n in answer.errors and c not in doubled]
        before = len(left)
        self._ask(doubled, left, {})
        for candidate, fields in at_fault:
            self._reject(candidate, _in_words(fields), left)
        if doubled or at_fault:
            return len(left) < before
        if len(left) == 1:
            self._reject(left[0], answer.detail, left)
        else:
            # nobody is named: the halves tell who it was
            first, second = left[: before // 2], left[before // 2 :]
            for half in (first, second):
                try:
                    self._send(half)
                finally:
                    left[:] = [*first, *second]
        return True

    def _reject(self, candidate: Candidate, detail: str, left: list[Candidate]) -> None:
        self._journal.append([candidate.event("rejected")])
        self._tell(candidate, "rejected", "", detail)
        left.remove(candidate)

    def _ask(self, asked: Sequence[Candidate], left: list[Candidate], before: Mapping[str, Entry]) -> None:
        """Take those out of `left` that the database already has."""
        for candidate in list(asked):
            answer = patiently(lambda puid=candidate.puid: self._client.exists(puid), sleep=self._sleep)  # type: ignore[misc]
            if answer.meaning == "stored":
                announced = before.get(candidate.puid)
                known = candidate.event("known")
                if announced is not None:
                    known = msgspec.structs.replace(known, content_sha256=announced.content_sha256)
                self._journal.append([known])
                if known.content_sha256 == candidate.statement.content_sha256:
                    self._tell(candidate, "known", "", "")
                else:
                    self._tell_sent(candidate, known)
                left.remove(candidate)
            elif answer.meaning != "refused":
                raise Stopped(_advice(answer))

    def _stop_or_pause(self, answer: Answer, attempt: int) -> None:
        if answer.meaning in {"unauthorised", "wrong"} or attempt + 1 >= ATTEMPTS:
            raise Stopped(_advice(answer))
        if not pause(answer, attempt, self._sleep):
            raise Stopped(_advice(answer))


def _is_doubled(fields: Mapping[str, list[str]] | None) -> bool:
    return any(_NOT_UNIQUE in message.lower() for message in (fields or {}).get("puid", ()))


def _in_words(fields: Mapping[str, list[str]]) -> str:
    return "; ".join(f"{field}: {' '.join(messages)}" for field, messages in fields.items())


def _advice(answer: Answer) -> str:
    what = {
        "unauthorised": "the database refused the token; have a valid one of this platform's account in the token file",
        "wrong": "this is not the database's API; check --url (the address without /api/v1)",
        "busy": "the database asks to wait; try again later",
        "unknown": "the database does not answer; try again later",
        "refused": "the database refuses the batch though it has none of it; try again later",
    }.get(answer.meaning, "the answer makes no sense")
    return f"{what} ({answer.detail}). What was sent is recorded and is not sent again."
