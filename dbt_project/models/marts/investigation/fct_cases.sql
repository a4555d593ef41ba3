select
    cases.case_id,
    cases.opened_at,
    {{ json_list('cases.lead_ids') }} as lead_ids,
    {{ json_list('cases.cluster_ids') }} as cluster_ids,
    cases.status,
    cases.legal_hold,
    {{ json_list('cases.jurisdictions') }} as jurisdictions,
    cases.closed_at,
    cases._batch_id,
    cases._file_id,
    cases._line_no
from {{ ref('stg_cases') }} as cases
