"""The splitter: a delivered file becomes blocks of whole lines with exact line numbers and byte offsets.

Belongs here: decompression with its checks, line ends, blank lines, lines too long, bombs. Not here: what a line says.
Memory is bounded by the block size and the longest line allowed, whatever the file's size.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol, cast

import numpy as np
import numpy.typing as npt
import zstandard
from isal import igzip, igzip_lib

from assets.ingestion.source_line import SourceRejectedError

MIB = 1024 * 1024
BOMB_GRACE_BYTES = 64 * MIB
_BLANK_BYTES = b" \t\n\v\f\r"
_BOM = b"\xef\xbb\xbf"
_ZSTD_STEP = 1024

# igzip's error is an object to its type stub; named once.
_DAMAGE = cast("tuple[type[Exception], ...]", (OSError, zlib.error, igzip_lib.IsalError, zstandard.ZstdError))

Positions = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds memory and refuses bombs.

    Attributes:
        block_bytes: Decompressed bytes taken at a time.
        max_line_bytes: A longer line is passed over unread.
        max_expansion_ratio: Decompressed over delivered size beyond which a file is refused (asked past 64 MiB).
    """

    block_bytes: int
    max_line_bytes: int
    max_expansion_ratio: int


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines in the order of the file.

    Attributes:
        data: The bytes, line ends included.
        starts: For each non-blank line, where its bytes start in ``data``.
        ends: Where they end, the line end (LF, or CR LF) left out.
        line_numbers: Their 1-based physical line numbers.
        offset: Byte offset of ``data`` in the decompressed stream.
        blank: Number of blank lines in the block.
        too_long: (line number, byte offset) of lines passed over; they are not in ``data``.
        is_cut: Whether the last line has no line end.
    """

    data: bytes
    starts: Positions
    ends: Positions
    line_numbers: Positions
    offset: int
    blank: int
    too_long: list[tuple[int, int]] = field(default_factory=list)
    is_cut: bool = False

    def line(self, index: int) -> bytes:
        """Bytes of the ``index``-th non-blank line, without its line end."""
        return self.data[int(self.starts[index]) : int(self.ends[index])]

    def byte_offset(self, index: int) -> int:
        """Where that line starts in the decompressed stream."""
        return self.offset + int(self.starts[index])


class _Reader(Protocol):
    def read(self, size: int, /) -> bytes: ...


class _ZstdReader:
    """Reads zstd frames, checksums checked, and tells a cut file from a whole one."""

    def __init__(self, handle: IO[bytes]) -> None:
        self._handle = handle
        self._frame = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj(read_across_frames=False)
        self._inside = False
        self._ready = bytearray()

    def _more(self) -> bool:
        chunk = self._handle.read(_ZSTD_STEP)
        if not chunk:
            if self._inside:
                raise EOFError("the last frame is not complete")
            return False
        while chunk:
            self._ready += self._frame.decompress(chunk)
            self._inside = not self._frame.eof
            chunk = b""
            if self._frame.eof:
                chunk = self._frame.unused_data
                self._frame = zstandard.ZstdDecompressor(max_window_size=2**27).decompressobj(read_across_frames=False)
        return True

    def read(self, size: int, /) -> bytes:
        while len(self._ready) < size and self._more():
            pass
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken


def _guarded(reader: _Reader, delivered: int, limits: Limits, step: int) -> Iterator[bytes]:
    """Chunks of the decompressed stream; raises SourceRejectedError on damage and on bombs."""
    seen = 0
    while True:
        try:
            chunk = reader.read(step)
        except EOFError as error:
            raise SourceRejectedError(
                "truncated_file", f"the compressed stream ends too early after {seen} bytes; deliver the file again"
            ) from error
        except _DAMAGE as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise
            raise SourceRejectedError(
                "corrupt_file", f"the compressed stream is damaged after {seen} bytes ({type(error).__name__})"
            ) from error
        if not chunk:
            return
        seen += len(chunk)
        if seen > BOMB_GRACE_BYTES and seen > delivered * limits.max_expansion_ratio:
            raise SourceRejectedError(
                "expands_too_far", f"{delivered} bytes delivered expand beyond {limits.max_expansion_ratio} times that"
            )
        yield chunk


def chunks(path: Path, compression: str, limits: Limits) -> Iterator[bytes]:
    """Decompress a file piece by piece.

    Args:
        path: The delivered bytes.
        compression: ``gz``, ``zst`` or empty.
        limits: Bounds.

    Yields:
        Non-empty pieces of the decompressed stream.

    Raises:
        SourceRejectedError: Truncated, corrupt (CRC included) or expanding too far.
    """
    delivered = path.stat().st_size
    step = min(limits.block_bytes, 4 * MIB)
    if compression and delivered == 0:
        raise SourceRejectedError("truncated_file", "0 bytes are not a compressed stream; deliver the file again")
    with path.open("rb") as handle:
        if compression == "gz":
            with igzip.IGzipFile(fileobj=handle, mode="rb") as unpacked:
                yield from _guarded(unpacked, delivered, limits, step)
        elif compression == "zst":
            yield from _guarded(_ZstdReader(handle), delivered, limits, step)
        else:
            yield from _guarded(handle, max(delivered, 1), limits, step)


def _index(data: bytes, first_line: int, offset: int) -> tuple[Block, int]:
    """Find the lines of a block; returns it and the number of lines in it."""
    view = np.frombuffer(data, dtype=np.uint8)
    breaks = np.flatnonzero(view == 10)
    is_cut = len(data) > 0 and view[-1] != 10
    ends = np.append(breaks, len(data)) if is_cut else breaks
    starts = np.empty_like(ends)
    if len(ends):
        starts[0] = 0
        starts[1:] = ends[:-1] + 1
    if offset == 0 and data.startswith(_BOM):
        starts[0] = 3
    filled = ends > starts
    with_return = filled & (view[np.maximum(ends - 1, 0)] == 13)
    ends = ends - with_return
    filled = ends > starts
    # Only a line whose first byte is white space can be blank without being empty.
    leading = np.flatnonzero(filled & (view[np.minimum(starts, max(len(data) - 1, 0))] <= 32))
    for index in leading:
        if not data[starts[index] : ends[index]].strip(_BLANK_BYTES):
            filled[index] = False
    numbers = np.arange(first_line, first_line + len(ends), dtype=np.int64)
    kept = slice(None) if filled.all() else filled
    block = Block(
        data=data,
        starts=starts[kept],
        ends=ends[kept],
        line_numbers=numbers[kept],
        offset=offset,
        blank=int(len(ends) - filled.sum()),
        is_cut=bool(is_cut),
    )
    return block, len(ends)


@dataclass(slots=True)
class _Progress:
    """Where the splitter stands: numbers of the next line and the next byte, lines passed over."""

    line: int = 1
    offset: int = 0
    too_long: list[tuple[int, int]] = field(default_factory=list)

    def emit(self, data: bytes) -> Block:
        block, count = _index(data, self.line, self.offset)
        self.line += count
        self.offset += len(data)
        block.too_long.extend(self.too_long)
        self.too_long = []
        return block

    def pass_over(self, length: int, *, ends: bool) -> None:
        self.offset += length
        self.line += int(ends)


def blocks(path: Path, compression: str, limits: Limits) -> Iterator[Block]:
    """Split a text file into blocks of whole lines.

    A lone CR is no line end. A byte-order mark at the start is left out of line 1. Lines over ``max_line_bytes`` are
    told by number and offset in ``Block.too_long`` of the block that follows them.

    Args:
        path: The delivered bytes.
        compression: ``gz``, ``zst`` or empty.
        limits: Bounds.

    Yields:
        Blocks in order; every line is in exactly one (non-blank, blank, or too long).

    Raises:
        SourceRejectedError: Truncated, corrupt or expanding too far.
    """
    return _assemble(chunks(path, compression, limits), limits)


def _assemble(pieces: Iterator[bytes], limits: Limits) -> Iterator[Block]:
    state = _Progress()
    pending: list[bytes] = []
    size = 0
    skipping = False
    for piece in pieces:
        rest = piece
        if skipping:
            cut = rest.find(b"\n") + 1
            state.pass_over(cut or len(rest), ends=bool(cut))
            if not cut:
                continue
            rest, skipping = rest[cut:], False
        cut = rest.rfind(b"\n") + 1
        if cut and size + cut >= limits.block_bytes:
            yield from _cut_out_long(b"".join([*pending, rest[:cut]]), state, limits)
            pending, size = [rest[cut:]], len(rest) - cut
        else:
            pending.append(rest)
            size += len(rest)
        if size > limits.block_bytes + limits.max_line_bytes:
            data = b"".join(pending)
            head = data.rfind(b"\n") + 1
            if head:
                yield from _cut_out_long(data[:head], state, limits)
            if len(data) - head > limits.max_line_bytes:
                state.too_long.append((state.line, state.offset))
                state.pass_over(len(data) - head, ends=False)
                pending, size, skipping = [], 0, True
            else:
                pending, size = [data[head:]], len(data) - head
    if skipping:
        state.line += 1
    data = b"".join(pending)
    if data or state.too_long:
        yield from _cut_out_long(data, state, limits)


def _cut_out_long(data: bytes, state: _Progress, limits: Limits) -> Iterator[Block]:
    """Emit a block, or the blocks around lines that are too long."""
    if len(data) <= limits.max_line_bytes:
        yield state.emit(data)
        return
    line, offset = state.line, state.offset
    block = state.emit(data)
    if not len(block.starts) or int((block.ends - block.starts).max()) <= limits.max_line_bytes:
        yield block
        return
    state.line, state.offset, state.too_long = line, offset, block.too_long
    position = 0
    for start, end in _long_lines(data, limits.max_line_bytes):
        if start > position:
            yield state.emit(data[position:start])
        state.too_long.append((state.line, state.offset))
        state.pass_over(end - start, ends=True)
        position = end
    if position < len(data) or state.too_long:
        yield state.emit(data[position:])


def _long_lines(data: bytes, limit: int) -> list[tuple[int, int]]:
    breaks = np.append(np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == 10), len(data))
    starts = np.concatenate([[0], breaks[:-1] + 1])
    long = np.flatnonzero(breaks - starts > limit)
    return [(int(starts[i]), min(int(breaks[i]) + 1, len(data))) for i in long]


def read_lines(path: Path, compression: str, limits: Limits, wanted: set[int]) -> Iterator[tuple[int, bytes]]:
    """Yield (line number, bytes) of the non-blank lines that are wanted, in order, and stop after the last."""
    last = max(wanted, default=0)
    for block in blocks(path, compression, limits):
        for index in _wanted(block, wanted):
            yield int(block.line_numbers[index]), block.line(index)
        if len(block.line_numbers) and block.line_numbers[-1] >= last:
            return


def line_offsets(path: Path, compression: str, limits: Limits, wanted: set[int]) -> dict[int, int]:
    """Byte offsets, in the decompressed stream, of the non-blank lines that are wanted."""
    found = {}
    for block in blocks(path, compression, limits):
        for index in _wanted(block, wanted):
            found[int(block.line_numbers[index])] = block.byte_offset(index)
        if len(found) == len(wanted):
            break
    return found


def _wanted(block: Block, wanted: set[int]) -> list[int]:
    return [int(i) for i in np.flatnonzero(np.isin(block.line_numbers, list(wanted)))]
