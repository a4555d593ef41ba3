{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('threat_intel', 'id') }}"
    )
}}

with spells as (
    {{ history('threat_intel', 'id') }}
)

select
    spells.id,
    spells.type,
    spells.spec_version,
    spells.created,
    spells.modified,
    spells.name,
    spells.pattern,
    spells.pattern_type,
    {{ json_list('spells.indicator_types') }} as indicator_types,
    spells.valid_from,
    spells.valid_until,
    spells.confidence,
    {{ json_list('spells.labels') }} as labels,
    spells.kill_chain_phases,
    spells.external_refs,
    spells.tlp,
    spells.revoked,
    spells.source_ref,
    spells.target_ref,
    spells.relationship_type,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
