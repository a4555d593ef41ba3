{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('appeals', 'appeal_id') }}"
    )
}}

with in_force as (
    {{ in_force('appeals', ['appeal_id'], changed_only=true) }}
)

select
    in_force.appeal_id,
    in_force.action_id,
    in_force.subject_kind,
    in_force.subject_id,
    in_force.submitted_at,
    in_force.review_ids,
    in_force.decided_at,
    in_force.channel,
    in_force.outcome,
    in_force.ground,
    in_force.automated_decision,
    in_force.implemented,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
