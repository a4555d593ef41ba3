with standing as (
    {{ standing('control_totals', ['control_id']) }}
)

select
    standing.control_id,
    standing.source_system,
    standing.feed,
    standing.period_start,
    standing.period_end,
    standing.record_count,
    standing.generated_at,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
