"""The database's API, as a client sees it: storing a batch, asking for an identifier, and what each answer means.

Belongs here: addresses, the token, one request and the meaning of its answer, waiting between attempts. What is sent, and
what is recorded, is decided in sending.py. The token is never part of a message, an address or a log line.
"""

import re
import stat
import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx
import msgspec

from orchestration.core.clock import utc_now
from orchestration.core.identifiers import personal_data

ATTEMPTS = 6
"""Times that a request is made before sending stops, to be resumed later."""

LONGEST_WAIT = 120.0
"""Seconds that are waited at most between two attempts; a server that asks for more is left alone until the next send."""

TIMEOUT = 60.0
"""Seconds without an answer after which it counts as lost."""

_TOKEN = re.compile(r"[!-~]{8,4096}")
_STATEMENT = re.compile(r"statement_(\d{1,3})(?:\..*)?")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_LONGEST_MESSAGE = 300

Meaning = Literal["stored", "unauthorised", "refused", "busy", "unknown", "wrong"]


class WrongTarget(ValueError):  # noqa: N818 - says what is the matter
    """An address or a token that must not or cannot be used; the message says what to do."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch.

    Attributes:
        meaning: `stored` (all of it), `unauthorised`, `refused` (nothing stored, see the rest), `busy` (nothing stored, later),
            `unknown` (the answer was lost: perhaps stored), `wrong` (no such API).
        uuids: The database's number by identifier, when stored.
        errors: Index in the batch -> field -> messages, when refused.
        existing: Identifiers that the database says it has, when refused.
        wait: Seconds that the server asks to wait.
        detail: For a person; no content of a statement.
    """

    meaning: Meaning
    uuids: dict[str, str] = {}
    errors: dict[int, dict[str, list[str]]] = {}
    existing: tuple[str, ...] = ()
    wait: float | None = None
    detail: str = ""


def parse_target(url: str) -> str:
    """The address of a database as it is written in the record: scheme, host, port, path.

    Raises:
        WrongTarget: It is no web address, is not encrypted (but to this machine), or holds a password, a query or a fragment.
    """
    parts = urlsplit(url.strip())
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise WrongTarget("the address cannot be read; write https://host") from error
    if parts.scheme not in {"http", "https"} or not host:
        raise WrongTarget("the address is no web address; write https://host")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise WrongTarget("the address holds more than host and path; put the token into a file and use --token-file")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise WrongTarget(f"http://{host} is not encrypted; write https://")
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


def is_this_machine(target: str) -> bool:
    """Whether a parsed target is a server on this very machine: a test."""
    return urlsplit(target).hostname in _LOOPBACK


def read_token(path: Path) -> str:
    """The token in a file that only its owner can read.

    Raises:
        WrongTarget: Others can read it, it is no file, or it holds no token.
        OSError: It cannot be read.
    """
    state = path.stat()
    if not stat.S_ISREG(state.st_mode):
        raise WrongTarget(f"{path} is no file")
    if state.st_mode & 0o077:
        raise WrongTarget(f"{path} can be read by others; run `chmod 600 {path}`, and renew the token if it was read")
    token = path.read_bytes()[:8192].decode("ascii", errors="replace").strip()
    if not _TOKEN.fullmatch(token):
        raise WrongTarget(f"{path} holds no token: one line of 8 to 4,096 visible ASCII characters is wanted")
    return token


