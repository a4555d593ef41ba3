"""The verdict follows the database's validator, its odd habits included."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reports.sor.rules import FIELDS
from reports.sor.verdict import calendar_day, errors, number_text
from reports.sor.vocabulary import vocabulary
from tests.unit.reports.sor.statements import ABSENT, statement

ILLEGAL = {
    "decision_ground": "DECISION_GROUND_ILLEGAL_CONTENT",
    "illegal_content_legal_ground": "Law 1",
    "illegal_content_explanation": "why",
}
NO_DECISION = ["decision_account", "decision_monetary", "decision_provision", "decision_visibility"]


def faults(**changes: Any) -> list[str]:
    return sorted(finding.field for finding in errors(statement(**changes)))


ACCEPTED: dict[str, dict[str, Any]] = {
    "every optional field left out": dict.fromkeys(("category_specification", "territorial_scope", "content_language"), ABSENT),
    "null where null stands for absence": {"account_type": None, "end_date_account_restriction": None, "content_id": None},
    "a number as text": {"decision_facts": 5},
    "a truth value as text": {"decision_facts": False},
    "a list as text, counted by its elements": {"decision_facts": ["x" * 6000]},
    "an object for a list": {"content_type": {"0": "CONTENT_TYPE_TEXT"}},
    "the word null in a list of optional values": {"decision_monetary": "null", "category_specification": ["null"]},
    "blanks where a value is optional": {"content_language": "  ", "end_date_account_restriction": "\t"},
    "an empty text for an optional list": {"category_addition": ""},
    "characters, not bytes": {"decision_facts": "é" * 5000},
    "a long text that is dropped before it is measured": {"decision_monetary_other": "x" * 501},
    "the illegal ground of another decision ground": {"illegal_content_explanation": "x" * 2001},
    "year 0 as an end": {"end_date_service_restriction": "0000-02-29"},
    "the first day of content": {"content_date": "2000-01-01"},
    "an identifier in digits": {"puid": 12345},
    "a negative identifier": {"puid": -5},
    "a whole floating number": {"puid": 10.0},
    "an identifier of 500 characters": {"puid": "x" * 500},
    "an EAN as a number": {"content_id": {"EAN-13": 4006381333931}},
    "an EAN with a wrong check digit": {"content_id": {"EAN-13": "4006381333930"}},
    "another number system beside none": {"content_id": {"ISBN": "x"}},
    "an empty content_id": {"content_id": {}},
    "two decisions": {"decision_account": "DECISION_ACCOUNT_SUSPENDED"},
    "visibility in its own words": {
        "decision_visibility": ["DECISION_VISIBILITY_OTHER"], "decision_visibility_other": "hidden from search",
    },
    "illegal content": ILLEGAL,
    "unknown fields": {"foo": {"bar": [None]}},
}  # fmt: skip

REJECTED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing but an identifier": (
        {name: ABSENT for name in statement() if name != "puid"},
        sorted([*NO_DECISION, "application_date", "automated_decision", "automated_detection", "category", "content_date",
                "content_type", "decision_facts", "decision_ground", "source_type"]),
    ),
    "blanks where a text is required": ({"decision_facts": " \n\0\x0b"}, ["decision_facts"]),
    "blank decisions": ({"decision_visibility": ABSENT, "decision_account": " "}, NO_DECISION),
    "a list for one decision": (
        {"decision_visibility": ABSENT, "decision_monetary": ["DECISION_MONETARY_OTHER"]}, ["decision_monetary"]
    ),
    "an empty list for one decision": ({"decision_monetary": []}, ["decision_monetary"]),
    "a wrong value among right ones": ({"content_type": ["CONTENT_TYPE_TEXT", "x"]}, ["content_type"]),
    "a nested list": ({"territorial_scope": [["DE"]]}, ["territorial_scope"]),
    "null in a list": ({"territorial_scope": [None]}, ["territorial_scope"]),
    "a text for a list": ({"territorial_scope": "DE"}, ["territorial_scope"]),
    "Greece as the report writes it": ({"territorial_scope": ["EL"]}, ["territorial_scope"]),
    "the Union as a country": ({"territorial_scope": ["EU"]}, ["territorial_scope"]),
    "Greek by its country": ({"content_language": "GR"}, ["content_language"]),
    "null for an optional list that must be a list": ({"category_addition": None}, ["category_addition"]),
    "null for the illegality": ({"incompatible_content_illegal": None}, ["incompatible_content_illegal"]),
    "a wrong illegality, though it would be dropped": (
        ILLEGAL | {"incompatible_content_illegal": "yes"}, ["incompatible_content_illegal"]
    ),
    "a visibility text that is measured before it is dropped": (
        {"decision_visibility_other": "x" * 501}, ["decision_visibility_other"]
    ),
    "a content type text that is measured before it is dropped": ({"content_type_other": "x" * 501}, ["content_type_other"]),
    "an unexplained visibility": (
        {"decision_visibility": ["DECISION_VISIBILITY_OTHER"], "decision_visibility_other": " "},
        ["decision_visibility_other"],
    ),
    "an unexplained illegality": ({"decision_ground": ILLEGAL["decision_ground"]},
                                  ["illegal_content_explanation", "illegal_content_legal_ground"]),
    "a renamed category": ({"category": "STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE"}, ["category"]),
    "a category of the report alone": ({"category": "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"}, ["category"]),
    "the word null where a value is required": ({"category": "null"}, ["category"]),
    "the word null in a list of required values": ({"content_type": ["null"]}, ["content_type"]),
    "a truth value for Yes": ({"automated_detection": True}, ["automated_detection"]),
    "yes in small letters": ({"automated_detection": "yes"}, ["automated_detection"]),
    "a long text": ({"decision_facts": "x" * 5001}, ["decision_facts"]),
    "a long optional text": ({"category_specification_other": "x" * 501}, ["category_specification_other"]),
    "a long explanation": ({"incompatible_content_explanation": "x" * 2001}, ["incompatible_content_explanation"]),
    "an identifier with a line feed": ({"puid": "x\n"}, ["puid"]),
    "an identifier with a point": ({"puid": 1.5}, ["puid"]),
    "an identifier beyond 64 bits": ({"puid": 2**63}, ["puid"]),
    "an identifier beyond floating numbers is a word": ({"puid": [10**400]}, ["puid"]),
    "a truth value for an identifier": ({"puid": True}, ["puid"]),
    "a date with a time": ({"content_date": "2026-01-02 00:00:00"}, ["content_date"]),
    "a short date": ({"content_date": "2026-1-2"}, ["content_date"]),
    "a date in other digits": ({"content_date": "\u0662026-01-02"}, ["content_date"]),
    "a date as a number": ({"content_date": 20260102}, ["content_date"]),
    "month 13": ({"application_date": "2026-13-01"}, ["application_date"]),
    "month 0": ({"application_date": "2026-00-01"}, ["application_date"]),
    "29 February of a common year": ({"application_date": "2027-02-29"}, ["application_date"]),
    "content of the last century": ({"content_date": "1999-12-31"}, ["content_date"]),
    "after the last day": ({"end_date_monetary_restriction": "2038-01-02"}, ["end_date_monetary_restriction"]),
    "a number for a list": ({"content_id": 5}, ["content_id"]),
    "an EAN of 12 digits": ({"content_id": {"EAN-13": "400638133393"}}, ["content_id.EAN-13"]),
    "an EAN with a letter": ({"content_id": {"EAN-13": "400638133393x"}}, ["content_id.EAN-13"]),
    "a truth value for an EAN": ({"content_id": {"EAN-13": True}}, ["content_id.EAN-13"]),
    "no URL": ({"decision_ground_reference_url": "terms"}, ["decision_ground_reference_url"]),
    "a number for a URL": ({"decision_ground_reference_url": 5}, ["decision_ground_reference_url"]),
    "a long URL": ({"decision_ground_reference_url": "https://a.example/" + "x" * 500}, ["decision_ground_reference_url"]),
}  # fmt: skip


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_the_database_takes_is_accepted(changes: dict[str, Any]) -> None:
    assert errors(statement(**changes)) == []


@pytest.mark.parametrize(("changes", "fields"), REJECTED.values(), ids=REJECTED.keys())
def test_what_the_database_refuses_is_rejected_for_the_same_fields(changes: dict[str, Any], fields: list[str]) -> None:
    assert faults(**changes) == fields


@pytest.mark.parametrize(
    ("value", "text"),
    [(5, "5"), (-(2**63), str(-(2**63))), (2**63, "9.2233720368548E+18"), (1e14, "1.0E+14"), (1e13, "10000000000000"),
     (0.5, "0.5"), (-0.0, "-0"), (1e999, "INF"), (-(10**400), "-INF")],
)  # fmt: skip
def test_numbers_are_written_as_the_database_writes_them(value: float, text: str) -> None:
    assert number_text(value) == text


def test_a_renamed_word_is_told_its_new_name() -> None:
    (finding,) = errors(statement(category="STATEMENT_CATEGORY_SCOPE_OF_PLATFORM_SERVICE"))
    assert "STATEMENT_CATEGORY_OTHER_VIOLATION_TC" in finding.message


def test_no_free_text_is_repeated() -> None:
    found = errors(statement(category="Ada Example <ada@example.com>", puid="ada@example.com", content_type=["a b"]))
    assert len(found) == 3
    assert not any("ada" in finding.message.lower() or "a b" in finding.message for finding in found)


def test_vocabulary_holds_what_its_sources_hold() -> None:
    sizes = {name: len(values) for name, values in vocabulary().enums.items()}
    assert (sizes["STATEMENT_CATEGORIES"], sizes["KEYWORDS"], sizes["COUNTRIES"], sizes["LANGUAGES"]) == (
        16,
        69,
        30,
        184,
    )
    assert {word for words in vocabulary().keywords_of_category.values() for word in words} == vocabulary().enums[
        "KEYWORDS"
    ] - {"KEYWORD_STALKING"}
    assert vocabulary().sources.keys() == set(vocabulary().__struct_fields__) - {"sources"}


@given(st.dates())
def test_every_day_of_the_calendar_is_a_day(day: Any) -> None:
    assert calendar_day(day.isoformat()) == day.isoformat()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), JSON, max_size=6))
def test_no_value_makes_the_verdict_fail(changes: dict[str, Any]) -> None:
    named = {name for changed in (statement(**changes), changes) for name in (f.field for f in errors(changed))}
    assert named <= {field.name for field in FIELDS} | {"content_id.EAN-13"}
