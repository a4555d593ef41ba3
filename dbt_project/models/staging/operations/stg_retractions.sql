-- Retractions known at the watermark; they withdraw others and are never withdrawn themselves.
select
    arrived.retraction_id,
    arrived.requested_at,
    arrived.requested_by,
    arrived.approved_by,
    arrived.reason,
    arrived.feed,
    arrived.file_sha256,
    arrived.line,
    arrived.id,
    arrived.superseded_by,
    arrived._batch_id,
    arrived._file_id,
    arrived._line_no
from {{ source('raw', 'retractions') }} as arrived
where arrived._batch_id <= {{ watermark() }}
