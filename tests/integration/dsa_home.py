"""A hand-made home for the harmonised report: few records of a leap February, one for each way of counting or being left out.

Belongs here: the registers and records, and building and publishing them. Not here: any assertion.
"""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from orchestration.core.commits import Commit, Delivery, write_commit
from orchestration.core.home import Home
from orchestration.core.publish import publish
from tests.integration import dbt_warehouse

Row = dict[str, Any]

AS_OF = datetime(2024, 6, 15, tzinfo=UTC)
LEAP_NOON = datetime(2024, 2, 29, 12, tzinfo=UTC)
TURN = datetime(2024, 2, 15, tzinfo=UTC)
"""The gallery becomes a platform, and the policy on fraud changes its category."""

SCAMS = "STATEMENT_CATEGORY_SCAMS_AND_FRAUD"
SPEECH = "STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH"
OTHER = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC"


def at(day: int, hour: int = 12, month: int = 2) -> datetime:
    return datetime(2024, month, day, hour, tzinfo=UTC)


def registers() -> dict[str, list[Row]]:
    """Two services and their surfaces, policies that change their category in mid-month, one exempt cell."""
    return {
        "surfaces": [
            {"surface": "gallery", "dsa_service": "pictures", "is_hosting": True, "report_from": at(1, 0, 1)},
            {"surface": "late", "dsa_service": "pictures", "is_hosting": True, "report_from": LEAP_NOON},
            {"surface": "chat", "dsa_service": "assistant", "is_hosting": True},
            {"surface": "api", "dsa_service": "assistant", "is_hosting": False},
            {"surface": "lab"},
            {"surface": "orphan", "dsa_service": "ghost"},
        ],
        "services": [
            {"dsa_service": "pictures", "kind": "hosting", "valid_from": at(1, 0, 1), "valid_to": TURN},
            {"dsa_service": "pictures", "kind": "online_platform", "valid_from": TURN},
            {"dsa_service": "assistant", "kind": "hosting", "valid_from": at(1, 0, 1)},
        ],
        "policies": [
            {"policy_code": "fraud", "dsa_category": SCAMS, "dsa_keyword": "KEYWORD_PHISHING", "valid_to": TURN},
            {"policy_code": "fraud", "dsa_category": SPEECH, "dsa_keyword": "KEYWORD_HATE_SPEECH", "valid_from": TURN},
            {"policy_code": "nudity", "dsa_category": OTHER, "dsa_keyword": "KEYWORD_NUDITY"},
            {"policy_code": "odd", "dsa_category": SCAMS, "dsa_keyword": "KEYWORD_HATE_SPEECH"},
            {"policy_code": "bare"},
        ],
        "actions": [
            measure("removal", "DECISION_VISIBILITY_CONTENT_REMOVED"),
            measure("label", "DECISION_VISIBILITY_CONTENT_LABELLED"),
            measure("ban", "DECISION_ACCOUNT_TERMINATED"),
            {"action": "warning"},
            {"action": "mystery"},
        ],
        "dsa_scope": [
            {
                "surface": "gallery", "policy_code": "fraud", "action": "label",
                "in_report": False, "in_sor": False, "valid_from": at(1, 0), "valid_to": at(10, 0),
            },
            {"surface": "chat", "policy_code": "fraud", "action": "ban", "in_report": True, "in_sor": True},
        ],
        "moderators": [
            staff(date(2024, 1, 10), 1.25), staff(date(2024, 2, 10), 2.5), staff(date(2024, 2, 29), 0.33),
        ],
        "recipients": [
            {"dsa_service": "pictures", "period_start": date(2024, 2, 1), "member_state": state,
             "average_monthly_active_recipients": count}
            for state, count in (("GR", 10), ("DE", 20), ("US", 40))
        ],
    }  # fmt: skip


def measure(action: str, value: str) -> Row:
    field = "decision_account" if "ACCOUNT" in value else "decision_visibility"
    return {"action": action, "dsa_decision_field": field, "dsa_decision_value": value}


