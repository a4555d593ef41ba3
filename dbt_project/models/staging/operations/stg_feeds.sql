with in_force as (
    {{ in_force('feeds', ['feed']) }}
)

select
    in_force.feed,
    in_force.cadence_hours,
    in_force.owner,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
