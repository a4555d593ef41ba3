"""Decisions as `marts.fct_dsa_decisions` holds them, and a published copy with such a table.

Only building them belongs here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.core.home import Home
from tests.unit.reports.published_copy import build_copy

DECISIONS = (
    "event_date date, decision_id varchar, decided_at timestamptz, applied_on date, account_id varchar, content_id varchar, "
    "target_kind varchar, surface varchar, dsa_service varchar, service_kind varchar, recipient_country varchar, "
    "policy_code varchar, dsa_category varchar, dsa_keyword varchar, ground varchar, legal_ground varchar, "
    "terms_ground varchar, terms_provision varchar, explanation varchar, source varchar, source_id varchar, "
    "is_own_initiative boolean, automated_detection boolean, automated_decision varchar, visibility varchar, monetary varchar, "
    "provision varchar, account varchar, visibility_ends_on date, monetary_ends_on date, provision_ends_on date, "
    "account_ends_on date, content_kind varchar, content_created_on date, content_language varchar, territorial_scope varchar, "
    "in_report boolean, in_sor boolean, scope_basis varchar, report_exclusion varchar, sor_exclusion varchar, "
    "action_ids varchar, action_count bigint, reversed_at timestamptz, _batch_id bigint, _file_id bigint, _line_no bigint"
)


def decision(**changes: Any) -> dict[str, Any]:
    """A decision of which a sound statement is made, with some columns changed."""
    return {
        "event_date": date(2026, 5, 2),
        "decision_id": "dec-1",
        "decided_at": datetime(2026, 5, 2, 23, 30, tzinfo=UTC),
        "applied_on": date(2026, 5, 3),
        "account_id": "acct-1",
        "content_id": "cnt-1",
        "target_kind": "content",
        "surface": "chat",
        "dsa_service": "example_gallery",
        "policy_code": "fraud_scams",
        "dsa_category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "dsa_keyword": "KEYWORD_PHISHING",
        "ground": "terms",
        "legal_ground": None,
        "terms_ground": "Section 4 of the terms",
        "terms_provision": None,
        "explanation": "Phishing is forbidden.",
        "source": "own_initiative",
        "automated_detection": True,
        "automated_decision": "partially",
        "visibility": '["DECISION_VISIBILITY_CONTENT_REMOVED"]',
        "monetary": "[]",
        "provision": "[]",
        "account": "[]",
        "content_kind": "text",
        "content_created_on": date(2026, 4, 30),
        "content_language": "el",
        "territorial_scope": '["FR","EL","DE"]',
        "in_sor": True,
        **changes,
    }


def copy_of(home: Home, rows: Iterable[Mapping[str, Any]], *, is_synthetic: bool = False) -> Home:
    """Publish a copy whose `fct_dsa_decisions` holds these rows, lines numbered from 1 unless told."""
    path = build_copy(home, {}, is_synthetic=is_synthetic)
    write_decisions(path, rows)
    return home


def write_decisions(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Let a database's `fct_dsa_decisions` hold just these rows."""
    with duckdb.connect(str(path)) as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"create or replace table marts.fct_dsa_decisions ({DECISIONS})")
        for number, row in enumerate(rows, start=1):
            values = {"_batch_id": 1, "_file_id": 1, "_line_no": number, **row}
            marks = ", ".join("?" for _ in values)
            con.execute(
                f"insert into marts.fct_dsa_decisions ({', '.join(values)}) values ({marks})", list(values.values())
            )
