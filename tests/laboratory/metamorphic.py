"""Changes of a landing zone that must not change who is queued, and the comparison of two queues.

Belongs here: the changes, as functions over deliveries, and what "the same queue" means.
Does not belong here: scoring against the truth.
"""

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from orchestration.core.home import Home
from tests.laboratory.deliveries import Delivery, Row, every, rewrite, write
from tests.laboratory.reading import is_published

_ID = re.compile(rb"\b(acct|org|key|req|det|rpt|rvw|act)_syn_([0-9a-f]{16,24})(?![0-9a-f])")

_TIMES = ("requested_at", "detected_at", "submitted_at", "received_at", "decided_at", "updated_at", "observed_at")
T = TypeVar("T")
Line = tuple[str, str, frozenset[str], str, str]
"""(as-of day, unit kind, accounts, score, reasons)."""


def renamed_id(text: bytes) -> bytes:
    """Every id of accounts, organisations, keys and records in a text, under another name of the same shape."""
    return _ID.sub(lambda found: b"%s_syn_%s" % (found[1], _digest(found[2])), text)


def _digest(digits: bytes) -> bytes:
    return hashlib.sha256(digits).hexdigest()[: len(digits)].encode()


def rename(home: Home) -> None:
    """Give every account, organisation, key and record another id."""

    def change(delivery: Delivery) -> list[Delivery]:
        return [delivery.holding([_renamed_row(row) for row in delivery.rows])]

    rewrite(home, change)


def _renamed_row(row: Row) -> Row:
    if isinstance(row, bytes):
        return renamed_id(row)
    return {
        name: renamed_id(value.encode()).decode() if isinstance(value, str) else value for name, value in row.items()
    }


def shuffle(home: Home) -> None:
    """Put the rows of each file in another order; lines of one id keep theirs, since the first of two that differ counts."""

    def change(delivery: Delivery) -> list[Delivery]:
        salt = str(delivery.path.name).encode()
        order = sorted(range(len(delivery.rows)), key=lambda n: (_place(delivery.rows[n], salt), n))
        return [delivery.holding([_ended(delivery.rows[n]) for n in order])]

    rewrite(home, change)


def _place(row: Row, salt: bytes) -> str:
    found = _ID.search(row) if isinstance(row, bytes) else None
    text = found[0] if found else repr(row).encode()
    return hashlib.sha256(salt + text).hexdigest()


def _ended(row: Row) -> Row:
    return row + b"\n" if isinstance(row, bytes) and not row.endswith(b"\n") else row


def repeat(home: Home) -> None:
    """Send every tenth request twice, once in its file and once in a file of the next hour."""

    def change(delivery: Delivery) -> list[Delivery]:
        if delivery.feed != "model_requests":
            return [delivery]
        again = [_ended(row) for row in delivery.rows[::10]]
        more = delivery.holding(again, f"again-{delivery.path.name}")
        return [delivery.holding([*map(_ended, delivery.rows), *again]), more]

    rewrite(home, change)


def delay(home: Home) -> None:
    """Let every twentieth request arrive a day later."""
    folders = sorted((home.landing / "model_requests").iterdir())
    after = dict(pairwise(folders))
    for delivery in [each for each in every(home) if each.feed == "model_requests"]:
        later = after.get(delivery.path.parent)
        if later is None:
            continue
        rows = [_ended(row) for row in delivery.rows]
        write(delivery.holding([row for n, row in enumerate(rows) if n % 20]))
        late = later / f"late-{delivery.path.parent.name}-{delivery.path.name}"
        write(Delivery(late, delivery.feed, delivery.header, rows[::20], delivery.schema))


def split(home: Home) -> None:
    """Cut every file of requests in two."""

    def change(delivery: Delivery) -> list[Delivery]:
        if delivery.feed != "model_requests" or len(delivery.rows) < 2:
            return [delivery]
        half = len(delivery.rows) // 2
        rows = [_ended(row) for row in delivery.rows]
        return [delivery.holding(rows[:half]), delivery.holding(rows[half:], f"second-{delivery.path.name}")]

    rewrite(home, change)


