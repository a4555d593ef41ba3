with in_force as (
    {{ in_force('ladder', ['policy_code', 'severity', 'prior_actions', 'valid_from']) }}
)

select
    in_force.policy_code,
    in_force.severity,
    in_force.prior_actions,
    in_force.expected_action,
    in_force.valid_from,
    in_force.valid_to,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
