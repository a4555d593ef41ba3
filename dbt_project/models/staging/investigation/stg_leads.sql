{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('leads', 'lead_id') }}"
    )
}}

with in_force as (
    {{ in_force('leads', ['lead_id'], changed_only=true) }}
)

select
    in_force.lead_id,
    in_force.opened_at,
    in_force.origin,
    in_force.title,
    in_force.hypothesis,
    in_force.priority,
    in_force.status,
    in_force.closed_at,
    in_force.account_ids,
    in_force.policy_code,
    in_force.intel_refs,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
