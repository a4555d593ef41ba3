"""Erasing lines of delivered text (JSONL, CSV, either compressed): finding them, and writing the file anew with blanks in their places.

Belongs here: bytes of lines, blanks, compression. Not here: whether a line is to go (a `Judge`), tables and documents
(`erasure_tables`), the record. Every other line keeps its number and its offset in the decompressed stream.
"""

import gzip
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import zstandard

from assets.ingestion.entity_lines import ABOUT, Standing
from assets.ingestion.file_decoding import compression_of
from assets.ingestion.mapping_language import Mapping as FileMapping
from assets.ingestion.readers.csv_rows import csv_bytes, read_csv_records
from assets.ingestion.source_line import Blank
from assets.ingestion.splitter import Block, Limits, blocks, chunks
from orchestration.core.settings import get_settings

_TO_BLANKS = bytes(byte if byte in b"\r\n" else 0x20 for byte in range(256))
_WINDOW_OVERLAP = 1024
_BLOCK_BYTES = 16 * 2**20
_DEFAULT_LIMITS = Limits(_BLOCK_BYTES, 16 * 2**20, 200)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A delivered file in the vault.

    Attributes:
        path: Where its bytes are.
        sha256: Its name: the digest of the bytes as delivered.
        feed: Feed that it landed under.
        name: Bare name as delivered.
        received_on: Landing day, ``YYYY-MM-DD``.
        mapping: The mapping that reads it, if any.
        limits: What bounds the memory that reading it takes.
    """

    path: Path
    sha256: str
    feed: str
    name: str
    received_on: str
    mapping: FileMapping | None = None
    limits: Limits = _DEFAULT_LIMITS


@dataclass(frozen=True, slots=True)
class Judge:
    """What says of a line whether it is to go (`about`), to be struck (`names`) or to stand (None).

    Attributes:
        of_json: Of a JSONL line's bytes.
        of_value: Of a decoded line: field to value.
        of_text: Of bytes that cannot be decoded, or a stretch of them.
        places: Where in a stretch of bytes lines may be that do not stand; None when every line is to be looked at.
    """

    of_json: Callable[[bytes], Standing | None]
    of_value: Callable[[Mapping[str, Any]], Standing | None]
    of_text: Callable[[bytes], Standing | None]
    places: Callable[[bytes], Iterable[int]] | None = None


@dataclass(slots=True)
class Lines:
    """Lines of one delivered file: those to be blanked and those in which an id is to be struck out. 0 is the whole file."""

    blank: set[int] = field(default_factory=set)
    mask: set[int] = field(default_factory=set)

    def add(self, line: int, standing: Standing | None) -> None:
        """Note what a judge said of a line."""
        if standing == ABOUT:
            self.blank.add(line)
        elif standing is not None:
            self.mask.add(line)

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.blank or self.mask)


def is_jsonl(one: Delivered) -> bool:
    """Whether a file is read as lines of JSON."""
    return one.mapping is None and compression_of(one.name) is not None


def is_csv(one: Delivered) -> bool:
    """Whether a file is read as CSV."""
    if one.mapping is not None:
        return one.mapping.format.kind == "csv"
    return one.name.lower().endswith((".csv", ".csv.gz"))


def reading_limits() -> Limits:
    """Bounds of reading delivered text, as the settings give them."""
    settings = get_settings()
    return Limits(min(settings.block_bytes, _BLOCK_BYTES), settings.max_line_bytes, settings.max_expansion_ratio)


def find_in_jsonl(one: Delivered, judge: Judge) -> Lines:
    """Judge the lines of a JSONL file.

    Raises:
        SourceRejectedError: It cannot be read to its end.
    """
    found = Lines()
    long: dict[int, int] = {}
    compression = compression_of(one.name) or ""
    for block in blocks(one.path, compression, one.limits):
        for index in _candidates(block, judge):
            found.add(int(block.line_numbers[index]), judge.of_json(block.line(index)))
        long.update({offset: line for line, offset in block.too_long})
    if long:
        for offset, _, standing in _long_lines(chunks(one.path, compression, one.limits), set(long), judge.of_text):
            found.add(long[offset], standing)
    return found


def _candidates(block: Block, judge: Judge) -> Iterable[int]:
    if judge.places is None:
        return range(len(block.starts))
    places = np.fromiter(judge.places(block.data), dtype=np.int64)
    indices = np.searchsorted(block.starts, places, side="right") - 1
    inside = (indices >= 0) & (places < block.ends[np.maximum(indices, 0)]) if len(block.starts) else indices < -1
    return [int(index) for index in np.unique(indices[inside])]


def _long_lines(
    source: Iterable[bytes], starts: set[int], of_text: Callable[[bytes], Standing | None]
) -> Iterator[tuple[int, int, Standing | None]]:
    """Lines too long to hold in memory, at these offsets: (offset, size without the line end, what a judge says of them)."""
    waiting = sorted(starts, reverse=True)
    position, begun, standing, tail = 0, None, cast("Standing | None", None), b""
    for piece in source:
        at = 0
        while at < len(piece):
            if begun is None:
                if not waiting or waiting[-1] >= position + len(piece):
                    break
                begun, standing, tail = waiting.pop(), None, b""
                at = begun - position
            end = piece.find(b"\n", at)
            stretch = tail + piece[at : end if end >= 0 else len(piece)]
            standing = standing or of_text(stretch)
            tail = stretch[-_WINDOW_OVERLAP:]
            if end < 0:
                break
            yield begun, position + end - begun, standing
            begun, at = None, end + 1
        position += len(piece)
    if begun is not None:
        yield begun, position - begun, standing


def find_in_csv(one: Delivered, judge: Judge) -> Lines:
    """Judge the records of a CSV file, each under the number of its first line.

    Raises:
        SourceRejectedError: It cannot be read to its end.
    """
    found = Lines()
    if judge.places is not None and not any(_hits(csv_bytes(one.path, one.mapping, one.name).chunks, judge)):
        return found
    broken: dict[tuple[int, int], int] = {}
    for line, offset, size in read_csv_records(one.path, one.feed, one.mapping, one.name):
        if isinstance(line, Blank):
            continue
        if line.value is None and line.delivered is None:
            broken[offset, size] = line.line_no
        else:
            found.add(line.line_no, judge.of_value({**(line.delivered or {}), **(line.value or {})}))
    if broken:
        source = csv_bytes(one.path, one.mapping, one.name).chunks
        for span, standing in _judged_stretches(source, sorted(broken), judge.of_text):
            found.add(broken[span], standing)
    return found


def _hits(source: Iterable[bytes], judge: Judge) -> Iterator[bool]:
    tail = b""
    for piece in source:
        yield judge.of_text(tail + piece) is not None
        tail = piece[-_WINDOW_OVERLAP:]


def _judged_stretches(
    source: Iterable[bytes], spans: list[tuple[int, int]], of_text: Callable[[bytes], Standing | None]
) -> Iterator[tuple[tuple[int, int], Standing | None]]:
    """What a judge says of stretches (offset, size) of a stream, in order; they do not overlap."""
    position, tail, standing = 0, b"", cast("Standing | None", None)
    waiting = iter(spans)
    span = next(waiting, None)
    for piece in chain(source, (b"",)):
        while (span is not None and span[0] < position + len(piece)) or (span is not None and not piece):
            begin, end = span[0], span[0] + span[1]
            stretch = tail + piece[max(begin - position, 0) : max(end - position, 0)]
            standing = standing or of_text(stretch)
            if end > position + len(piece) and piece:
                tail = stretch[-_WINDOW_OVERLAP:]
                break
            yield span, standing
            span, tail, standing = next(waiting, None), b"", None
        position += len(piece)


def rewrite_jsonl(one: Delivered, lines: Lines, strike: Callable[[bytes], bytes], target: Path) -> None:
    """Write a JSONL file anew: blanks in the places of lines, ids struck out of others.

    Args:
        one: The file.
        lines: Which lines.
        strike: Gives as many bytes back as it takes.
        target: Where to.
    """
    compression = compression_of(one.name) or ""
    wanted = lines.blank | lines.mask
    spans: list[tuple[int, int, bool]] = []
    long: set[int] = set()
    for block in blocks(one.path, compression, one.limits):
        for index in np.flatnonzero(np.isin(block.line_numbers, list(wanted))).tolist():
            is_mask = int(block.line_numbers[index]) not in lines.blank
            spans.append((block.byte_offset(index), int(block.ends[index] - block.starts[index]), is_mask))
        long.update(offset for line, offset in block.too_long if line in wanted)
    if long:
        found = _long_lines(chunks(one.path, compression, one.limits), long, lambda _: None)
        spans += [(offset, size, False) for offset, size, _ in found]
    with _compressed(target, compression) as write:
        for piece in _changed(chunks(one.path, compression, one.limits), sorted(spans), strike):
            write(piece)


def rewrite_csv(one: Delivered, lines: Lines, strike: Callable[[bytes], bytes], target: Path) -> None:
    """Write a CSV file anew, as `rewrite_jsonl` does; a record over several lines leaves as many blank ones."""
    spans = []
    for line, offset, size in read_csv_records(one.path, one.feed, one.mapping, one.name):
        if line.line_no in lines.blank or line.line_no in lines.mask:
            spans.append((offset, size, line.line_no not in lines.blank))
    stream = csv_bytes(one.path, one.mapping, one.name)
    with _compressed(target, "gz" if one.name.lower().endswith(".gz") else "") as write:
        pieces = _changed(stream.chunks, spans, strike)
        if stream.is_delivered:
            for piece in pieces:
                write(piece)
        else:
            _write_encoded(pieces, stream.delivered, write)


def _write_encoded(pieces: Iterable[bytes], encoding: str, write: Callable[[bytes], object]) -> None:
    import codecs

    decoder, encoder = codecs.getincrementaldecoder("utf-8")(), codecs.getincrementalencoder(encoding)()
    for piece in pieces:
        write(encoder.encode(decoder.decode(piece)))
    write(encoder.encode(decoder.decode(b"", final=True), final=True))


def _changed(
    source: Iterable[bytes], spans: list[tuple[int, int, bool]], strike: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """A stream with stretches blanked (line ends stay) or struck; spans are sorted and do not overlap."""
    position = 0
    waiting = iter(spans)
    span = next(waiting, None)
    held = b""
    for piece in source:
        data, start = held + piece, position - len(held)
        position += len(piece)
        held, out, at = b"", [], 0
        while span is not None and span[0] < start + len(data):
            offset, size, is_mask = span
            begin, end = max(offset - start, 0), offset + size - start
            out.append(data[at:begin])
            if end > len(data):
                if is_mask:
                    held = data[begin:]
                else:
                    out.append(data[begin:].translate(_TO_BLANKS))
                at = len(data)
                break
            part = data[begin:end]
            out.append(strike(part) if is_mask else part.translate(_TO_BLANKS))
            at, span = end, next(waiting, None)
        out.append(data[at:])
        yield b"".join(out)
    if held:
        yield strike(held)


@contextmanager
def _compressed(target: Path, compression: str) -> Iterator[Callable[[bytes], object]]:
    with target.open("wb") as plain:
        if compression == "gz":
            with gzip.GzipFile(filename="", mode="wb", fileobj=plain, compresslevel=6, mtime=0) as packed:
                yield packed.write
        elif compression == "zst":
            with zstandard.ZstdCompressor(level=3, write_checksum=True).stream_writer(
                cast("IO[bytes]", plain), closefd=False
            ) as packed_zst:
                yield packed_zst.write
        else:
            yield plain.write
