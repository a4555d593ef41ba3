select
    sops.sop_id,
    sops.version,
    sops.title,
    sops.queue,
    {{ json_list('sops.policy_codes') }} as policy_codes,
    {{ json_list('sops.surfaces') }} as surfaces,
    sops.owner,
    sops.approved_on,
    sops.review_by,
    sops.supersedes,
    sops._batch_id,
    sops._file_id,
    sops._line_no
from {{ ref('stg_sops') }} as sops
