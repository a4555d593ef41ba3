"""What is expected of feeds and marts, as data: the suites that `suites.py` runs and the keys that reconciliation counts by.

A new expectation is a line here. It says again, in the checkers' own words, what the contract says: whoever loads does not mark
his own work. Running anything does not belong here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FeedExpectation:
    """What must hold of a feed's typed rows.

    Attributes:
        feed: Name.
        key: Fields that name one record.
        event_time: When it happened; empty where the feed has no such field.
        is_event: Whether rows never change (no versions).
        required: Fields that are never null.
        values: Allowed values by field.
        ranges: Least and greatest number by field; None is open.
        is_register: Whether it is small reference data without a cadence.
    """

    feed: str
    key: tuple[str, ...]
    event_time: str = ""
    is_event: bool = False
    required: tuple[str, ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    is_register: bool = False


_ACTION_SOURCES = (
    "own_initiative", "user_report", "article_16_notice", "trusted_flagger", "order", "copyright_notice", "partner", "appeal",
)  # fmt: skip

_CHANNELS = ("legal", "law_enforcement", "regulator", "ncmec", "partner_platform", "upstream_provider")

_FEEDS = (
    FeedExpectation(
        "model_requests", ("request_id",), "requested_at", True,
        ("request_id", "requested_at", "account_id", "surface", "model", "ip_hash", "status_code"),
        ranges=(("input_tokens", 0, None), ("output_tokens", 0, None)),
    ),
    FeedExpectation(
        "accounts", ("account_id",), "observed_at", False, ("account_id", "observed_at", "created_at"),
        (("kind", ("individual", "business", "education", "research", "startup_program")),
         ("status", ("active", "suspended", "terminated", "closed"))),
    ),
    FeedExpectation(
        "detections", ("detection_id",), "detected_at", True,
        ("detection_id", "detected_at", "detector_id", "account_id", "surface", "policy_code"), ranges=(("score", 0, 1),),
    ),
    FeedExpectation(
        "leads", ("lead_id",), "opened_at", False, ("lead_id", "opened_at", "title"),
        (("status", ("open", "in_review", "actioned", "rejected")),), (("priority", 1, 4),),
    ),
    FeedExpectation(
        "user_reports", ("report_id",), "submitted_at", True,
        ("report_id", "submitted_at", "surface", "target_id", "reason_code"),
        (("reporter_kind", ("user", "non_user", "trusted_flagger", "authority")),), (("item_count", 0, None),),
    ),
    FeedExpectation(
        "report_outcomes", ("report_id",), "", False, ("report_id",),
        (("outcome", ("action_taken", "no_action", "duplicate", "invalid")), ("basis", ("law", "terms", "none"))),
    ),
    FeedExpectation(
        "reviews", ("review_id",), "enqueued_at", False, ("review_id", "queue", "enqueued_at", "item_id", "surface"),
        (("decision", ("violating", "not_violating", "escalate", "unsure")),), (("severity", 1, 4), ("sample_probability", 0, 1)),
    ),
    FeedExpectation(
        "enforcement_actions", ("action_id",), "decided_at", False,
        ("action_id", "decided_at", "surface", "policy_code", "action", "explanation"),
        (("ground", ("illegal", "terms")), ("source", _ACTION_SOURCES), ("automated_decision", ("fully", "partially", "none"))),
        (("severity", 1, 4),),
    ),
    FeedExpectation(
        "appeals", ("appeal_id",), "submitted_at", False, ("appeal_id", "submitted_at"),
        (("channel", ("internal", "out_of_court", "court")),
         ("outcome", ("upheld", "reversed", "partially_reversed", "omitted", "withdrawn"))),
    ),
    FeedExpectation(
        "legal_orders", ("order_id",), "received_at", False, ("order_id", "received_at", "issuing_country", "category"),
        (("kind", ("act_against_content", "provide_information")),), (("item_count", 0, None),),
    ),
    FeedExpectation(
        "copyright_notices", ("notice_id",), "received_at", False, ("notice_id", "received_at", "sender_id"),
        (("kind", ("takedown", "counter_notice", "retraction", "reversal", "court_order")),), (("target_count", 0, None),),
    ),
    FeedExpectation(
        "escalations", ("escalation_id",), "submitted_at", False, ("escalation_id", "case_id", "submitted_at"),
        (("channel", _CHANNELS),),
    ),
    FeedExpectation(
        "cases", ("case_id",), "opened_at", False, ("case_id", "opened_at", "owner"), (("status", ("open", "escalated", "closed")),),
    ),
    FeedExpectation(
        "evidence_items", ("evidence_id",), "collected_at", True, ("evidence_id", "case_id", "collected_at", "source_ref"),
    ),
    FeedExpectation("incidents", ("incident_id",), "discovered_at", False, ("incident_id", "discovered_at", "summary")),
    FeedExpectation(
        "retractions", ("retraction_id",), "requested_at", True,
        ("retraction_id", "requested_by", "approved_by", "reason", "feed"),
    ),
    FeedExpectation(
        "control_totals", ("control_id",), "generated_at", True,
        ("control_id", "source_system", "feed", "period_start", "period_end"), ranges=(("record_count", 0, None),),
    ),
    FeedExpectation(
        "erasures", ("erasure_id",), "requested_at", True, ("erasure_id", "entity_id", "basis", "approved_by"),
        (("entity_kind", ("account", "reporter", "sender")),),
    ),
    FeedExpectation("evaluations", ("eval_id", "sample_id", "epoch"), "created_at", True, ("eval_id", "sample_id")),
    FeedExpectation("threat_intel", ("id",), "modified", False, ("id",)),
)  # fmt: skip

_REGISTERS = {
    "feeds": ("feed",), "surfaces": ("surface",), "services": ("dsa_service", "valid_from"),
    "dsa_scope": ("surface", "policy_code", "action", "valid_from"), "policies": ("policy_code", "valid_from"), "actions": ("action",),
    "detectors": ("detector_id",), "vendors": ("vendor_id",), "reviewers": ("reviewer_id",), "queues": ("queue",),
    "calendars": ("calendar", "day"), "samples": ("sample_id",), "sops": ("sop_id", "version"), "model_releases": ("model",),
    "mcp_servers": ("server_name",), "moderators": ("as_of", "dsa_service", "language"),
    "recipients": ("dsa_service", "period_start", "member_state"), "allowlist": ("entity_kind", "entity_id"),
    "ladder": ("policy_code", "severity", "prior_actions", "valid_from"), "partners": ("partner_id",),
    "escalation_paths": ("policy_code", "severity", "surface", "channel"),
    "evaluation_requirements": ("policy_code", "task", "phase"), "mitigations": ("mitigation_id",), "signers": ("signer_id",),
    "retention": ("feed",), "legal_holds": ("entity_kind", "entity_id"), "shareable_indicators": ("indicator_id",),
}  # fmt: skip

FEEDS: dict[str, FeedExpectation] = {one.feed: one for one in _FEEDS} | {
    name: FeedExpectation(name, key, required=key[:1] if name not in {"recipients"} else (), is_register=True)
    for name, key in _REGISTERS.items()
}

WITHOUT_CADENCE = frozenset({"evaluations", "threat_intel"})
"""Feeds that come when they come; registers neither have a cadence."""

_WITH_SURFACE = (
    "model_requests", "detections", "user_reports", "reviews", "enforcement_actions", "legal_orders", "copyright_notices",
)  # fmt: skip
SURFACE_FIELDS = dict.fromkeys(_WITH_SURFACE, "surface")
POLICY_FIELDS = {
    "detections": "policy_code", "leads": "policy_code", "user_reports": "reason_code", "reviews": "policy_code",
    "enforcement_actions": "policy_code",
}  # fmt: skip


@dataclass(frozen=True)
class MartExpectation:
    """What must hold of a published mart.

    Attributes:
        relation: `schema.name` in the open database.
        feeds: Feeds that it hangs on: it is checked when one of them was touched.
        never_null: Columns without nulls.
        ranges: Least and greatest number by column.
        values: Allowed values by column.
        references: (column, relation, column there): every value exists there.
    """

    relation: str
    feeds: tuple[str, ...]
    never_null: tuple[str, ...] = ()
    ranges: tuple[tuple[str, float | None, float | None], ...] = ()
    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    references: tuple[tuple[str, str, str], ...] = ()


_CHANNEL = (("channel", ("internal", "out_of_court", "court")),)
_DETECTION = (
    "model_requests",
    "accounts",
    "detections",
    "enforcement_actions",
    "user_reports",
    "allowlist",
    "model_releases",
)

MARTS = (
    MartExpectation(
        "marts.fct_account_days", ("model_requests",), ("account_id", "surface"), (("request_count", 1, None), ("input_tokens", 0, None)),
    ),
    MartExpectation(
        "marts.fct_enforcement_actions", ("enforcement_actions",), ("decided_at", "_file_id"), (("severity", 1, 4),),
        (("ground", ("illegal", "terms")),),
    ),
    MartExpectation("marts.fct_appeals", ("appeals",), ("submitted_at", "_file_id"), values=_CHANNEL),
    MartExpectation("marts.fct_user_reports", ("user_reports", "report_outcomes"), ("submitted_at", "_file_id")),
    MartExpectation("marts.fct_copyright_notices", ("copyright_notices",), ("received_at", "_file_id"), (("target_count", 0, None),)),
    MartExpectation("marts.fct_legal_orders", ("legal_orders",), ("received_at", "_file_id"), (("item_count", 0, None),)),
    MartExpectation(
        "marts.fct_reviews", ("reviews",), ("enqueued_at", "_file_id"), (("severity", 1, 4),),
    ),
)  # fmt: skip

CONCLUSIONS = (
    MartExpectation(
        "marts.fct_signals", _DETECTION, ("first_detected_at", "first_known_at"), (("day_count", 1, None),),
        (("subject_kind", ("account", "cluster")),),
    ),
    # No unit rests on one kind of evidence alone.
    MartExpectation(
        "marts.fct_review_queue", _DETECTION, ("account_ids", "reasons"), (("evidence_kind_count", 2, None), ("probability", 0, 1)),
        (("unit_kind", ("account", "cluster")),),
    ),
)  # fmt: skip
"""Marts that are built after detection, and judged after the others."""
