select
    cases.case_id,
    cases.owner,
    cases.counsel,
    cases._batch_id,
    cases._file_id,
    cases._line_no
from {{ ref('stg_cases') }} as cases