def staff(day: date, posts: float) -> Row:
    return {"as_of": day, "dsa_service": "pictures", "language": "ALL", "internal_fte": posts, "external_fte": posts}


def action(
    name: str, when: datetime, surface: str = "gallery", policy: str = "fraud", kind: str = "removal", **more: Any
) -> Row:
    return {
        "action_id": name, "decided_at": when, "surface": surface, "policy_code": policy, "action": kind, "ground": "terms",
        "source": "own_initiative", "automated_decision": "none", "automated_detection": True, "severity": 2, **more,
    }  # fmt: skip


def records() -> dict[str, list[Row]]:
    """Each record's id says what it is there for."""
    return {
        "enforcement_actions": [
            action("before the turn", at(14, 23)),
            action("at the turn", TURN),
            action("on the leap day", at(29), automated_decision="fully", content_language="EL"),
            action("last instant", datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)),
            action("next month", at(1, 0, 3)),
            action("late surface, early", at(29, 11), surface="late"),
            action("late surface, in time", LEAP_NOON, surface="late"),
            action("unregistered", at(5), surface="nowhere"),
            action("outside", at(5), surface="lab"),
            action("no kind", at(5), surface="orphan"),
            action("american", at(5), recipient_country="US"),
            action("norwegian", at(5), recipient_country="no"),
            action("exempt", at(5), kind="label"),
            action("exempt no longer", at(10, 0), kind="label"),
            action("warned", at(5), kind="warning"),
            action("mysterious", at(5), kind="mystery"),
            action("bare", at(5), policy="bare"),
            action("odd keyword", at(5), policy="odd"),
            action("illegal other", at(5), policy="nudity", ground="illegal"),
            action("nude", at(5), policy="nudity"),
            action("two categories a", at(6), policy="nudity", kind="ban", decision_id="two categories", severity=4),
            action("two categories b", at(7), policy="odd", kind="removal", decision_id="two categories", severity=1),
            action("registered sor", at(5), surface="chat", kind="ban"),
            action("after a notice", at(20), source="article_16_notice", source_id="acted", ground="illegal"),
            action("after a flag", at(20), source="user_report", source_id="plain flag"),
            action("after a flagged notice", at(20), source="user_report", source_id="acted"),
            action("after an order", at(20), source="order", source_id="german"),
            action("after dmca", at(20), source="copyright_notice", source_id="dmca"),
            action("after article 16 dmca", at(20), source="copyright_notice", source_id="european dmca"),
            action("after nothing known", at(20), source="user_report", source_id="never delivered"),
            action("suspended", at(20), kind="warning", repeat_ground="unfounded_notices"),
            action("undone", at(20), reversed_at=at(22), reversal_reason="appeal"),
            action("undone on appeal", at(20), reversed_at=at(27), reversal_reason="appeal"),
        ],
        "appeals": [
            complaint("won", at(24), at(27), action_id="undone on appeal", outcome="reversed", ground="visibility"),
            complaint("pending", at(28), at(5, 12, 3), action_id="at the turn", outcome="upheld"),
            complaint("of a flagger", at(21), at(22), subject_kind="report", subject_id="flagged", outcome="withdrawn"),
            complaint("before time", at(21), at(20), action_id="nude", outcome="upheld"),
            complaint("about nothing", at(21), at(22), action_id="lost", outcome="upheld"),
            complaint("in court", at(21), None, channel="court", action_id="nude"),
            complaint("disputed", at(21), at(25), channel="out_of_court", action_id="nude", outcome="reversed", implemented=True),
            complaint("lost dispute", at(21), at(25), channel="out_of_court", action_id="nude", outcome="upheld"),
        ],
        "user_reports": [
            notice("acted", at(19), reporter_kind="user", item_count=3),
            notice("flagged", at(19), reporter_kind="trusted_flagger"),
            notice("unanswered", at(28)),
            notice("of other category", at(19), reason_code="nudity"),
            notice("no basis", at(19)),
            notice("on the api", at(19), surface="api"),
            notice("in the lab", at(19), surface="lab"),
            notice("plain flag", at(19), is_article_16=False),
        ],
        "report_outcomes": [
            outcome("acted", at(20), "action_taken", "law"),
            outcome("flagged", at(20), "no_action", "none", "automated"),
            outcome("of other category", at(21), "action_taken", "terms", "automated"),
            outcome("no basis", at(20), "action_taken", None),
        ],
        "copyright_notices": [
            claim("european dmca", True), claim("dmca", False), claim("countered", True, kind="counter_notice"),
        ],
        "legal_orders": [
            order("german", "DE", acknowledged_at=at(2, 13), effected_at=at(4)),
            order("greek", "GR", acknowledged_at=at(3)),
            order("greek too", "el", kind="provide_information", category="STATEMENT_CATEGORY_CYBER_VIOLENCE"),
            order("norwegian", "NO"),
            order("nobody's", " "),
            order("nowhere", "FR", surface=None),
            order("refused", "FR", outcome="rejected", category="STATEMENT_CATEGORY_NEVER_HEARD_OF"),
            order("gagged for ever", "FR", gag_until=at(1, 0, 12)),
            order("gagged till May", "FR", gag_until=at(1, 0, 5)),
        ],
    }  # fmt: skip


