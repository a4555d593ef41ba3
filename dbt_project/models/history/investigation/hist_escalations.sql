{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('escalations', 'escalation_id') }}"
    )
}}

with spells as (
    {{ history('escalations', 'escalation_id') }}
)

select
    spells.escalation_id,
    spells.case_id,
    spells.channel,
    spells.submitted_at,
    spells.acknowledged_at,
    spells.closed_at,
    spells.outcome,
    spells.package_sha256,
    {{ json_list('spells.account_ids') }} as account_ids,
    spells.partner_id,
    spells.piece_count,
    spells.external_report_id,
    spells.priority,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
