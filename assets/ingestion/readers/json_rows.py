"""JSON documents as source lines, with element numbers.

Belongs here: streaming the elements of one array, wherever it lies. Not here: mapping rules, STIX, evaluation logs.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assets.ingestion.mapping_language import Format, Mapping, PathStep
from assets.ingestion.readers.records import mapped_line, own_record
from assets.ingestion.readers.streams import ChunkReader, choose_encoding, utf8_chunks
from assets.ingestion.source_line import Lines, SourceLine, SourceRejectedError

MAX_DEPTH = 200
"""Nesting beyond which an element is refused: no feed holds more than a few levels."""

_OWN = Format("json")


class Element(dict[str, Any]):
    """A JSON object that knows whether one of its keys came twice."""

    has_repeated_key = False

    def __setitem__(self, key: str, value: object) -> None:
        """Set a key, noting a second time."""
        if key in self:
            self.has_repeated_key = True
        super().__setitem__(key, value)


def read_json(path: Path, feed: str, mapping: Mapping | None, name: str) -> Lines:
    """Read the elements of one array, one in memory at a time.

    Args:
        path: Where the bytes are.
        feed: The feed's name.
        mapping: The mapping in force (its `format.rows` says which array), or None for an array of the feed's own fields.
        name: The delivered name.

    Raises:
        SourceRejectedError: `not_json`, `bad_encoding` or `rows_missing`.
    """
    layout = mapping.format if mapping is not None else _OWN
    own = own_record(feed)
    for number, element in elements(path, name, layout.rows, layout.encoding):
        if (refused := refusal(number, element)) is not None:
            yield refused
        elif mapping is not None:
            yield mapped_line(mapping, number, element)
        else:
            yield SourceLine(number, value=own(element))


def refusal(number: int, element: object) -> SourceLine | None:
    """Refuse an element that is no object, nests too deep, or names a key twice."""
    if not isinstance(element, dict):
        return SourceLine(number, reason="not_an_object", detail="the element is not a JSON object", json_path="$")
    stack: list[tuple[object, int]] = [(element, 1)]
    while stack:
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            return SourceLine(number, reason="too_deep", detail=f"nested more than {MAX_DEPTH} deep", json_path="$")
        if isinstance(value, Element) and value.has_repeated_key:
            return SourceLine(number, reason="duplicate_key", detail="an object names a key twice", json_path="$")
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        stack.extend((item, depth + 1) for item in inner)
    return None


def elements(
    path: Path, name: str, rows: tuple[PathStep, ...], encodings: tuple[str, ...] = ("utf-8",)
) -> Iterator[tuple[int, Any]]:
    """Stream (element number from 1, value) of the array at `rows`.

    Raises:
        SourceRejectedError: `not_json`, `bad_encoding`, `truncated_file`, or `rows_missing` when there is no such array.
    """
    import ijson

    prefix = ".".join("item" if step is None else str(step) for step in rows)
    encoding = choose_encoding(path, name, encodings)
    number = 0
    try:
        source = ChunkReader(utf8_chunks(path, name, encoding))
        for number, element in enumerate(ijson.items(source, prefix, use_float=True, map_type=Element), start=1):
            yield number, element
        if not number:
            _check_array(ChunkReader(utf8_chunks(path, name, encoding)), prefix)
    except (ijson.JSONError, ValueError, OverflowError) as error:
        if "premature EOF" in str(error) or "incomplete" in str(error).lower():
            raise SourceRejectedError("truncated_file", "the JSON document stops before its end") from error
        raise SourceRejectedError("not_json", "the file is not one JSON document") from error


def _check_array(source: ChunkReader, prefix: str) -> None:
    """Tell an empty array from an absent one."""
    import ijson

    wanted = prefix.removesuffix("item").removesuffix(".")
    if not any(place == wanted and event == "start_array" for place, event, _ in ijson.parse(source)):
        path = "$" if not wanted else "$." + wanted.replace(".item", "[*]")
        raise SourceRejectedError("rows_missing", f"the document has no array at {path}")
