with in_force as (
    {{ in_force('mitigations', ['mitigation_id']) }}
)

select
    in_force.mitigation_id,
    in_force.finding,
    in_force.owner,
    in_force.opened_at,
    in_force.closed_at,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
