"""What the database keeps of a statement that it took, and how its daily dump prints that.

Belongs here: dropping, trimming and turning values into text as the database does, and the dump's own losses (line feeds).
Layout and files of the dump stand in dump.py.
"""

import re
from collections.abc import Mapping
from typing import Any

from reports.sor.rules import EAN
from reports.sor.verdict import elements, number_text

LISTS = ("decision_visibility", "category_addition", "category_specification", "content_type", "territorial_scope")
DAYS = (
    "end_date_visibility_restriction", "end_date_monetary_restriction", "end_date_service_restriction",
    "end_date_account_restriction", "content_date", "application_date",
)  # fmt: skip
FREE_TEXTS = (
    "decision_visibility_other", "decision_monetary_other", "decision_ground_reference_url",
    "illegal_content_legal_ground", "illegal_content_explanation", "incompatible_content_ground",
    "incompatible_content_explanation", "category_specification_other", "content_type_other", "decision_facts",
    "source_identity",
)  # fmt: skip
CODES = (
    "decision_monetary", "decision_provision", "decision_account", "account_type", "decision_ground",
    "incompatible_content_illegal", "category", "content_language", "source_type", "automated_detection",
    "automated_decision", "puid",
)  # fmt: skip
FIELDS = (*LISTS, *DAYS, *FREE_TEXTS, *CODES, "content_id_ean")

_ILLEGAL = "DECISION_GROUND_ILLEGAL_CONTENT"
_INCOMPATIBLE = "DECISION_GROUND_INCOMPATIBLE_CONTENT"
_KEPT_WITH = {
    "decision_visibility_other": ("decision_visibility", "DECISION_VISIBILITY_OTHER"),
    "decision_monetary_other": ("decision_monetary", "DECISION_MONETARY_OTHER"),
    "content_type_other": ("content_type", "CONTENT_TYPE_OTHER"),
    "category_specification_other": ("category_specification", "KEYWORD_OTHER"),
    "illegal_content_legal_ground": ("decision_ground", _ILLEGAL),
    "illegal_content_explanation": ("decision_ground", _ILLEGAL),
    "incompatible_content_ground": ("decision_ground", _INCOMPATIBLE),
    "incompatible_content_explanation": ("decision_ground", _INCOMPATIBLE),
    "incompatible_content_illegal": ("decision_ground", _INCOMPATIBLE),
}
_EDGES = re.compile(r"^[\s\0\ufeff\u200b\u200e]+|[\s\0\ufeff\u200b\u200e]+$")


def kept(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the database keeps of a statement that it accepts in a batch.

    Unknown fields, and texts whose field does not ask for them, are dropped; texts are trimmed and an empty one is none; the
    territorial scope is sorted without repetitions; values that passed for text are written as text.

    Args:
        payload: An accepted statement.

    Returns:
        All of FIELDS: lists of texts, or a text, or None.
    """
    found: dict[str, Any] = {name: _list(payload.get(name)) for name in LISTS}
    found |= {name: _text(payload.get(name)) for name in (*DAYS, *FREE_TEXTS, *CODES)}
    for name, (other, value) in _KEPT_WITH.items():
        if not (value == found[other] or (other in LISTS and value in found[other])):
            found[name] = None
    if found["source_type"] == "SOURCE_VOLUNTARY":
        found["source_identity"] = None
    found["territorial_scope"] = sorted(set(found["territorial_scope"]))
    inside = payload.get("content_id")
    found["content_id_ean"] = _text(inside.get(EAN)) if isinstance(inside, dict) else None
    return found


def printed(statement: Mapping[str, Any]) -> dict[str, Any]:
    """What a reader of the dump gets of a kept statement: line feeds in texts are blanks, and no quote follows a backslash."""
    found = dict(statement)
    for name in FREE_TEXTS:
        text = found[name]
        if text is not None:
            found[name] = printed_text(text) or None
    return found


def printed_text(text: str) -> str:
    """A text as the dump prints it."""
    text = text.replace("\n", " ")
    while '\\"' in text:
        text = text.replace('\\"', '"')
    return text


def _list(value: object) -> list[str]:
    return [text for element in elements(value) if (text := _text(element)) is not None]


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return _EDGES.sub("", value) or None
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return number_text(value)
    texts = [_text(element) or "" for element in elements(value)]
    return '["' + '","'.join(texts) + '"]' if texts else "[]"
