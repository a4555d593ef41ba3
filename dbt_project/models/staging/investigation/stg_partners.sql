with in_force as (
    {{ in_force('partners', ['partner_id']) }}
)

select
    in_force.partner_id,
    in_force.name,
    in_force.kind,
    in_force.tlp_ceiling,
    in_force.sla_hours,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