def complaint(name: str, when: datetime, decided: datetime | None, channel: str = "internal", **more: Any) -> Row:
    return {"appeal_id": name, "submitted_at": when, "decided_at": decided, "channel": channel, **more}


def notice(name: str, when: datetime, **more: Any) -> Row:
    return {
        "report_id": name, "submitted_at": when, "surface": "gallery", "reason_code": "fraud", "is_article_16": True,
        "reporter_kind": "user", "claims_illegal": True, **more,
    }  # fmt: skip


def outcome(name: str, when: datetime, what: str, basis: str | None, by: str = "human") -> Row:
    return {"report_id": name, "decided_at": when, "outcome": what, "basis": basis, "processed_by": by}


def claim(name: str, is_article_16: bool, kind: str = "takedown") -> Row:
    return {
        "notice_id": name, "received_at": at(19), "kind": kind, "target_count": 2, "surface": "gallery",
        "is_article_16": is_article_16, "decision": "accepted", "decided_at": at(20), "decided_by": "automated",
    }  # fmt: skip


def order(
    name: str, country: str, kind: str = "act_against_content", surface: str | None = "gallery", **more: Any
) -> Row:
    return {
        "order_id": name, "received_at": at(2), "kind": kind, "issuing_country": country, "category": SCAMS, "item_count": 2,
        "surface": surface, **more,
    }  # fmt: skip


def publish_home(root: Path) -> Home:
    """Build and publish it all, in one batch known through AS_OF."""
    warehouse = dbt_warehouse.make_warehouse(root / "build")
    home = Home.at(root / "home").ensure()
    dbt_warehouse.add_file(warehouse, 1, "ab" * 32, "enforcement_actions")
    for feed, rows in {**registers(), **records()}.items():
        numbered = [{**row, "_batch_id": 1, "_line_no": line} for line, row in enumerate(rows, start=1)]
        dbt_warehouse.add_rows(warehouse, feed, numbered)
    dbt_warehouse.pin(warehouse, 1, 0)
    with warehouse.connect() as connection:
        connection.execute("update raw.pins set as_of = ?", [AS_OF])
    manifest = dbt_warehouse.parse(warehouse)
    dbt_warehouse.build(warehouse, manifest, "--select", "+tag:dsa_harmonised", "+fct_filing_findings")
    shutil.copyfile(root / "build" / "current.duckdb", home.current_db)
    delivery = Delivery(
        file_id=1,
        file_sha256="ab" * 32,
        feed="enforcement_actions",
        received_on=str(AS_OF.date()),
        path="enforcement_actions/a.jsonl",
        size_bytes=1,
        mtime_ns=1,
        status="loaded",
    )
    write_commit(
        home,
        Commit(
            batch_id=1,
            run_id="run",
            committed_at=AS_OF.isoformat(),
            deliveries=[delivery],
            data_files=[],
            touched_days={},
            is_synthetic=False,
        ),
    )
    publish(home, "run", models=b"{}")
    return home
