"""The registers of the input contract, one field a line, as text that `contracts` reads.

Belongs here: each register's key and fields. Not here: event and record feeds (`feed_fields`), code of any kind.

``name: key, key | field type, field type``; a field without a type is ``str``. All registers also take ``updated_at``.
``moment`` is a time with an offset, or a day (its midnight in UTC). Key parts in brackets may be null.
"""

REGISTERS = """
feeds: feed | feed, cadence_hours float, owner
surfaces: surface | surface, name, launched_on date, retired_on date, owner, dsa_service, is_hosting bool, report_from moment
services: dsa_service, [valid_from] | dsa_service, name, kind conduit/hosting/online_platform/vlop/vlose, valid_from moment, valid_to moment
dsa_scope: surface, policy_code, action, [valid_from] | surface, policy_code, action, in_report bool, in_sor bool, exempt_reason, approved_by, valid_from moment, valid_to moment
policies: policy_code, [valid_from] | policy_code, name, parent, dsa_category, dsa_keyword, ncmec_class, severity_default int, terms_version, terms_provision, ip_provision, valid_from moment, valid_to moment
actions: action | action, name, dsa_decision_field, dsa_decision_value, ladder_rank int, is_terminal bool
detectors: detector_id | detector_id, name, owner, policy_code, surfaces [str], deployed_on date, retired_on date, threshold float, tactic_ids [str]
vendors: vendor_id | vendor_id, name, contract_from date, contract_to date, scope, sla_hours float, sla_target float, accuracy_target float, agreement_target float, hourly_capacity float, unit_cost float, currency, languages [str]
reviewers: reviewer_id | reviewer_id, vendor_id, started_on date, certified_on date, left_on date, queues [str], languages [str]
queues: queue | queue, name, vendor_id, sla_hours float, calendar, policy_codes [str], surfaces [str]
calendars: calendar, day | calendar, day date, opens, closes
samples: sample_id | sample_id, frame, stratum, population_count int, drawn_count int, seed int, drawn_at moment
sops: sop_id, version | sop_id, version, title, queue, policy_codes [str], surfaces [str], owner, approved_on date, review_by date, supersedes
model_releases: model | model, released_at moment, retired_at moment, family, is_alias bool
mcp_servers: server_name | server_name, publisher, first_seen moment, repository_url, aliases [str], status
moderators: as_of, [dsa_service], language | as_of date, dsa_service, language, internal_fte float, external_fte float, cefr_b2_count int
recipients: [dsa_service], period_start, member_state | dsa_service, period_start date, period_end date, member_state, average_monthly_active_recipients int
allowlist: entity_kind, entity_id | entity_kind, entity_id, reason, owner, approved_on date, expires_on date
ladder: policy_code, severity, prior_actions, [valid_from] | policy_code, severity int, prior_actions int, expected_action, valid_from moment, valid_to moment
partners: partner_id | partner_id, name, kind, tlp_ceiling, sla_hours float
escalation_paths: policy_code, severity, surface, channel | policy_code, severity int, surface, channel, clock_hours float, valid_from moment, valid_to moment
evaluation_requirements: policy_code, task, phase | policy_code, task, phase pre_launch/post_launch, threshold float, owner
mitigations: mitigation_id | mitigation_id, finding, owner, opened_at moment, closed_at moment
signers: signer_id | signer_id, role, public_key, valid_from moment, revoked_at moment
retention: feed | feed, days int, basis
legal_holds: entity_kind, entity_id | entity_kind, entity_id, case_id, valid_from moment, valid_to moment
shareable_indicators: indicator_id | indicator_id, value, type, tlp, legal_basis, approved_by
"""  # noqa: E501  one register a line reads best
