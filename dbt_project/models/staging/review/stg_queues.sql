with in_force as (
    {{ in_force('queues', ['queue']) }}
)

select
    in_force.queue,
    in_force.name,
    in_force.vendor_id,
    in_force.sla_hours,
    in_force.calendar,
    in_force.policy_codes,
    in_force.surfaces,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
