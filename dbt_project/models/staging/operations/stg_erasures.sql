with standing as (
    {{ standing('erasures', ['erasure_id']) }}
)

select
    standing.erasure_id,
    standing.requested_at,
    standing.entity_kind,
    standing.entity_id,
    standing.basis,
    standing.approved_by,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
