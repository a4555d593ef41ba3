with in_force as (
    {{ in_force('shareable_indicators', ['indicator_id']) }}
)

select
    in_force.indicator_id,
    in_force.value,
    in_force.type,
    in_force.tlp,
    in_force.legal_basis,
    in_force.approved_by,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
