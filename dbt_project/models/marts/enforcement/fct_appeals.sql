{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_appeals_days') }}"
    )
}}

select
    {{ utc_day('appeals.submitted_at') }} as event_date,
    appeals.appeal_id,
    appeals.action_id,
    coalesce(appeals.subject_kind, 'action') as subject_kind,
    coalesce(appeals.subject_id, appeals.action_id) as subject_id,
    appeals.submitted_at,
    {{ json_list('appeals.review_ids') }} as review_ids,
    appeals.decided_at,
    appeals.channel,
    appeals.outcome,
    appeals.ground,
    appeals.automated_decision,
    appeals.implemented,
    {{ seconds_between('appeals.submitted_at', 'appeals.decided_at') }} as decision_seconds,
    actions.decided_at as action_decided_at,
    actions.account_id,
    actions.surface,
    actions.policy_code,
    actions.action,
    actions.source as action_source,
    actions.automated_decision as action_automated_decision,
    actions.reversed_at as action_reversed_at,
    actions._file_id as action_file_id,
    actions._line_no as action_line_no,
    appeals._batch_id,
    appeals._file_id,
    appeals._line_no
from {{ ref('stg_appeals') }} as appeals
left join {{ ref('stg_enforcement_actions') }} as actions
    on appeals.action_id = actions.action_id
where
    {{ utc_day('appeals.submitted_at') }} in (
        select touched.event_date from {{ ref('int_touched_appeals_days') }} as touched
    )
