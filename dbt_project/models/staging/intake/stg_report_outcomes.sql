{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('report_outcomes', 'report_id') }}"
    )
}}

with in_force as (
    {{ in_force('report_outcomes', ['report_id'], changed_only=true) }}
)

select
    in_force.report_id,
    in_force.acknowledged_at,
    in_force.decided_at,
    in_force.outcome,
    in_force.basis,
    in_force.processed_by,
    in_force.notified_at,
    in_force.duplicate_of,
    in_force.action_ids,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
