{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('enforcement_actions', 'action_id') }}"
    )
}}

with spells as (
    {{ history('enforcement_actions', 'action_id') }}
)

select
    spells.action_id,
    spells.decision_id,
    spells.decided_at,
    spells.applied_at,
    spells.ends_at,
    spells.account_id,
    spells.content_id,
    spells.content_kind,
    spells.content_created_on,
    spells.surface,
    spells.policy_code,
    {{ json_list('spells.secondary_policy_codes') }} as secondary_policy_codes,
    spells.severity,
    spells.action,
    spells.ground,
    spells.legal_ground,
    spells.terms_ground,
    spells.explanation,
    spells.source,
    spells.source_id,
    {{ json_list('spells.source_ids') }} as source_ids,
    spells.target_kind,
    spells.target_id,
    spells.repeat_ground,
    spells.recipient_country,
    spells.work_item_id,
    spells.cluster_id,
    {{ json_list('spells.signal_ids') }} as signal_ids,
    {{ json_list('spells.review_ids') }} as review_ids,
    spells.automated_detection,
    spells.automated_decision,
    {{ json_list('spells.territorial_scope') }} as territorial_scope,
    spells.content_language,
    spells.review_id,
    spells.lead_id,
    spells.case_id,
    spells.detection_id,
    spells.reversed_at,
    spells.reversal_reason,
    {{ json_list('spells.rationale_precedent_ids') }} as rationale_precedent_ids,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
