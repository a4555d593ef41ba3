{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('reviews', 'review_id') }}"
    )
}}

with in_force as (
    {{ in_force('reviews', ['review_id'], changed_only=true) }}
)

select
    in_force.review_id,
    in_force.queue,
    in_force.enqueued_at,
    in_force.assigned_at,
    in_force.decided_at,
    in_force.work_item_id,
    in_force.item_kind,
    in_force.source_kind,
    in_force.source_id,
    in_force.item_id,
    in_force.account_id,
    in_force.surface,
    in_force.language,
    in_force.reviewer_id,
    in_force.reviewer_kind,
    in_force.vendor_id,
    in_force.policy_code,
    in_force.decision,
    in_force.decision_policy_code,
    in_force.severity,
    in_force.golden_decision,
    in_force.sample_probability,
    in_force.stratum,
    in_force.sop_id,
    in_force.sop_version,
    in_force.handling_seconds,
    in_force.paused_seconds,
    in_force.is_second_review,
    in_force.sample_id,
    in_force.content_sensitivity,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
