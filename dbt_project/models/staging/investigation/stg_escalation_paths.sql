with in_force as (
    {{ in_force('escalation_paths', ['policy_code', 'severity', 'surface', 'channel']) }}
)

select
    in_force.policy_code,
    in_force.severity,
    in_force.surface,
    in_force.channel,
    in_force.clock_hours,
    in_force.valid_from,
    in_force.valid_to,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
