{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('incidents', 'incident_id') }}"
    )
}}

with spells as (
    {{ history('incidents', 'incident_id') }}
)

select
    spells.incident_id,
    spells.discovered_at,
    spells.occurred_at,
    {{ json_list('spells.regimes') }} as regimes,
    spells.imminent_danger,
    spells.why_qualifies,
    spells.summary,
    spells.internal_use,
    spells.model,
    spells.reported_at,
    spells.amended_at,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
