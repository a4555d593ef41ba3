with in_force as (
    {{ in_force('sops', ['sop_id', 'version']) }}
)

select
    in_force.sop_id,
    in_force.version,
    in_force.title,
    in_force.queue,
    in_force.policy_codes,
    in_force.surfaces,
    in_force.owner,
    in_force.approved_on,
    in_force.review_by,
    in_force.supersedes,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
