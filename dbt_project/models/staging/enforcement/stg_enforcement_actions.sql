{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('enforcement_actions', 'action_id') }}"
    )
}}

with in_force as (
    {{ in_force('enforcement_actions', ['action_id'], changed_only=true) }}
)

select
    in_force.action_id,
    in_force.decision_id,
    in_force.decided_at,
    in_force.applied_at,
    in_force.ends_at,
    in_force.account_id,
    in_force.content_id,
    in_force.content_kind,
    in_force.content_created_on,
    in_force.surface,
    in_force.policy_code,
    in_force.secondary_policy_codes,
    in_force.severity,
    in_force.action,
    in_force.ground,
    in_force.legal_ground,
    in_force.terms_ground,
    in_force.explanation,
    in_force.source,
    in_force.source_id,
    in_force.source_ids,
    in_force.target_kind,
    in_force.target_id,
    in_force.repeat_ground,
    in_force.recipient_country,
    in_force.work_item_id,
    in_force.cluster_id,
    in_force.signal_ids,
    in_force.review_ids,
    in_force.automated_detection,
    in_force.automated_decision,
    in_force.territorial_scope,
    in_force.content_language,
    in_force.review_id,
    in_force.lead_id,
    in_force.case_id,
    in_force.detection_id,
    in_force.reversed_at,
    in_force.reversal_reason,
    in_force.rationale_precedent_ids,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
