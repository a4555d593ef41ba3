with in_force as (
    {{ in_force('retention', ['feed']) }}
)

select
    in_force.feed,
    in_force.days,
    in_force.basis,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
