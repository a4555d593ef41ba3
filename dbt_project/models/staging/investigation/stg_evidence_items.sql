with standing as (
    {{ standing('evidence_items', ['evidence_id']) }}
)

select
    standing.evidence_id,
    standing.case_id,
    standing.collected_at,
    standing.collected_by,
    standing.method,
    standing.source_ref,
    standing.sha256,
    standing.reliability,
    standing.credibility,
    standing.tlp,
    standing.supersedes,
    standing._batch_id,
    standing._file_id,
    standing._line_no
from standing
