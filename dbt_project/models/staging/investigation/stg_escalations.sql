{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('escalations', 'escalation_id') }}"
    )
}}

with in_force as (
    {{ in_force('escalations', ['escalation_id'], changed_only=true) }}
)

select
    in_force.escalation_id,
    in_force.case_id,
    in_force.channel,
    in_force.submitted_at,
    in_force.acknowledged_at,
    in_force.closed_at,
    in_force.outcome,
    in_force.package_sha256,
    in_force.account_ids,
    in_force.partner_id,
    in_force.piece_count,
    in_force.external_report_id,
    in_force.priority,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
