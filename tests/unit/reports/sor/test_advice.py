"""Warnings name what the database lets pass and we would not send."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.sor.advice import warnings
from reports.sor.verdict import errors
from tests.unit.reports.sor.statements import ABSENT, statement

TODAY = date(2026, 11, 22)


def advice(**changes: Any) -> list[tuple[str, str]]:
    return [(finding.field, finding.message) for finding in warnings(statement(**changes), TODAY)]


def test_a_sound_statement_gets_no_warning() -> None:
    assert advice() == []


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"category_specification": ["KEYWORD_NUDITY"]}, "category_specification", "KEYWORD_NUDITY belongs to none"),
        ({"category_specification": ["KEYWORD_STALKING"]}, "category_specification", "belongs to none"),
        ({"category_specification": ["KEYWORD_OTHER"]}, "category_specification_other", "says nothing"),
        ({"category_specification_other": "x"}, "category_specification_other", "dropped"),
        ({"category_addition": ["STATEMENT_CATEGORY_SCAMS_AND_FRAUD"]}, "category_addition", "repeats the category"),
        ({"category_addition": ""}, "category_addition", "is empty"),
        ({"territorial_scope": ["DE", "DE"]}, "territorial_scope", "twice"),
        ({"content_type": {"a": "CONTENT_TYPE_TEXT"}}, "content_type", "object"),
        ({"decision_visibility_other": "x"}, "decision_visibility_other", "dropped"),
        ({"content_type_other": "x"}, "content_type_other", "dropped"),
        ({"illegal_content_explanation": "x"}, "illegal_content_explanation", "dropped"),
        ({"source_identity": "x"}, "source_identity", "dropped"),
        ({"decision_facts": 5}, "decision_facts", "no text"),
        ({"puid": 5}, "puid", "no text"),
        ({"account_type": "null"}, "account_type", "null"),
        ({"category_specification": ["null"]}, "category_specification", "null"),
        ({"decision_ground_reference_url": "ftp://terms.example"}, "decision_ground_reference_url", "no web address"),
        ({"foo": 1}, "foo", "no field"),
        ({"ada@example.com": 1}, "(withheld)", "no field"),
        ({"content_id_ean": "4006381333931"}, "content_id_ean", "single"),
        ({"content_id": ["x"]}, "content_id", "other than EAN-13"),
        ({"content_id": {"EAN-13": "4006381333930"}}, "content_id.EAN-13", "check digit"),
        ({"content_id": {"EAN-13": 4006381333930}}, "content_id.EAN-13", "check digit"),
        ({"application_date": "2026-01-01"}, "application_date", "before content_date"),
        ({"application_date": "2026-11-23"}, "application_date", "future"),
        ({"end_date_visibility_restriction": "2026-01-02"}, "end_date_visibility_restriction", "before application_date"),
        ({"end_date_account_restriction": "2026-12-02"}, "end_date_account_restriction", "no decision_account"),
        ({"decision_facts": "Ask ada@example.com"}, "decision_facts", "e-mail"),
        ({"source_type": "SOURCE_ARTICLE_16", "source_identity": "+49 30 1234567"}, "source_identity", "telephone"),
        ({"incompatible_content_explanation": "from 10.0.0.1"}, "incompatible_content_explanation", "IP address"),
        ({"decision_ground_reference_url": "https://t.example/?u=ada@example.com"}, "decision_ground_reference_url", "e-mail"),
    ],
)  # fmt: skip
def test_laxity_is_a_warning_and_no_rejection(changes: dict[str, Any], field: str, told: str) -> None:
    ((found, message),) = advice(**changes)
    assert (found, told in message) == (field, True), message
    assert errors(statement(**changes)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"category_specification": ["KEYWORD_NUDITY"], "category_addition": ["STATEMENT_CATEGORY_OTHER_VIOLATION_TC"]},
        {"category_specification": ["KEYWORD_OTHER"], "category_specification_other": "lottery"},
        {"content_id": {"EAN-13": "4006381333931"}},
        {"end_date_visibility_restriction": "2026-01-03"},
        {"application_date": "2026-11-22"},
        {"source_type": "SOURCE_ARTICLE_16", "source_identity": "A consumer association"},
        {"category_specification": ABSENT},
    ],
)
def test_what_is_in_order_gets_no_warning(changes: dict[str, Any]) -> None:
    assert advice(**changes) == []


def test_found_personal_data_is_not_repeated() -> None:
    assert all("ada" not in message for _, message in advice(decision_facts="ada@example.com"))


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(sorted({*statement(), "content_id", "category_addition", "source_identity", "x"})), ANY
    )
)
def test_no_value_makes_the_advice_fail(changes: dict[str, Any]) -> None:
    warnings(statement(**changes), TODAY)
