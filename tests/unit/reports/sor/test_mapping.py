"""A decision becomes one statement, or is held back with its reasons."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.sor.identity import puid_of, slug_of
from reports.sor.mapping import HeldBack, made_of, statement_of
from reports.sor.verdict import errors
from tests.unit.reports.sor.decisions import decision


def held(**changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(HeldBack) as caught:
        statement_of(decision(**changes))
    return [(refusal.field, refusal.kind) for refusal in caught.value.refusals]


def test_every_column_lands_in_its_field() -> None:
    made = statement_of(decision())
    facts = made.pop("decision_facts")
    assert made == {
        "puid": puid_of("example_gallery", "dec-1"),
        "decision_visibility": ["DECISION_VISIBILITY_CONTENT_REMOVED"],
        "decision_ground": "DECISION_GROUND_INCOMPATIBLE_CONTENT",
        "incompatible_content_ground": "Section 4 of the terms",
        "incompatible_content_explanation": "Phishing is forbidden.",
        "content_type": ["CONTENT_TYPE_TEXT"],
        "category": "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
        "category_specification": ["KEYWORD_PHISHING"],
        "territorial_scope": ["DE", "FR", "GR"],
        "content_language": "EL",
        "content_date": "2026-04-30",
        "application_date": "2026-05-03",
        "source_type": "SOURCE_VOLUNTARY",
        "automated_detection": "Yes",
        "automated_decision": "AUTOMATED_DECISION_PARTIALLY",
    }
    assert "visibility content removed" in facts
    assert errors({**made, "decision_facts": facts}) == []


def test_account_only_decision_says_account() -> None:
    made = statement_of(
        decision(
            content_id=None,
            content_kind=None,
            target_kind="account",
            content_created_on=None,
            applied_on=None,
            visibility="[]",
            account='["DECISION_ACCOUNT_TERMINATED"]',
            account_ends_on=date(2026, 6, 1),
        )
    )
    assert (made["content_type"], made["content_type_other"]) == (["CONTENT_TYPE_OTHER"], "account")
    assert (made["content_date"], made["application_date"]) == ("2026-05-02", "2026-05-02")
    assert (made["decision_account"], made["end_date_account_restriction"]) == (
        "DECISION_ACCOUNT_TERMINATED",
        "2026-06-01",
    )
    assert "decision_visibility" not in made


def test_the_decided_day_is_meant_in_utc() -> None:
    late = datetime.fromisoformat("2026-05-03T01:30:00+02:00")
    made = statement_of(decision(decided_at=late, applied_on=None, content_created_on=None))
    assert made["application_date"] == made["content_date"] == "2026-05-02"


def test_illegal_content_states_its_law() -> None:
    made = statement_of(decision(ground="illegal", legal_ground="Law 1", terms_ground=None))
    assert made["decision_ground"] == "DECISION_GROUND_ILLEGAL_CONTENT"
    assert (made["illegal_content_legal_ground"], made["illegal_content_explanation"]) == (
        "Law 1",
        "Phishing is forbidden.",
    )
    assert "incompatible_content_ground" not in made


def test_the_policys_provision_stands_in_for_the_ground_in_the_terms() -> None:
    made = statement_of(decision(terms_ground=None, terms_provision="Section 9"))
    assert made["incompatible_content_ground"] == "Section 9"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("article_16_notice", "SOURCE_ARTICLE_16"), ("trusted_flagger", "SOURCE_TRUSTED_FLAGGER"),
        ("own_initiative", "SOURCE_VOLUNTARY"), ("user_report", "SOURCE_TYPE_OTHER_NOTIFICATION"),
        ("order", "SOURCE_TYPE_OTHER_NOTIFICATION"), ("copyright_notice", "SOURCE_TYPE_OTHER_NOTIFICATION"),
        ("partner", "SOURCE_TYPE_OTHER_NOTIFICATION"), ("appeal", "SOURCE_TYPE_OTHER_NOTIFICATION"),
    ],
)  # fmt: skip
def test_every_source_of_the_contract_has_its_word(source: str, told: str) -> None:
    assert statement_of(decision(source=source))["source_type"] == told


def test_the_most_restrictive_of_several_is_stated_and_said() -> None:
    made = made_of(
        decision(provision='["DECISION_PROVISION_PARTIAL_SUSPENSION","DECISION_PROVISION_TOTAL_TERMINATION"]')
    )
    assert made.payload["decision_provision"] == "DECISION_PROVISION_TOTAL_TERMINATION"
    assert "provision partial suspension" in made.payload["decision_facts"]
    assert made.notes[0].startswith("provision: the most restrictive of 2")


def test_words_of_our_own_where_the_list_has_only_other() -> None:
    made = statement_of(
        decision(
            visibility='["DECISION_VISIBILITY_OTHER"]', monetary='["DECISION_MONETARY_OTHER"]', content_kind="other"
        )
    )
    assert made["decision_visibility_other"]
    assert made["decision_monetary_other"]
    assert made["content_type_other"]


def test_a_keyword_of_another_category_is_stated_as_other() -> None:
    made = made_of(decision(dsa_keyword="KEYWORD_NUDITY"))
    assert made.payload["category_specification"] == ["KEYWORD_OTHER"]
    assert made.payload["category_specification_other"] == "policy fraud_scams"
    assert "another category" in made.notes[0]
    assert statement_of(decision(dsa_keyword=None))["category_specification"] == ["KEYWORD_OTHER"]


def test_a_category_without_keywords_names_none() -> None:
    made = statement_of(decision(dsa_category="STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE", dsa_keyword=None))
    assert "category_specification" not in made


def test_countries_outside_the_area_are_left_out_and_said() -> None:
    made = made_of(decision(territorial_scope='["US","DE"]'))
    assert made.payload["territorial_scope"] == ["DE"]
    assert made.notes == ("territorial_scope: countries outside the European Economic Area are left out",)
    assert "territorial_scope" not in statement_of(decision(territorial_scope=None))
    assert held(territorial_scope='["US"]') == [("territorial_scope", "no country of the European Economic Area")]


def test_a_language_that_the_database_does_not_know_is_left_out_and_said() -> None:
    assert statement_of(decision(content_language="pt-BR"))["content_language"] == "PT"
    made = made_of(decision(content_language="und"))
    assert "content_language" not in made.payload
    assert made.notes == ("content_language: no language of ISO 639-1, left out",)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"dsa_category": None}, "category"),
        ({"dsa_category": "STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"}, "category"),
        ({"ground": None}, "decision_ground"),
        ({"ground": "taste"}, "decision_ground"),
        ({"ground": "illegal"}, "illegal_content_legal_ground"),
        ({"terms_ground": " "}, "incompatible_content_ground"),
        ({"explanation": None}, "incompatible_content_explanation"),
        ({"explanation": "x" * 2001}, "incompatible_content_explanation"),
        ({"source": None}, "source"),
        ({"source": "rumour"}, "source"),
        ({"automated_decision": "maybe"}, "automated_decision"),
        ({"automated_detection": None}, "automated_detection"),
        ({"visibility": "[]"}, "decision"),
        ({"visibility": "{"}, "visibility"),
        ({"visibility": '["DECISION_VISIBILITY_MAGIC"]'}, "decision_visibility"),
        ({"content_kind": None}, "content_type"),
        ({"content_kind": "hologram"}, "content_type"),
        ({"content_created_on": date(1999, 1, 1)}, "content_date"),
        ({"applied_on": date(2019, 1, 1)}, "application_date"),
        ({"dsa_service": None}, "dsa_service"),
    ],
)  # fmt: skip
def test_a_decision_that_cannot_be_mapped_is_held_back_by_name(changes: dict[str, Any], field: str) -> None:
    assert field in [name for name, _ in held(**changes)]


@pytest.mark.parametrize(
    ("changes", "field", "kind"),
    [
        ({"explanation": "Sent to ada@example.com"}, "incompatible_content_explanation", "personal data: email"),
        ({"terms_ground": "see 10.0.0.1"}, "incompatible_content_ground", "personal data: ip"),
        ({"ground": "illegal", "legal_ground": "call +49 30 1234567"}, "illegal_content_legal_ground", "personal data: phone"),
        ({"surface": "ada@example.com"}, "decision_facts", "personal data: email"),
    ],
)  # fmt: skip
def test_personal_data_refuses_the_statement_and_is_not_repeated(
    changes: dict[str, Any], field: str, kind: str
) -> None:
    found = held(**changes)
    assert found == [(field, kind)]


def test_facts_are_composed_of_codes_alone() -> None:
    made = statement_of(decision(explanation="A secret story", legal_ground="x", content_id="cnt-secret"))
    assert "secret" not in made["decision_facts"]
    assert "dec-1" not in made["decision_facts"]


@given(st.text(max_size=128), st.text(max_size=128))
def test_an_identifier_is_one_the_database_takes(service: str, decision_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,500}", puid_of(service, decision_id))
    assert puid_of(service, decision_id) == puid_of(service, decision_id)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug_of(service))


def test_identifiers_tell_service_and_decision_apart() -> None:
    pairs = [("a", "b"), ("ab", ""), ("", "ab"), ("b", "a"), ('a","b', ""), ("a", "b ")]
    assert len({puid_of(*pair) for pair in pairs}) == len(pairs)
    # published once, so it can never change
    assert puid_of("example", "dec-1") == "r1-" + "65ac63f36c3e59fa522c6334235d9299a5fd9c590dba3481df2d28801f358423"


VALUES = st.none() | st.text(max_size=20) | st.booleans() | st.dates() | st.sampled_from(['["x"]', "[1]", "{}", "["])
COLUMNS = [name for name in decision() if name != "decided_at"]


@given(st.dictionaries(st.sampled_from(COLUMNS), VALUES, max_size=5))
def test_any_row_is_a_sound_statement_or_held_back(changes: dict[str, Any]) -> None:
    with suppress(HeldBack):
        assert errors(statement_of(decision(**changes))) == []


def test_the_row_may_hold_texts_and_lists_as_well() -> None:
    row = decision(
        content_created_on="2026-04-30", territorial_scope=["DE"], decided_at=datetime(2026, 5, 2, tzinfo=UTC)
    )
    made = statement_of(row)
    assert (made["content_date"], made["territorial_scope"]) == ("2026-04-30", ["DE"])
