{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('leads', 'lead_id') }}"
    )
}}

with spells as (
    {{ history('leads', 'lead_id') }}
)

select
    spells.lead_id,
    spells.opened_at,
    spells.origin,
    spells.title,
    spells.hypothesis,
    spells.priority,
    spells.status,
    spells.closed_at,
    {{ json_list('spells.account_ids') }} as account_ids,
    spells.policy_code,
    {{ json_list('spells.intel_refs') }} as intel_refs,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
