with in_force as (
    {{ in_force('actions', ['action']) }}
)

select
    in_force.action,
    in_force.name,
    in_force.dsa_decision_field,
    in_force.dsa_decision_value,
    in_force.ladder_rank,
    in_force.is_terminal,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
