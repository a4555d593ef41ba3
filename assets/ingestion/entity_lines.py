"""One line against one entity: is it about it, does it name it, and what is left when the id is struck out.

Belongs here: judging a decoded line, the id as a token in text, striking it out. Not here: files (`erasure_text`,
`erasure_tables`), which fields name whom (orchestration/core/entity_fields).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from assets.ingestion.cells import LIST_SEPARATOR
from orchestration.core.entity_fields import KEPT_FEEDS, Bearing, EntityKind, bearings_of

ABOUT: Literal["about"] = "about"
NAMES: Literal["names"] = "names"
Standing = Literal["about", "names"]

_EDGE = "[A-Za-z0-9_-]"
_DISTINCT_LENGTH = 8
STROKE = "*"


@dataclass(frozen=True)
class Entity:
    """Somebody whose lines are looked for.

    Attributes:
        kind: `account`, `reporter` or `sender`.
        id: As the request gives it.
    """

    kind: EntityKind
    id: str

    @property
    def is_folded(self) -> bool:
        """Whether upper and lower case are one: reporters are told by a hash, which may arrive in either."""
        return self.kind == "reporter"

    @property
    def is_distinct(self) -> bool:
        """Whether the id can be told from an ordinary word or number in a text."""
        return len(self.id) >= _DISTINCT_LENGTH and any(letter.isdigit() for letter in self.id)

    @cached_property
    def token(self) -> re.Pattern[str]:
        """The id standing alone in a text."""
        return re.compile(_pattern(self.id), re.IGNORECASE if self.is_folded else 0)

    @cached_property
    def byte_token(self) -> re.Pattern[bytes]:
        """The id standing alone in UTF-8 bytes, plain or as JSON escapes it."""
        pattern = "|".join(re.escape(one.decode()) for one in self.spellings)
        return re.compile(
            f"(?<!{_EDGE})(?:{pattern})(?!{_EDGE})".encode(), re.IGNORECASE if self.is_folded else re.NOFLAG
        )

    @cached_property
    def spellings(self) -> tuple[bytes, ...]:
        """The id in UTF-8, plain and as JSON escapes it."""
        escaped = json.dumps(self.id)[1:-1]
        return tuple(sorted({one.encode() for one in (self.id, escaped, escaped.replace("/", "\\/"))}))

    def places(self, data: bytes) -> Iterator[int]:
        """Where the id may stand in a stretch of bytes, in order of spelling, then place; quick, and misses none that stands alone."""
        hay = data.lower() if self.is_folded else data
        for spelling in self.spellings:
            needle = spelling.lower() if self.is_folded else spelling
            at = hay.find(needle)
            while at >= 0:
                yield at
                at = hay.find(needle, at + 1)

    def is_in(self, data: bytes) -> bool:
        """Whether the id stands alone somewhere in a stretch of bytes."""
        return next(self.places(data), None) is not None and self.byte_token.search(data) is not None

    def equals(self, value: object) -> bool:
        """Whether a field's value is this id."""
        if value is None or isinstance(value, bool | dict | list):
            return False
        text = str(value).strip()
        return text.lower() == self.id.lower() if self.is_folded else text == self.id


def _pattern(text: str) -> str:
    return f"(?<!{_EDGE}){re.escape(text)}(?!{_EDGE})"


def standing(entity: Entity, feed: str, value: Mapping[str, Any]) -> Standing | None:
    """Judge a decoded line.

    Args:
        entity: Whom it may concern.
        feed: Its feed.
        value: Field to JSON-like value, as a reader hands it on; fields outside the contract too.

    Returns:
        `about` when the line is the entity's (erase it), `names` when it is another's that names it (strike the id out), else None.
        A line that names an id which cannot be told from a word is taken for the entity's.
    """
    if feed in KEPT_FEEDS:
        return None
    named = False
    for bearing in bearings_of(feed, entity.kind):
        if bearing.when and str(value.get(bearing.when[0])) != bearing.when[1]:
            continue
        ids = list(_ids(bearing, value.get(bearing.field)))
        if any(entity.equals(one) for one in ids):
            if bearing.is_about and all(entity.equals(one) for one in ids):
                return ABOUT
            named = True
    if not named and entity.is_distinct:
        named = any(entity.token.search(text) for text in _texts(value))
    if named:
        return NAMES if entity.is_distinct else ABOUT
    return None


def _ids(bearing: Bearing, value: object) -> Iterator[object]:
    if bearing.inner:
        for item in value if isinstance(value, list) else []:
            if isinstance(item, dict):
                yield item.get(bearing.inner)
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, str) and bearing.field.endswith("_ids"):
        yield from (part.strip() for part in value.split(LIST_SEPARATOR))
    else:
        yield value


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def standing_of_text(entity: Entity, feed: str, raw: bytes) -> Standing | None:
    """Judge a line that cannot be decoded: one that holds the id is the entity's, where its feed names such entities at all."""
    if feed in KEPT_FEEDS or not (entity.is_distinct or bearings_of(feed, entity.kind)):
        return None
    return ABOUT if entity.is_in(raw) else None


def standing_of_json(entity: Entity, feed: str, raw: bytes) -> Standing | None:
    """Judge a JSONL line; what is no JSON object, or names a key twice, is judged as text."""
    try:
        value = json.loads(raw, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return standing_of_text(entity, feed, raw)
    if not isinstance(value, dict):
        return standing_of_text(entity, feed, raw)
    found = standing(entity, feed, value)
    if found == NAMES and not _is_struck(entity, feed, raw):
        return ABOUT  # spelled in a way that cannot be struck out
    return found


def _is_struck(entity: Entity, feed: str, raw: bytes) -> bool:
    try:
        return standing(entity, feed, json.loads(strike_bytes(entity, raw))) is None
    except ValueError:
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def strike_bytes(entity: Entity, raw: bytes) -> bytes:
    """The same bytes, as many, with the id struck out wherever it stands alone; unchanged where it could be a word."""
    if not entity.is_distinct:
        return raw
    return entity.byte_token.sub(lambda match: STROKE.encode() * len(match.group()), raw)


def strike(entity: Entity, value: Any) -> Any:  # noqa: ANN401  any JSON-like value, of which the like is returned
    """The same value with the id struck out of its texts; unchanged where the id could be a word."""
    if not entity.is_distinct:
        return value
    if isinstance(value, str):
        return entity.token.sub(lambda match: STROKE * len(match.group()), value)
    if isinstance(value, dict):
        return {key: strike(entity, item) for key, item in value.items()}
    if isinstance(value, list):
        return [strike(entity, item) for item in value]
    return value
