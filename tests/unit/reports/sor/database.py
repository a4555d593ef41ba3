"""A server on this machine that speaks the database's API, stores what it takes, and misbehaves on request.

Only the server belongs here.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from reports.sor.verdict import errors

TOKEN = "test-token-1234"  # noqa: S105 - of this server alone


class Database(ThreadingHTTPServer):
    """Stores statements in memory; `script` holds what to do with the next batches before the ordinary course."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.stored: dict[str, dict[str, Any]] = {}
        self.refuses: dict[str, str] = {}
        self.script: deque[Callable[[_Handler, list[dict[str, Any]]], bool]] = deque()
        self.asking: deque[Callable[[_Handler, str], bool]] = deque()
        self.posts: list[list[str]] = []
        self.asked: list[str] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def keep(self, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Store a batch; a second statement of an identifier would be seen here."""
        out = []
        for one in statements:
            assert one["puid"] not in self.stored, "stored twice"
            self.stored[one["puid"]] = one
            out.append({**one, "uuid": f"uuid-{len(self.stored)}", "created_at": "2026-05-03 00:00:00"})
        return out


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: Database

    def log_message(self, *_: object) -> None:
        """Be silent."""

    def answer(self, status: int, body: object, **headers: str) -> bool:
        content = json.dumps(body).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        return True

    def hang_up(self) -> bool:
        self.close_connection = True
        self.connection.close()
        return True

    def do_GET(self) -> None:
        puid = self.path.removeprefix("/api/v1/statement/existing-puid/")
        with self.server.lock:
            self.server.asked.append(puid)
            if self.server.asking and self.server.asking.popleft()(self, puid):
                return
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                self.answer(401, {"message": "Unauthenticated."})
            elif puid in self.server.stored:
                self.answer(302, {"message": "statement of reason found", "puid": puid})
            else:
                self.answer(404, {"message": "statement of reason not found", "puid": puid})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self._post(body)

    def _post(self, body: bytes) -> None:
        if self.path != "/api/v1/statements":
            self.answer(404, {"message": "no such route"})
            return
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            self.answer(401, {"message": "Unauthenticated."})
            return
        statements = json.loads(body)["statements"]
        self.server.posts.append([one["puid"] for one in statements])
        if self.server.script and self.server.script.popleft()(self, statements):
            return
        self.ordinary(statements)

    def ordinary(self, statements: list[dict[str, Any]]) -> None:
        """All or nothing, as the database does it."""
        assert 1 <= len(statements) <= 100
        found: dict[str, dict[str, list[str]]] = {}
        for number, one in enumerate(statements):
            faults = {fault.field: [fault.message] for fault in errors(one)}
            if one["puid"] in self.server.refuses:
                faults["category"] = [self.server.refuses[one["puid"]]]
            if faults:
                found[f"statement_{number}"] = faults
        if found:
            self.answer(422, {"errors": found})
            return
        doubled = [one["puid"] for one in statements if one["puid"] in self.server.stored]
        if doubled:
            message = "The platform identifier(s) are not all unique within this call."
            self.answer(422, {"message": message, "errors": {"puid": [message], "existing_puids": doubled}})
            return
        self.answer(201, {"statements": self.server.keep(statements)})


@contextmanager
def running_database() -> Iterator[Database]:
    """A database that runs until the block ends."""
    server = Database()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
