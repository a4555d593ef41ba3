{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_detections_days') }}"
    )
}}

select
    {{ utc_day('detections.detected_at') }} as event_date,
    detections.detection_id,
    detections.detected_at,
    detections.detector_id,
    detections.detector_version,
    detections.account_id,
    detections.request_id,
    detections.content_id,
    detections.surface,
    detections.policy_code,
    cast(round(detections.score * 1000000) as bigint) as score_ppm,
    detections.is_automated,
    detections._batch_id,
    detections._file_id,
    detections._line_no
from {{ ref('stg_detections') }} as detections
where
    {{ utc_day('detections.detected_at') }} in (
        select touched.event_date from {{ ref('int_touched_detections_days') }} as touched
    )
