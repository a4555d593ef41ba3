{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('report_outcomes', 'report_id') }}"
    )
}}

with spells as (
    {{ history('report_outcomes', 'report_id') }}
)

select
    spells.report_id,
    spells.acknowledged_at,
    spells.decided_at,
    spells.outcome,
    spells.basis,
    spells.processed_by,
    spells.notified_at,
    spells.duplicate_of,
    {{ json_list('spells.action_ids') }} as action_ids,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
