with standing as (
    {{ standing('detections', ['detection_id']) }}
)

select
    standing.detection_id,
    standing.detected_at,
    standing.detector_id,
    standing.detector_version,
    standing.account_id,
    standing.request_id,
    standing.content_id,
    standing.surface,
    standing.policy_code,
    standing.score,
    standing.is_automated,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
