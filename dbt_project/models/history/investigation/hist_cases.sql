{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('cases', 'case_id') }}"
    )
}}

with spells as (
    {{ history('cases', 'case_id') }}
)

select
    spells.case_id,
    spells.opened_at,
    {{ json_list('spells.lead_ids') }} as lead_ids,
    {{ json_list('spells.cluster_ids') }} as cluster_ids,
    spells.status,
    spells.legal_hold,
    {{ json_list('spells.jurisdictions') }} as jurisdictions,
    spells.closed_at,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
