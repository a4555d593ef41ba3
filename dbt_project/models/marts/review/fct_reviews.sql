{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_reviews_days') }}"
    )
}}

select
    {{ utc_day('reviews.enqueued_at') }} as event_date,
    reviews.review_id,
    reviews.queue,
    reviews.enqueued_at,
    reviews.assigned_at,
    reviews.decided_at,
    reviews.work_item_id,
    reviews.item_kind,
    reviews.source_kind,
    reviews.source_id,
    reviews.item_id,
    reviews.account_id,
    reviews.surface,
    reviews.language,
    reviews.reviewer_kind,
    reviews.vendor_id,
    reviews.policy_code,
    reviews.decision,
    reviews.decision_policy_code,
    reviews.severity,
    reviews.golden_decision,
    reviews.sample_probability,
    reviews.stratum,
    reviews.sop_id,
    reviews.sop_version,
    reviews.handling_seconds,
    reviews.paused_seconds,
    reviews.is_second_review,
    reviews.sample_id,
    reviews.content_sensitivity,
    {{ seconds_between('reviews.enqueued_at', 'reviews.decided_at') }} as decision_seconds,
    reviews._batch_id,
    reviews._file_id,
    reviews._line_no
from {{ ref('stg_reviews') }} as reviews
where
    {{ utc_day('reviews.enqueued_at') }} in (
        select touched.event_date from {{ ref('int_touched_reviews_days') }} as touched
    )
