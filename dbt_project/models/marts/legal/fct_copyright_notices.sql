{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_copyright_notices_days') }}"
    )
}}

select
    {{ utc_day('notices.received_at') }} as event_date,
    notices.notice_id,
    notices.received_at,
    notices.kind,
    notices.channel,
    notices.sender_id,
    notices.sender_kind,
    notices.rightsholder,
    notices.target_count,
    notices.targets,
    notices.relates_to,
    notices.surface,
    notices.is_article_16,
    notices.claim_kind,
    notices.court_action_notified_at,
    notices.has_signature,
    notices.identifies_work,
    notices.identifies_material,
    notices.has_contact,
    notices.has_good_faith,
    notices.has_accuracy,
    notices.language,
    notices.country,
    notices.decided_at,
    notices.decision,
    notices.decided_by,
    notices.restored_at,
    {{ seconds_between('notices.received_at', 'notices.decided_at') }} as decision_seconds,
    notices._batch_id,
    notices._file_id,
    notices._line_no
from {{ ref('stg_copyright_notices') }} as notices
where
    {{ utc_day('notices.received_at') }} in (
        select touched.event_date from {{ ref('int_touched_copyright_notices_days') }} as touched
    )
