{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('reviews', 'review_id') }}"
    )
}}

with spells as (
    {{ history('reviews', 'review_id') }}
)

select
    spells.review_id,
    spells.queue,
    spells.enqueued_at,
    spells.assigned_at,
    spells.decided_at,
    spells.work_item_id,
    spells.item_kind,
    spells.source_kind,
    spells.source_id,
    spells.item_id,
    spells.account_id,
    spells.surface,
    spells.language,
    spells.reviewer_kind,
    spells.vendor_id,
    spells.policy_code,
    spells.decision,
    spells.decision_policy_code,
    spells.severity,
    spells.golden_decision,
    spells.sample_probability,
    spells.stratum,
    spells.sop_id,
    spells.sop_version,
    spells.handling_seconds,
    spells.paused_seconds,
    spells.is_second_review,
    spells.sample_id,
    spells.content_sensitivity,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