def cut(home: Home, last: date) -> None:
    """Leave out everything that happened or was said after a day: what the platform knew then, late lines included."""

    def change(delivery: Delivery) -> list[Delivery]:
        if delivery.feed == "control_totals":
            return []
        names = next(csv.reader([delivery.header.decode()]), []) if delivery.header else []
        return [delivery.holding([row for row in delivery.rows if _said_on(row, names) <= str(last)])]

    rewrite(home, change)


def _said_on(row: Row, names: list[str]) -> str:
    fields: dict[str, Any] = {}
    if isinstance(row, dict):
        fields = row
    elif names:
        fields = dict(zip(names, next(csv.reader([row.decode()]), []), strict=False))
    else:
        try:
            read = json.loads(row)
            fields = read if isinstance(read, dict) else {}
        except ValueError:
            return ""
    return max((str(fields[name])[:10] for name in _TIMES if fields.get(name)), default="")


CHANGES: dict[str, Callable[[Home], None]] = {
    "renamed ids": rename,
    "shuffled rows": shuffle,
    "repeated lines": repeat,
    "late lines": delay,
    "days in two files": split,
}


def queue_lines(home: Home, until: date | None = None, only: date | None = None) -> Counter[Line]:
    """The published queue as a multiset of lines that hold no id of ours and no clock.

    Args:
        home: A home that was run.
        until: Only as-of days up to this one.
        only: Only this as-of day.
    """
    if not is_published(home, "marts.fct_review_queue"):
        return Counter()
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        rows = connection.execute(
            "select as_of_date, unit_kind, account_ids, score, reasons from marts.fct_review_queue"
        ).fetchall()
    return Counter(
        (str(day), str(kind), frozenset(map(str, accounts)), f"{score:.9g}", str(reasons))
        for day, kind, accounts, score, reasons in rows
        if (until is None or day <= until) and (only is None or day == only)
    )


def feature_lines(home: Home) -> Counter[str]:
    """The published account days as a multiset of texts, without the lineage columns."""
    with duckdb.connect(str(home.published_current), read_only=True) as connection:
        names = [
            row[0]
            for row in connection.execute("describe marts.fct_account_days").fetchall()
            if not str(row[0]).startswith("_")
        ]
        rows = connection.execute(f"select {', '.join(names)} from marts.fct_account_days").fetchall()
    return Counter(repr(row) for row in rows)


def renamed_features(lines: Counter[str]) -> Counter[str]:
    """The same account days under the other names."""
    return Counter({renamed_id(line.encode()).decode(): count for line, count in lines.items()})


def renamed_lines(lines: Counter[Line]) -> Counter[Line]:
    """The same queue under the other names."""
    return Counter(
        {
            (day, kind, frozenset(renamed_id(one.encode()).decode() for one in accounts), score, reasons): count
            for (day, kind, accounts, score, reasons), count in lines.items()
        }
    )


def difference(expected: Counter[T], got: Counter[T]) -> tuple[int, int]:
    """(lines missing, lines that should not be there)."""
    return (expected - got).total(), (got - expected).total()


def landing_digest(home: Home) -> str:
    """A digest of every delivered byte, to see that a change did change something."""
    digest = hashlib.sha256()
    for path in sorted(home.landing.rglob("*")):
        if path.is_file():
            digest.update(str(path.relative_to(home.landing)).encode() + path.read_bytes())
    return digest.hexdigest()


def copy_landing(home: Home, folder: Path) -> Home:
    """The landing zone of a home in a home of its own, not yet run."""
    import shutil

    other = Home.at(folder).ensure()
    shutil.copytree(home.landing, other.landing, dirs_exist_ok=True)
    return other
