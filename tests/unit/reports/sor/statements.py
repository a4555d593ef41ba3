"""A statement that the database takes and that we have nothing to say about, to be changed by tests.

Only building statements belongs here.
"""

from __future__ import annotations

from typing import Any

ABSENT = object()


def statement(**changes: Any) -> dict[str, Any]:
    """A complete statement with some fields changed; `ABSENT` takes a field out."""
    made: dict[str, Any] = {
        "puid": "case-1",
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "Section 4 of the terms",
        "incompatible_content_explanation": "Phishing is forbidden.",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "category_specification": ["KEYWORD_PHISHING"],
        "territorial_scope": ["DE", "FR"],
        "content_language": "EN",
        "content_date": "2026-01-02",
        "application_date": "2026-01-03",
        "decision_facts": "A message asked for passwords.",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_PARTIALLY",
    }
    made |= changes
    return {name: value for name, value in made.items() if value is not ABSENT}
