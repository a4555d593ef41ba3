with in_force as (
    {{ in_force('dsa_scope', ['surface', 'policy_code', 'action', 'valid_from']) }}
)

select
    in_force.surface,
    in_force.policy_code,
    in_force.action,
    in_force.in_report,
    in_force.in_sor,
    in_force.exempt_reason,
    in_force.approved_by,
    in_force.valid_from,
    in_force.valid_to,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
