{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('copyright_notices', 'notice_id') }}"
    )
}}

with in_force as (
    {{ in_force('copyright_notices', ['notice_id'], changed_only=true) }}
)

select
    in_force.notice_id,
    in_force.received_at,
    in_force.kind,
    in_force.channel,
    in_force.sender_id,
    in_force.sender_kind,
    in_force.rightsholder,
    in_force.target_count,
    in_force.targets,
    in_force.relates_to,
    in_force.surface,
    in_force.is_article_16,
    in_force.claim_kind,
    in_force.court_action_notified_at,
    in_force.has_signature,
    in_force.identifies_work,
    in_force.identifies_material,
    in_force.has_contact,
    in_force.has_good_faith,
    in_force.has_accuracy,
    in_force.language,
    in_force.country,
    in_force.decided_at,
    in_force.decision,
    in_force.decided_by,
    in_force.restored_at,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