class Client:
    """Speaks to one database; use it as a context manager."""

    def __init__(self, target: str, token: str, *, timeout: float = TIMEOUT) -> None:
        self._http = httpx.Client(
            base_url=f"{target}/api/v1/",
            headers={"Authorization": f"Bearer {token}", "Accept": "application/json"},
            follow_redirects=False,
            trust_env=not is_this_machine(target),
            timeout=timeout,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def store(self, payloads: list[Mapping[str, Any]]) -> Answer:
        """Post a batch once."""
        content = msgspec.json.encode({"statements": payloads})
        try:
            response = self._http.post("statements", content=content, headers={"Content-Type": "application/json"})
        except httpx.HTTPError as error:
            return Answer(meaning="unknown", detail=f"no answer ({type(error).__name__})")
        return _meaning(response, [str(payload["puid"]) for payload in payloads])

    def exists(self, puid: str) -> Answer:
        """Ask whether the database has an identifier: `stored` or `refused` (it has not).

        "Found" is status 302 without an address to go to; with one it is a redirect of somebody in between, and no answer.
        """
        try:
            response = self._http.get(f"statement/existing-puid/{puid}")
        except httpx.HTTPError as error:
            return Answer(meaning="unknown", detail=f"no answer ({type(error).__name__})")
        if response.status_code == HTTPStatus.FOUND and "Location" not in response.headers:
            return Answer(meaning="stored")
        if response.status_code == HTTPStatus.NOT_FOUND:
            return Answer(meaning="refused")
        return _trouble(response)


def patiently(
    ask: Callable[[], Answer], *, attempts: int = ATTEMPTS, sleep: Callable[[float], None] = time.sleep
) -> Answer:
    """Ask until the answer is neither `busy` nor `unknown`, with waits of 1, 2, 4, ... seconds or what the server asks for.

    Only for what may be repeated: a question, never a batch whose fate is unknown.
    """
    for attempt in range(attempts):
        answer = ask()
        if answer.meaning not in {"busy", "unknown"} or attempt == attempts - 1 or not pause(answer, attempt, sleep):
            return answer
    raise AssertionError("attempts is at least 1")


def pause(answer: Answer, attempt: int, sleep: Callable[[float], None] = time.sleep) -> bool:
    """Wait before the next attempt; False, without waiting, when the server asks for more than LONGEST_WAIT."""
    seconds = answer.wait if answer.wait is not None else float(2**attempt)
    if seconds > LONGEST_WAIT:
        return False
    sleep(seconds)
    return True


def _meaning(response: httpx.Response, puids: list[str]) -> Answer:
    if response.status_code == HTTPStatus.CREATED:
        return Answer(meaning="stored", uuids=_uuids(response, puids))
    if response.status_code in {HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}:
        return _refusal(response)
    return _trouble(response)


def _trouble(response: httpx.Response) -> Answer:
    status = response.status_code
    told = f"status {status}"
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return Answer(meaning="unauthorised", detail=told)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Answer(meaning="busy", detail=told, wait=_retry_after(response))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return Answer(meaning="unknown", detail=told, wait=_retry_after(response))
    return Answer(meaning="wrong", detail=told)


def _refusal(response: httpx.Response) -> Answer:
    body = _json(response)
    errors = body.get("errors")
    found: dict[int, dict[str, list[str]]] = {}
    existing: tuple[str, ...] = ()
    if isinstance(errors, dict):
        for name, fields in errors.items():
            if (match := _STATEMENT.fullmatch(str(name))) and fields:
                found[int(match[1])] = _messages(fields)
        listed = errors.get("existing_puids")
        existing = tuple(str(puid) for puid in listed) if isinstance(listed, list) else ()
    detail = f"status {response.status_code}: {_told(body.get('message'))}"
    return Answer(meaning="refused", errors=found, existing=existing, detail=detail)


def _messages(fields: object) -> dict[str, list[str]]:
    if not isinstance(fields, dict):
        return {"": [_told(fields)]}
    return {
        _told(field)[:80]: [_told(message) for message in (messages if isinstance(messages, list) else [messages])][:5]
        for field, messages in list(fields.items())[:50]
    }


def _told(text: object) -> str:
    shown = " ".join(str(text or "").split())[:_LONGEST_MESSAGE]
    return "(withheld)" if personal_data(shown) else shown


def _uuids(response: httpx.Response, puids: list[str]) -> dict[str, str]:
    stored = _json(response).get("statements")
    if not isinstance(stored, list) or len(stored) != len(puids):
        return {}
    found = {}
    for puid, one in zip(puids, stored, strict=True):
        if isinstance(one, dict) and isinstance(one.get("uuid"), str) and one.get("puid", puid) == puid:
            found[puid] = one["uuid"][:64]
    return found


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        body = msgspec.json.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) < 8:
        return float(text)
    try:
        instant = parsedate_to_datetime(text)
        return max(0.0, (instant - utc_now()).total_seconds()) if instant.tzinfo else None
    except (ValueError, TypeError):
        return None
