with in_force as (
    {{ in_force('samples', ['sample_id']) }}
)

select
    in_force.sample_id,
    in_force.frame,
    in_force.stratum,
    in_force.population_count,
    in_force.drawn_count,
    in_force.seed,
    in_force.drawn_at,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
