{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('incidents', 'incident_id') }}"
    )
}}

with in_force as (
    {{ in_force('incidents', ['incident_id'], changed_only=true) }}
)

select
    in_force.incident_id,
    in_force.discovered_at,
    in_force.occurred_at,
    in_force.regimes,
    in_force.imminent_danger,
    in_force.why_qualifies,
    in_force.summary,
    in_force.internal_use,
    in_force.model,
    in_force.reported_at,
    in_force.amended_at,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
