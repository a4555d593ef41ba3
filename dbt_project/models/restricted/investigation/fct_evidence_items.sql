select
    items.evidence_id,
    items.case_id,
    items.collected_at,
    items.collected_by,
    items.method,
    items.source_ref,
    items.sha256,
    items.reliability,
    items.credibility,
    items.tlp,
    items.supersedes,
    items._batch_id,
    items._file_id,
    items._line_no
from {{ ref('stg_evidence_items') }} as items
