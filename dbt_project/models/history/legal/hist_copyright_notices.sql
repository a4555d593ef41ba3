{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('copyright_notices', 'notice_id') }}"
    )
}}

with spells as (
    {{ history('copyright_notices', 'notice_id') }}
)

select
    spells.notice_id,
    spells.received_at,
    spells.kind,
    spells.channel,
    spells.sender_id,
    spells.sender_kind,
    spells.rightsholder,
    spells.target_count,
    spells.targets,
    spells.relates_to,
    spells.surface,
    spells.is_article_16,
    spells.claim_kind,
    spells.court_action_notified_at,
    spells.has_signature,
    spells.identifies_work,
    spells.identifies_material,
    spells.has_contact,
    spells.has_good_faith,
    spells.has_accuracy,
    spells.language,
    spells.country,
    spells.decided_at,
    spells.decision,
    spells.decided_by,
    spells.restored_at,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
