"""Delivered bytes as a stream: gzip undone with its checks, expansion bounded, the encoding settled.

Belongs here: opening, decompressing, choosing an encoding. Does not belong here: lines, rows, or any format's grammar.
"""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from assets.ingestion.source_line import SourceRejectedError
from orchestration.core.settings import get_settings

CHUNK_BYTES = 1 << 20
UNCHECKED_EXPANSION_BYTES = 64 << 20
"""Decompressed bytes up to which the ratio is not looked at: small files compress as they like."""


def chunks(path: Path, name: str) -> Iterator[bytes]:
    """Read a file's decompressed bytes in order, one chunk of at most 1 MiB in memory.

    Args:
        path: Where the bytes are (the vault).
        name: The delivered name; a last part `.gz` means gzip.

    Raises:
        SourceRejectedError: `truncated_file`, `corrupt_file` (CRC, not gzip) or `expansion_limit`.
    """
    limit = get_settings().max_expansion_ratio * max(path.stat().st_size, 1)
    read = 0
    try:
        with _opened(path, name) as stream:
            while chunk := stream.read(CHUNK_BYTES):
                read += len(chunk)
                if read > UNCHECKED_EXPANSION_BYTES and read > limit:
                    raise SourceRejectedError("expansion_limit", f"more than {limit} bytes come out of this file")
                yield chunk
    except EOFError as error:
        raise SourceRejectedError("truncated_file", "the compressed data stop before their end") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceRejectedError("corrupt_file", "the compressed data do not fit their check sum") from error


def _opened(path: Path, name: str) -> BinaryIO:
    if name.lower().endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def choose_encoding(path: Path, name: str, encodings: tuple[str, ...]) -> str:
    """Settle which encoding a file is in: the first that decodes all of it, else the first of the list.

    With one encoding the file is not read: lines that do not decode are refused one by one.
    """
    if len(encodings) == 1:
        return encodings[0]
    for encoding in encodings:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        try:
            for chunk in chunks(path, name):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    return encodings[0]


def is_bytewise(encoding: str) -> bool:
    """Whether line ends can be found in the bytes: true of UTF-8 and of the single-byte code pages."""
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    return "\r\n,".encode(plain) == b"\r\n,"


def utf8_chunks(path: Path, name: str, encoding: str) -> Iterator[bytes]:
    """Read a file as UTF-8, whatever encoding it is in, without a byte order mark.

    Raises:
        SourceRejectedError: also `bad_encoding` when the bytes do not decode.
    """
    decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)("strict")
    try:
        for chunk in chunks(path, name):
            yield decoder.decode(chunk).encode()
        yield decoder.decode(b"", final=True).encode()
    except UnicodeError as error:
        raise SourceRejectedError("bad_encoding", f"the file is not {encoding}") from error


class ChunkReader:
    """An object with `read` over an iterator of chunks, for libraries that pull."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes (all that is left when negative), empty at the end."""
        while size < 0 or len(self._rest) < size:
            chunk = next(self._source, None)
            if chunk is None:
                break
            self._rest += chunk
        taken, self._rest = (self._rest, b"") if size < 0 else (self._rest[:size], self._rest[size:])
        return taken
