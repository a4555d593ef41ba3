"""The data side of the harmonised report: what counts, what is left out under which name, and what stands in a filing's way.

Belongs here: a leap February counted by hand. Not here: the files of the report, and recomputed days (test_dbt_incremental).
"""

from __future__ import annotations

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from orchestration.core.home import Home
from orchestration.core.publish import open_published
from reports.dsa.record_findings import write_record_findings
from reports.figure_sql import Breakdown
from reports.figures import Figures, compute
from reports.metrics import read_metrics
from reports.periods import parse_period
from reports.published import read_state
from tests.integration.dsa_home import AS_OF, OTHER, SCAMS, SPEECH, at, publish_home

pytestmark = pytest.mark.slow

BREAKDOWNS = {
    "orders": [[], ["member_state"], ["category"], ["service", "category", "keyword", "member_state"]],
    "notices": [[], ["submitter"], ["category", "keyword"]],
    "measures": [[], ["service"], ["category"], ["category", "keyword"], ["restriction"], ["service", "ground"]],
    "complaints": [[], ["ground"], ["outcome"], ["ground", "submitter"]],
    "automation": [[], ["subject", "automation"], ["subject", "origin"], ["subject", "language"]],
    "moderators": [[], ["service", "language", "staff"]],
    "recipients": [[], ["member_state"]],
    "exclusions": [[], ["subject"], ["subject", "exclusion"]],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return publish_home(tmp_path_factory.mktemp("dsa"))


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with open_published(home) as con:
        found: list[tuple[Any, ...]] = con.execute(sql).fetchall()
    return found


def figures(home: Home, period: str = "2024-02", as_of: datetime | None = None, zone: str = "UTC") -> Figures:
    splits = {part: tuple(Breakdown(dimensions=tuple(d)) for d in found) for part, found in BREAKDOWNS.items()}
    with open_published(home) as con:
        metrics = [m for m in read_metrics(con).values() if m.relation.startswith("con_dsa_harmonised__")]
        return compute(
            con,
            metrics,
            parse_period(period, zone),
            state=read_state(con, home),
            breakdowns=splits,
            as_of=as_of,
        )


@pytest.fixture(scope="module")
def february(home: Home) -> Figures:
    return figures(home)


def value(found: Figures, metric: str, **dimensions: str) -> Any:
    (figure,) = [f for f in found.of(metric, tuple(dimensions)) if f.dimensions == dimensions]
    return figure.value


def by(found: Figures, metric: str, *dimensions: str) -> dict[Any, int]:
    return {
        tuple(f.dimensions[d] for d in dimensions) if len(dimensions) > 1 else f.dimensions[dimensions[0]]: int(
            f.value or 0
        )
        for f in found.of(metric, dimensions)
    }


def test_each_decision_is_counted_or_left_out_under_one_name(home: Home) -> None:
    exclusions = dict(
        rows(
            home, "select decision_id, report_exclusion from marts.fct_dsa_decisions where report_exclusion is not null"
        )
    )
    assert exclusions == {
        "late surface, early": "before_report_from",
        "unregistered": "unregistered_surface",
        "outside": "outside_any_service",
        "no kind": "service_without_kind",
        "american": "recipient_outside_eea",
        "exempt": "exempt",
        "warned": "no_restriction",
        "suspended": "no_restriction",
        "mysterious": "unmapped_action",
        "bare": "no_category",
        "illegal other": "category_not_allowed",
    }


def test_statements_go_out_for_platforms_and_where_the_register_says_so(home: Home) -> None:
    found = dict(
        rows(home, "select decision_id, sor_exclusion from marts.fct_dsa_decisions where event_date < '2024-03-01'")
    )
    sent = {name for name, exclusion in found.items() if exclusion is None}
    assert {"at the turn", "on the leap day", "last instant", "late surface, in time", "registered sor"} <= sent
    assert found["before the turn"] == "no_online_platform"
    assert found["exempt"] == "exempt"
    assert found["after an order"] == "answers_an_order"
    assert found["american"] == "recipient_outside_eea"
    bases = dict(rows(home, "select decision_id, scope_basis from marts.fct_dsa_decisions"))
    assert bases["registered sor"] == bases["exempt"] == "register"
    assert bases["exempt no longer"] == bases["at the turn"] == "service kind"


def test_the_register_row_in_force_when_the_decision_was_taken_decides(home: Home) -> None:
    sql = "select decision_id, service_kind, dsa_category, dsa_keyword from marts.fct_dsa_decisions"
    found = {name: rest for name, *rest in rows(home, sql)}
    assert found["before the turn"] == ["hosting", SCAMS, "KEYWORD_PHISHING"]
    assert found["at the turn"] == ["online_platform", SPEECH, "KEYWORD_HATE_SPEECH"]
    assert found["odd keyword"] == ["hosting", SCAMS, "KEYWORD_OTHER"]


def test_a_decision_of_two_categories_is_one_measure_in_the_more_specific(home: Home) -> None:
    sql = """select event_date::varchar, dsa_category, policy_code, visibility, account, restrictions, action_ids, action_count,
        category_count, _line_no from marts.fct_dsa_decisions where decision_id = 'two categories'"""
    assert rows(home, sql) == [
        (
            "2024-02-06", SCAMS, "odd", '["DECISION_VISIBILITY_CONTENT_REMOVED"]', '["DECISION_ACCOUNT_TERMINATED"]',
            '["account_termination","visibility_removal"]', '["two categories a","two categories b"]', 2, 2, 22,
        )
    ]  # fmt: skip


def test_only_an_order_or_a_notice_under_article_16_ends_own_initiative(home: Home) -> None:
    found = dict(rows(home, "select decision_id, is_own_initiative from marts.fct_dsa_decisions"))
    assert {name for name, own in found.items() if not own} == {
        "after a notice",
        "after a flagged notice",
        "after an order",
        "after article 16 dmca",
    }


def test_measures_are_those_that_a_hand_count_gives(february: Figures) -> None:
    assert value(february, "own_initiative_measures") == 16
    assert value(february, "own_initiative_restrictions") == 17
    assert by(february, "own_initiative_measures", "category") == {SCAMS: 6, SPEECH: 9, OTHER: 1}
    assert by(february, "own_initiative_measures", "service") == {"pictures": 15, "assistant": 1}
    assert by(february, "own_initiative_restrictions", "restriction") == {
        "visibility_removal": 14,
        "account_termination": 2,
        "visibility_labelled": 1,
    }


def test_sub_categories_add_up_to_their_category_and_categories_to_the_total(february: Figures) -> None:
    for metric in ("own_initiative_measures", "own_initiative_measures_automated_detection"):
        keywords: Counter[str] = Counter()
        for (category, _), count in by(february, metric, "category", "keyword").items():
            keywords[category] += count
        assert keywords == by(february, metric, "category")
        assert sum(keywords.values()) == value(february, metric)


def test_every_record_of_a_subject_is_counted_or_excluded_exactly_once(home: Home, february: Figures) -> None:
    excluded = by(february, "excluded", "subject")
    handled: Counter[str] = Counter()
    for (subject, _), count in by(february, "automated_handling", "subject", "automation").items():
        handled[subject] += count
    decisions = rows(
        home, "select count(distinct decision_id) from marts.fct_enforcement_actions where event_date < '2024-03-01'"
    )
    assert handled["measures"] + excluded["measures"] == decisions[0][0]
    assert handled["notices"] == value(february, "notices") == 6
    assert handled["notices"] + excluded["notices"] == 8
    assert value(february, "orders_to_act") + value(february, "orders_to_inform") + excluded["orders"] == 9
    appeals = value(february, "complaints_submitted") + value(february, "disputes_submitted")
    assert appeals + excluded["complaints"] == 8
    assert by(february, "excluded", "subject", "exclusion")["complaints", "court"] == 1


def test_own_initiative_of_both_parts_is_one_number(february: Figures) -> None:
    origins = by(february, "automated_handling", "subject", "origin")
    assert origins["measures", "own_initiative"] == value(february, "own_initiative_measures")
    assert origins["notices", "trusted_flagger"] == by(february, "notices", "submitter")["trusted_flagger"] == 1
    assert by(february, "automated_handling", "subject", "language")["measures", "el"] == 1


def test_notices_fall_under_what_they_invoke_or_under_no_category(february: Figures) -> None:
    assert by(february, "notices", "category", "keyword") == {
        (SPEECH, "KEYWORD_HATE_SPEECH"): 4,
        ("STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE", "none"): 1,
        ("STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS", "KEYWORD_COPYRIGHT_INFRINGEMENT"): 1,
    }


def test_a_notice_answered_after_the_period_is_open_at_its_end_and_counts_later(home: Home, february: Figures) -> None:
    (median,) = february.of("notice_action_median")
    assert [median.value, median.open_count] == [86400, 1]
    assert value(february, "notice_items") == 3 + 4 + 2
    assert value(february, "notice_actions_law") == 2
    assert value(february, "notice_actions_terms") == 1


def test_orders_are_counted_by_member_state_with_greece_as_el(february: Figures) -> None:
    assert by(february, "orders_to_act", "member_state") == {"DE": 1, "EL": 1, "FR": 1}
    assert by(february, "orders_to_inform", "member_state") == {"EL": 1}
    assert by(february, "orders_to_act", "category")["STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER"] == 1
    assert value(february, "orders_to_act_items") == 6
    (effect,) = february.of("orders_to_act_effect_median")
    assert [effect.value, effect.open_count] == [2 * 86400, 1]
    (receipt,) = february.of("orders_to_act_receipt_median")
    assert [receipt.value, receipt.open_count] == [3600, 1]


def test_a_gagged_order_is_a_number_and_nothing_else_until_its_gag_ends(home: Home, february: Figures) -> None:
    assert by(february, "excluded", "subject", "exclusion")["orders", "gagged"] == 2
    after_may = figures(home, as_of=AS_OF)
    assert by(after_may, "excluded", "subject", "exclusion")["orders", "gagged"] == 1
    assert by(after_may, "orders_to_act", "member_state")["FR"] == 2
    shown = rows(home, "select * from contributions.con_dsa_harmonised__exclusions where exclusion = 'gagged'")
    assert len(shown) == 2
    told = " ".join(map(str, shown + rows(home, "select * from marts.fct_dsa_withheld_orders")))
    assert "gagged for ever" not in told
    assert str(at(2).date()) not in told
    assert str(at(1, 0, 12).date()) not in told


def test_complaints_are_counted_with_what_became_of_those_submitted(february: Figures) -> None:
    assert value(february, "complaints_submitted") == 4
    assert by(february, "complaints_decided", "outcome") == {"reversed": 1, "omitted": 1, "upheld": 1}
    assert by(february, "complaints_submitted", "ground", "submitter") == {
        ("visibility", "none"): 3,
        ("notice_not_actioned", "trusted_flagger"): 1,
    }
    (median,) = february.of("complaint_decision_median")
    assert [median.value, median.row_count, median.open_count] == [86400, 2, 1]
    assert value(february, "disputes_submitted") == value(february, "disputes_decided") == 2
    assert value(february, "disputes_implemented_rate") == 1
    assert by(february, "suspensions_imposed", "ground") == {"unfounded_notices": 1}


def test_stocks_are_those_of_the_newest_snapshot_in_the_period(home: Home, february: Figures) -> None:
    key = ("pictures", "ALL", "internal")
    assert by(february, "moderator_staff", "service", "language", "staff")[key] == 33
    assert by(figures(home, "2024"), "moderator_staff", "service", "language", "staff")[key] == 33
    assert by(figures(home, "2024-01"), "moderator_staff", "service", "language", "staff")[key] == 125
    assert by(february, "average_monthly_recipients", "member_state") == {"EL": 10, "DE": 20}


def test_an_empty_period_has_every_figure_and_each_count_is_zero(home: Home) -> None:
    empty = figures(home, "2023-02")
    assert {f.metric for f in empty.figures} == set(empty.metrics)
    for figure in empty.figures:
        expected = None if empty.metrics[figure.metric].kind in {"median", "ratio"} else 0
        assert figure.value == expected, figure.figure_key


def test_midnight_of_the_zone_bounds_the_period(home: Home) -> None:
    here, there = figures(home), figures(home, zone="Europe/Berlin")
    assert value(there, "own_initiative_measures") == value(here, "own_initiative_measures") - 1
    march = figures(home, "2024-03", zone="Europe/Berlin")
    assert value(march, "own_initiative_measures") == 2
    assert value(there, "average_monthly_recipients") == value(here, "average_monthly_recipients") == 30


def test_what_cannot_be_counted_rightly_is_a_named_finding_with_its_line(home: Home) -> None:
    found = rows(home, "select finding, record_id, severity from marts.fct_filing_findings order by all")
    named = {(finding, record): severity for finding, record, severity in found}
    assert len(named) == len(found)
    expected = {
        ("action_without_policy_mapping", "bare"): "blocking",
        ("action_without_decision_mapping", "mysterious"): "blocking",
        ("reversal_without_appeal", "undone"): "blocking",
        ("decision_in_two_categories", "two categories"): "warning",
        ("decision_cause_unknown", "after nothing known"): "warning",
        ("category_not_allowed", "illegal other"): "blocking",
        ("decision_surface_unregistered", "unregistered"): "blocking",
        ("decision_service_without_kind", "no kind"): "blocking",
        ("order_without_country", "nobody's"): "blocking",
        ("order_without_surface", "nowhere"): "blocking",
        ("order_category_unknown", "refused"): "warning",
        ("notice_action_without_basis", "no basis"): "blocking",
        ("appeal_decided_before_submitted", "before time"): "blocking",
        ("appeal_without_subject", "about nothing"): "blocking",
        ("keyword_outside_category", "odd@ever"): "warning",
        ("register_changed_meaning", "fraud"): "warning",
        ("register_changed_meaning", "pictures"): "warning",
        ("recipients_of_no_member_state", "pictures/2024-02-01/US"): "warning",
    }
    assert named == expected
    untraced = (
        "select count(*) from marts.fct_filing_findings where _file_id is null or _line_no is null or detail is null"
    )
    assert rows(home, untraced) == [(0,)]


def test_the_bundle_lists_the_findings_of_its_period_with_their_lines(
    home: Home, february: Figures, tmp_path: Path
) -> None:
    with open_published(home) as con:
        count = write_record_findings(tmp_path, con, february)
        (tmp_path / "before").mkdir()
        none = write_record_findings(tmp_path / "before", con, figures(home, "2023-02"))
    listed = list(csv.DictReader((tmp_path / "findings.csv").read_text(encoding="utf-8").splitlines()))
    assert len(listed) == count > none >= 1
    bare = next(row for row in listed if row["record_id"] == "bare")
    assert [bare["severity"], bare["event_at"], bare["file_sha256"]] == ["blocking", "2024-02-05T12:00:00Z", "ab" * 32]
    assert {row["finding"] for row in listed if row["severity"] == "warning"} >= {"register_changed_meaning"}
