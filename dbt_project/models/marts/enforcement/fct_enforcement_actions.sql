{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_enforcement_actions_days') }}"
    )
}}

with actions as (
    select
        decided.*,
        {{ utc_day('decided.decided_at') }} as event_date
    from {{ ref('stg_enforcement_actions') }} as decided
    where
        {{ utc_day('decided.decided_at') }} in (
            select touched.event_date from {{ ref('int_touched_enforcement_actions_days') }} as touched
        )
),

policies as (
    {{ register_in_force('actions', 'action_id', 'decided_at', 'stg_policies', {'policy_code': 'policy_code'}) }}
),

appeals as (
    select
        filed.action_id,
        count(*) as appeal_count,
        count(case when filed.outcome in ('reversed', 'partially_reversed') then 1 end) as reversing_appeal_count,
        min(filed.submitted_at) as first_appealed_at
    from {{ ref('stg_appeals') }} as filed
    where filed.action_id in (select actions.action_id from actions)
    group by filed.action_id
)

select
    actions.event_date,
    actions.action_id,
    coalesce(actions.decision_id, actions.action_id) as decision_id,
    actions.decided_at,
    actions.applied_at,
    actions.ends_at,
    actions.account_id,
    actions.content_id,
    actions.content_kind,
    actions.content_created_on,
    actions.surface,
    actions.policy_code,
    {{ json_list('actions.secondary_policy_codes') }} as secondary_policy_codes,
    actions.severity,
    actions.action,
    actions.ground,
    actions.legal_ground,
    actions.terms_ground,
    actions.explanation,
    actions.source,
    actions.source_id,
    {{ json_list('actions.source_ids') }} as source_ids,
    actions.target_kind,
    actions.target_id,
    actions.repeat_ground,
    actions.recipient_country,
    actions.work_item_id,
    actions.cluster_id,
    {{ json_list('actions.signal_ids') }} as signal_ids,
    {{ json_list('actions.review_ids') }} as review_ids,
    actions.automated_detection,
    actions.automated_decision,
    {{ json_list('actions.territorial_scope') }} as territorial_scope,
    actions.content_language,
    actions.review_id,
    actions.lead_id,
    actions.case_id,
    actions.detection_id,
    actions.reversed_at,
    actions.reversal_reason,
    {{ json_list('actions.rationale_precedent_ids') }} as rationale_precedent_ids,
    policies.name as policy_name,
    policies.valid_from as policy_valid_from,
    policies.dsa_category,
    policies.dsa_keyword,
    policies.terms_provision,
    measures.name as action_name,
    measures.dsa_decision_field,
    measures.dsa_decision_value,
    measures.ladder_rank,
    measures.is_terminal,
    coalesce(appeals.appeal_count, 0) as appeal_count,
    coalesce(appeals.reversing_appeal_count, 0) as reversing_appeal_count,
    appeals.first_appealed_at,
    policies._file_id as policy_file_id,
    policies._line_no as policy_line_no,
    measures._file_id as measure_file_id,
    measures._line_no as measure_line_no,
    actions._batch_id,
    actions._file_id,
    actions._line_no
from actions
left join policies
    on actions.action_id = policies.decision_key
left join {{ ref('stg_actions') }} as measures
    on actions.action = measures.action
left join appeals
    on actions.action_id = appeals.action_id
