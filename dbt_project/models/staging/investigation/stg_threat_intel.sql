{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('threat_intel', 'id') }}"
    )
}}

with in_force as (
    {{ in_force('threat_intel', ['id'], changed_only=true) }}
)

select
    in_force.id,
    in_force.type,
    in_force.spec_version,
    in_force.created,
    in_force.modified,
    in_force.name,
    in_force.pattern,
    in_force.pattern_type,
    in_force.indicator_types,
    in_force.valid_from,
    in_force.valid_until,
    in_force.confidence,
    in_force.labels,
    in_force.kill_chain_phases,
    in_force.external_refs,
    in_force.tlp,
    in_force.revoked,
    in_force.source_ref,
    in_force.target_ref,
    in_force.relationship_type,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
