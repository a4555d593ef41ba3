with in_force as (
    {{ in_force('allowlist', ['entity_kind', 'entity_id']) }}
)

select
    in_force.entity_kind,
    in_force.entity_id,
    in_force.reason,
    in_force.owner,
    in_force.approved_on,
    in_force.expires_on,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
