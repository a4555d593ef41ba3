"""The words that a Statement of Reasons may use, read from vocabulary.json, which names the source of each list.

Loading and looking up belong here; which field takes which list stands in rules.py.
"""

from functools import cache
from importlib.resources import files

import msgspec


class Vocabulary(msgspec.Struct, frozen=True):
    """The lists of vocabulary.json."""

    sources: dict[str, str]
    enums: dict[str, frozenset[str]]
    keywords_of_category: dict[str, frozenset[str]]
    renamed: dict[str, str]
    removed: frozenset[str]
    url_schemes: frozenset[str]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary in force (schema of 1 July 2025), read once."""
    return msgspec.json.decode(files(__package__).joinpath("vocabulary.json").read_bytes(), type=Vocabulary)
