with in_force as (
    {{ in_force('evaluation_requirements', ['policy_code', 'task', 'phase']) }}
)

select
    in_force.policy_code,
    in_force.task,
    in_force.phase,
    in_force.threshold,
    in_force.owner,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
