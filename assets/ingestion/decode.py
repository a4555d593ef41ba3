"""Decoding: blocks of lines become typed rows in a staging table; what the fast path cannot prove goes the exact path.

Belongs here: running the fast path on a block, choosing lines for the exact path, faults of lines. Not here: what a fault
is (`exact`), the SQL (`fast_sql`), writing the lake (`parts`).
"""

import json
import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from assets.ingestion.exact import Fault, Row, decode_line
from assets.ingestion.fast_sql import name_of, quoted, read_columns, typing_sql
from assets.ingestion.line_excess import Numbers, count_escapes, count_excess
from assets.ingestion.sensitive import forbidden
from assets.ingestion.splitter import Block
from assets.ingestion.staging import Stage, as_file, drop_table, insert_rows, new_table, versioned
from assets.ingestion.tally import Tally

MIB = 1024 * 1024
FAST_LINE_BYTES = 1 * MIB
_OPENERS_ALLOWED = 100
# Below this many lines the exact path costs less than planning the fast path's statement.
FAST_FROM_LINES = 500
_SAMPLE_LINES = 160
_MAX_LEARNED = 16
_MAX_REMEMBERED = 100_000
# One read at a time: DuckDB's reader holds buffers of 32 MiB until it is done, and files are decoded side by side.
_READING = threading.Lock()
# A number with an exponent, as a member's value.
_EXPONENT = re.compile(rb":[ \t\r]*-?[0-9.]+[eE]")
_PLAIN_NAME_CHARS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def decode_block(stage: Stage, block: Block, scratch: Path, tally: Tally) -> None:
    """Decode one block into the staging table.

    Args:
        stage: Where the rows go.
        block: Whole lines.
        scratch: Folder for temporary files where the system has no memory files.
        tally: Counts and faults, added to.
    """
    count = len(block.starts)
    tally.lines += count + block.blank + len(block.too_long)
    tally.blank += block.blank
    for line_no, offset in block.too_long:
        tally.refuse(line_no, offset, None, Fault("line_too_long", None, "the line is longer than a line may be"))
    if count == 0:
        return
    suspects = _fast_suspects(stage, block, scratch) if count >= FAST_FROM_LINES else None
    _run_exact(stage, block, np.arange(count) if suspects is None else suspects, tally)


def _fast_suspects(stage: Stage, block: Block, scratch: Path) -> np.ndarray[Any, Any] | None:
    """Take the fast path; returns the lines left for the exact path, None when it has to take them all."""
    odd = _odd_lines(block)
    escapes = np.zeros(len(odd), dtype=np.int64)
    if b"\\" in block.data:
        escapes, is_hard = count_escapes(block.data, block.starts)
        odd |= is_hard
    _learn(stage, block)
    try:
        return _run_fast(stage, block, odd, escapes, scratch)
    except duckdb.OutOfMemoryException:
        raise
    except duckdb.Error:
        return None


def _odd_lines(block: Block) -> np.ndarray[Any, Any]:
    """Lines to keep away from DuckDB: very long, very nested, not UTF-8, or with a NUL."""
    lengths = block.ends - block.starts
    odd = lengths > FAST_LINE_BYTES
    data = block.data
    if not data.isascii():
        try:
            data.decode("utf-8")
        except UnicodeDecodeError:
            for index in range(len(odd)):
                if not odd[index]:
                    odd[index] = not _is_utf8(block.line(index))
    if b"\0" in data:
        odd |= _holds(block, 0)
    for index in np.flatnonzero(lengths > 64 * 1024).tolist():
        line = block.line(index)
        odd[index] |= line.count(b"[") + line.count(b"{") > _OPENERS_ALLOWED
    return odd


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _holds(block: Block, byte: int) -> np.ndarray[Any, Any]:
    places = np.flatnonzero(np.frombuffer(block.data, dtype=np.uint8) == byte)
    found = np.zeros(len(block.starts), dtype=bool)
    found[np.maximum(np.searchsorted(block.starts, places, side="right") - 1, 0)] = True
    return found


