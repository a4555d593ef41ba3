"""Causes: why a contribution counts at one watermark and not at another: which batch brought what.

Naming the cause of each changed row belongs here; finding the rows is differences.py, telling the story is restatement.py.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import unquote

import duckdb
import msgspec
import pyarrow as pa

from reports.differences import GAINED, IDENTITY, LOST, ChangedRow

LATE = "late data"
RETRACTION = "retraction"
REGISTER = "register"
REVISED = "revised record"
DEFINITION = "definition"
CODE = "code"
FOLLOW_UP = "follow-up"
ERASED = "erased"
UNEXPLAINED = "unexplained"
MEANING = {
    LATE: "a record that had not been delivered by then",
    RETRACTION: "a line that was withdrawn",
    REGISTER: "a register row that came later and decides how it counts",
    REVISED: "a later version of the record, or of one that decides how it counts",
    DEFINITION: "the metric is defined otherwise",
    CODE: "the models' text is another",
    FOLLOW_UP: "the same data read as of a later instant: a follow-up had ended, an open item was closed",
    ERASED: "lines that were erased since",
    UNEXPLAINED: "none of the causes that we know",
}


class Cause(msgspec.Struct, frozen=True, order=True):
    """A cause, the batch that brought it (0 where there is none), and what exactly: a feed, a register, a metric, a model."""

    cause: str
    batch_id: int
    what: str


class Reader(msgspec.Struct, frozen=True):
    """What is needed to look a change up.

    Attributes:
        con: A closure that was run at the later watermark.
        feeds: Feeds that its raw schema holds.
        keys: Feed -> column of its id.
        registers: Feeds that are registers.
        after: Batches beyond this one are what is new.
    """

    con: duckdb.DuckDBPyConnection
    feeds: frozenset[str]
    keys: Mapping[str, str]
    registers: Collection[str]
    after: int


def causes_of(rows: Sequence[ChangedRow], reader: Reader, read_later: pa.Table | None) -> list[Cause]:
    """The cause of each row, in their order.

    Args:
        rows: Contributions that count on one side only, data alone having changed between the sides.
        reader: Where to look.
        read_later: Identities of contributions that both sides know but only one counts, because it reads as of another
            instant; None when both read as of the same.
    """
    follow_up = _identities(read_later)
    versions = _versions(rows, reader)
    withdrawn = _withdrawals(rows, reader)
    refs = {ref for row in rows for ref in row.input_refs}
    decided = {ref: cause for ref in refs if (cause := _cause_of_ref(ref, reader))}
    named: dict[tuple[str, ...], set[str]] = {}
    for row in rows:
        named.setdefault(_line_of(row), set()).update(row.input_refs)
    late_register = _newest_register(reader)
    found: list[Cause] = []
    for row in rows:
        if _place(row) in follow_up:
            found.append(Cause(FOLLOW_UP, 0, "as_of"))
            continue
        found.append(
            withdrawn.get((row.record_kind, row.record_id))
            or _own(row, versions)
            or _through_refs(named[_line_of(row)], decided)
            or late_register
            or Cause(UNEXPLAINED, 0, row.record_kind)
        )
    return found


def _own(row: ChangedRow, versions: Mapping[tuple[str, str], list[tuple[int, str, int, bool]]]) -> Cause | None:
    """What became of the record itself: it is new, or a newer version of it stands."""
    known = versions.get((row.record_kind, row.record_id), [])
    newer = [one for one in known if one[3]]
    if not newer:
        return None
    batch = max(one[0] for one in newer)
    return Cause(REVISED if len(newer) < len(known) else LATE, batch, row.record_kind)


def _through_refs(named: Collection[str], decided: Mapping[str, Cause]) -> Cause | None:
    """What became of the records that decide how a line counts, as either side names them."""
    return min((decided[ref] for ref in named if ref in decided), default=None)


def _line_of(row: ChangedRow) -> tuple[str, ...]:
    return (row.part, row.metric, row.record_kind, row.record_id, row.file_sha256, str(row.line))


def _place(row: ChangedRow) -> tuple[str, ...]:
    return (row.part, row.metric, row.role, row.record_kind, row.record_id, row.file_sha256, str(row.line))


def _identities(table: pa.Table | None) -> set[tuple[str, ...]]:
    if table is None:
        return set()
    names = ("part", "metric", "role", "record_kind", "record_id", "file_sha256", "line")
    return {tuple(str(row[name]) for name in names) for row in table.select(list(names)).to_pylist()}


def _versions(rows: Iterable[ChangedRow], reader: Reader) -> dict[tuple[str, str], list[tuple[int, str, int, bool]]]:
    """Delivered versions of each record: batch, file, line, and whether it is beyond the earlier watermark."""
    ids: dict[str, set[str]] = {}
    for row in rows:
        ids.setdefault(row.record_kind, set()).add(row.record_id)
    found: dict[tuple[str, str], list[tuple[int, str, int, bool]]] = {}
    for feed, wanted in ids.items():
        if feed in reader.feeds and feed in reader.keys:
            for record_id, batch, sha256, line in reader.con.execute(
                f'select cast(r."{reader.keys[feed]}" as varchar), r._batch_id, f.file_sha256, r._line_no '
                f"from warehouse.raw.{feed} as r inner join current.ops.files as f on f.file_id = r._file_id "
                f'where cast(r."{reader.keys[feed]}" as varchar) in (select unnest($ids))',
                {"ids": sorted(wanted)},
            ).fetchall():
                found.setdefault((feed, record_id), []).append((batch, sha256, line, batch > reader.after))
    return found


def _withdrawals(rows: Iterable[ChangedRow], reader: Reader) -> dict[tuple[str, str], Cause]:
    """Records of which a line was withdrawn by a new retraction: named by file, by line of it, or by id."""
    if "retractions" not in reader.feeds:
        return {}
    known = reader.con.execute(
        "select feed, file_sha256, line, id, _batch_id from warehouse.raw.retractions where _batch_id > $after",
        {"after": reader.after},
    ).fetchall()
    found: dict[tuple[str, str], Cause] = {}
    for row in rows:
        for feed, sha256, line, record_id, batch in known:
            names_place = sha256 == row.file_sha256 and line in {None, row.line} and record_id in {None, row.record_id}
            names_id = sha256 is None and record_id == row.record_id
            if feed == row.record_kind and (names_place or names_id):
                found[row.record_kind, row.record_id] = Cause(RETRACTION, batch, feed)
    return found


def _cause_of_ref(ref: str, reader: Reader) -> Cause | None:
    """What became of a record that decides how others count; None when nothing new came of it."""
    feed, _, encoded = ref.partition("/")
    if feed not in reader.feeds or feed not in reader.keys:
        return None
    batches = [
        int(row[0])
        for row in reader.con.execute(
            f'select _batch_id from warehouse.raw.{feed} where cast("{reader.keys[feed]}" as varchar) = $id',
            {"id": unquote(encoded)},
        ).fetchall()
    ]
    newer = [batch for batch in batches if batch > reader.after]
    if not newer:
        return None
    if feed in reader.registers:
        return Cause(REGISTER, max(newer), feed)
    return Cause(REVISED if len(newer) < len(batches) else LATE, max(newer), feed)


def _newest_register(reader: Reader) -> Cause | None:
    """The register with the newest rows: what is left is decided by registers that a contribution does not name."""
    found = [
        Cause(REGISTER, int(row[0]), feed)
        for feed in sorted(reader.feeds & set(reader.registers))
        if (row := reader.con.execute(f"select max(_batch_id) from warehouse.raw.{feed}").fetchone())
        and row[0] is not None
        and row[0] > reader.after
    ]
    return max(found, key=lambda cause: cause.batch_id, default=None)


def known_to_both(rows: Sequence[ChangedRow], before: pa.Table, after: pa.Table) -> pa.Table:
    """Identities of changed rows that the other side holds too, uncounted: they differ only by the instant of reading.

    Args:
        rows: Contributions that count on one side only.
        before: All contributions of the period at the earlier side, counted or not.
        after: Likewise at the later side.
    """
    schema = pa.schema([(name, before.schema.field(name).type) for name in IDENTITY])
    kept = []
    sides = {LOST: _full(after), GAINED: _full(before)}
    for row in rows:
        place = (
            row.part,
            row.metric,
            row.role,
            tuple(sorted(row.dimensions.items())),
            row.record_id,
            row.file_sha256,
            row.line,
        )
        if place in sides[row.side]:
            kept.append(
                {
                    "part": row.part,
                    "metric": row.metric,
                    "role": row.role,
                    "record_kind": row.record_kind,
                    "record_id": row.record_id,
                    "file_sha256": row.file_sha256,
                    "line": row.line,
                }
            )
    return pa.Table.from_pylist(kept, schema=schema)


def _full(table: pa.Table) -> set[tuple[object, ...]]:
    return {
        (
            row["part"],
            row["metric"],
            row["role"],
            tuple(sorted(msgspec.json.decode(row["dimensions"], type=dict[str, str]).items())),
            row["record_id"],
            row["file_sha256"],
            row["line"],
        )
        for row in table.to_pylist()
    }
