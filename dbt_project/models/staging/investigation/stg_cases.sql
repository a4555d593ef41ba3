{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('cases', 'case_id') }}"
    )
}}

with in_force as (
    {{ in_force('cases', ['case_id'], changed_only=true) }}
)

select
    in_force.case_id,
    in_force.opened_at,
    in_force.lead_ids,
    in_force.cluster_ids,
    in_force.owner,
    in_force.counsel,
    in_force.status,
    in_force.legal_hold,
    in_force.jurisdictions,
    in_force.closed_at,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
