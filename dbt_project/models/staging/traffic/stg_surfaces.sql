with in_force as (
    {{ in_force('surfaces', ['surface']) }}
)

select
    in_force.surface,
    in_force.name,
    in_force.launched_on,
    in_force.retired_on,
    in_force.owner,
    in_force.dsa_service,
    in_force.is_hosting,
    in_force.report_from,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