def _learn(stage: Stage, block: Block) -> None:
    """Look at some lines for unknown fields, so that the fast path reads them along."""
    if len(stage.extras) >= _MAX_LEARNED:
        return
    known = {f.name.lower() for f in stage.feed.fields}
    step = max(1, len(block.starts) // (_SAMPLE_LINES if stage.count == 0 else _SAMPLE_LINES // 10))
    seen: Counter[str] = Counter()
    for index in range(0, len(block.starts), step):
        if block.ends[index] - block.starts[index] > 64 * 1024:
            continue
        row = decode_line(stage.feed, block.line(index))
        if isinstance(row, Row):
            seen.update(row.extra.keys())
    taken = {name.lower() for name in stage.extras}
    for name, _ in seen.most_common(_MAX_LEARNED):
        if _is_learnable(name, known | taken) and len(stage.extras) < _MAX_LEARNED:
            stage.extras = (*stage.extras, name)
            taken.add(name.lower())


def _is_learnable(name: str, taken: set[str]) -> bool:
    return (
        0 < len(name) <= 64
        and name.lower() not in taken
        and not name.startswith("_")
        and _PLAIN_NAME_CHARS.issuperset(name)
    )


def _assembled(block: Block, odd: np.ndarray[Any, Any]) -> tuple[bytes, int]:
    """One line for each line of the file, ``{}`` in place of blank and odd ones; with it, the longest line's length."""
    longest = int((block.ends - block.starts).max())
    if (
        len(block.starts) == block.line_numbers[-1] - block.line_numbers[0] + 1
        and block.starts[0] == 0
        and not odd.any()
    ):
        return block.data, longest
    # A run is a stretch of lines that follow each other in the file; each run is copied as one piece.
    follows = (block.line_numbers[1:] == block.line_numbers[:-1] + 1) & ~odd[1:] & ~odd[:-1]
    heads = np.concatenate([[0], np.flatnonzero(~follows) + 1])
    tails = np.append(heads[1:], len(block.starts))
    pieces: list[bytes] = []
    line = int(block.line_numbers[0])
    for head, tail in zip(heads.tolist(), tails.tolist(), strict=True):
        pieces.append(b"{}\n" * (int(block.line_numbers[head]) - line))
        # The run ends at its last line's end, so that blank lines behind it stay out.
        text = b"{}" if odd[head] else block.data[int(block.starts[head]) : int(block.ends[tail - 1])]
        pieces.append(text + b"\n")
        line = int(block.line_numbers[tail - 1]) + 1
    return b"".join(pieces), longest


def _run_fast(
    stage: Stage, block: Block, odd: np.ndarray[Any, Any], escapes: Numbers, scratch: Path
) -> np.ndarray[Any, Any] | None:
    """Type a block in DuckDB; returns the lines that it could not prove clean, None when it lost count."""
    data, longest = _assembled(block, odd)
    before = int(block.line_numbers[0]) - 1
    con = stage.con
    table = new_table(stage)
    try:
        with as_file(data, scratch) as path:
            source = (
                f"read_json({quoted(path)}, format='newline_delimited', compression='uncompressed', ignore_errors=true, "
                f"maximum_object_size={max(longest + 2, MIB)}, columns={read_columns(stage.feed.name, stage.extras)})"
            )
            typing = typing_sql(stage.feed.name, stage.extras).replace("$before", str(before))
            with _READING:
                con.execute(f"CREATE TEMP TABLE {table} AS {versioned(stage, typing)} FROM {source}))")
        proof = con.execute(f"SELECT _proof FROM {table}").fetchnumpy()["_proof"]
        if len(proof) != int(block.line_numbers[-1]) - before:
            drop_table(stage, table)
            return None
        is_clean = _proved(stage, table, block, proof[block.line_numbers - before - 1], escapes, odd)
        if stage.extras:
            is_clean &= ~np.isin(block.line_numbers, _withheld(stage, table))
        _keep(stage, table, block.line_numbers[is_clean], len(proof))
    except duckdb.Error:
        drop_table(stage, table)
        raise
    return np.flatnonzero(~is_clean)


def _proved(
    stage: Stage, table: str, block: Block, proof: Numbers, escapes: Numbers, odd: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """Which lines are as long as what was found in them; spaces and nulls are counted only where some are missing."""
    # The bytes of each line that its values, as rendered, do not account for.
    missing = block.ends - block.starts - np.abs(proof) - escapes
    is_candidate = (proof != 0) & ~odd
    found: np.ndarray[Any, Any] = is_candidate & (missing == 0)
    open_lines = np.flatnonzero(is_candidate & (missing > 0))
    if len(open_lines):
        found[open_lines] = _explained(stage, table, block, open_lines, missing[open_lines])
    for index in np.flatnonzero(found & (proof < 0)).tolist():
        found[index] = _EXPONENT.search(block.line(index)) is None
    return found


def _explained(stage: Stage, table: str, block: Block, indices: Numbers, missing: Numbers) -> np.ndarray[Any, Any]:
    """Of the lines given: those whose missing bytes are just spaces between tokens and nulls of fields that are null."""
    names = [item.name for item in stage.feed.fields]
    if len(indices) * 4 > len(block.starts):
        excess = count_excess(block.data, block.starts, block.ends, names).of(indices)
    else:
        excess = count_excess(*_lines_alone(block, indices), names)
    explained: np.ndarray[Any, Any] = (excess.held == missing) & ~excess.is_twice
    met = int(np.bitwise_or.reduce(excess.nulls))
    if met:
        # A key given twice, once with a value and once as null, is not clean: the field must be null in the row too.
        bits = [f"(({name_of(n)} IS NOT NULL)::BIGINT << {i})" for i, n in enumerate(names) if met >> i & 1]
        here = stage.con.execute(f"SELECT {' | '.join(bits)} AS bits FROM {table}").fetchnumpy()["bits"]
        rows = block.line_numbers[indices] - int(block.line_numbers[0])
        explained &= (here[rows] & excess.nulls) == 0
    return explained


def _lines_alone(block: Block, indices: Numbers) -> tuple[bytes, Numbers, Numbers]:
    """The bytes of a few lines of a block, with where each starts and ends in them."""
    data = b"\n".join(block.line(index) for index in indices.tolist())
    lengths = block.ends[indices] - block.starts[indices]
    ends = np.cumsum(lengths + 1) - 1
    return data, ends - lengths, ends


def _keep(stage: Stage, table: str, lines: np.ndarray[Any, Any], rows: int) -> None:
    """Leave only these lines' rows in a table."""
    if len(lines) == rows:
        return
    if len(lines) == 0:
        drop_table(stage, table)
        return
    first, last = int(lines[0]), int(lines[-1])
    gone = np.setdiff1d(np.arange(first, last + 1), lines, assume_unique=True)
    stage.con.execute(
        f"DELETE FROM {table} WHERE _line_no < {first} OR _line_no > {last} "
        f"OR _line_no IN (SELECT unnest({gone.tolist()}::BIGINT[]))"
    )


def _withheld(stage: Stage, table: str) -> list[int]:
    """Lines whose unknown fields may not come in; the exact path names the fault."""
    found: list[int] = []
    for name in stage.extras:
        path = quoted(f'$."{name}"')
        value = f"json_extract(_extra, {path})"
        # What is no string is judged by its field's name alone.
        kind = f"(CASE WHEN starts_with({value}::VARCHAR, '\"') THEN {value}::VARCHAR ELSE '1' END)"
        here = f"FROM {table} WHERE _proof <> 0 AND _extra IS NOT NULL AND {value} IS NOT NULL"
        distinct = stage.con.execute(f"SELECT DISTINCT {kind} {here}").fetchall()
        fresh = {(name, text) for (text,) in distinct} - stage.harmless
        bad = {text for _, text in fresh if forbidden(name, json.loads(text))}
        if len(stage.harmless) < _MAX_REMEMBERED:
            stage.harmless |= {one for one in fresh if one[1] not in bad}
        if bad:
            listed = ", ".join(quoted(text) for text in sorted(bad))
            rows = stage.con.execute(f"SELECT _line_no {here} AND {kind} IN ({listed})").fetchall()
            found.extend(line for (line,) in rows)
    return found


def _run_exact(stage: Stage, block: Block, suspects: np.ndarray[Any, Any], tally: Tally) -> None:
    last = len(block.starts) - 1
    rows: list[tuple[int, Row]] = []
    for index in suspects.tolist():
        line_no = int(block.line_numbers[index])
        found = decode_line(stage.feed, block.line(index), is_cut=block.is_cut and index == last)
        if isinstance(found, Fault):
            tally.refuse(line_no, block.byte_offset(index), None, found)
        else:
            rows.append((line_no, found))
    tally.exact_lines += len(suspects)
    insert_rows(stage, rows)
