{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('appeals', 'appeal_id') }}"
    )
}}

with spells as (
    {{ history('appeals', 'appeal_id') }}
)

select
    spells.appeal_id,
    spells.action_id,
    spells.subject_kind,
    spells.subject_id,
    spells.submitted_at,
    {{ json_list('spells.review_ids') }} as review_ids,
    spells.decided_at,
    spells.channel,
    spells.outcome,
    spells.ground,
    spells.automated_decision,
    spells.implemented,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
