with in_force as (
    {{ in_force('legal_holds', ['entity_kind', 'entity_id']) }}
)

select
    in_force.entity_kind,
    in_force.entity_id,
    in_force.case_id,
    in_force.valid_from,
    in_force.valid_to,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
