with in_force as (
    {{ in_force('recipients', ['dsa_service', 'period_start', 'member_state']) }}
)

select
    in_force.dsa_service,
    in_force.period_start,
    in_force.period_end,
    in_force.member_state,
    in_force.average_monthly_active_recipients,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
