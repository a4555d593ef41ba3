with in_force as (
    {{ in_force('model_releases', ['model']) }}
)

select
    in_force.model,
    in_force.released_at,
    in_force.retired_at,
    in_force.family,
    in_force.is_alias,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
