with in_force as (
    {{ in_force('services', ['dsa_service', 'valid_from']) }}
)

select
    in_force.dsa_service,
    in_force.name,
    in_force.kind,
    in_force.valid_from,
    in_force.valid_to,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
