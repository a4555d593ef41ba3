with in_force as (
    {{ in_force('vendors', ['vendor_id']) }}
)

select
    in_force.vendor_id,
    in_force.name,
    in_force.contract_from,
    in_force.contract_to,
    in_force.scope,
    in_force.sla_hours,
    in_force.sla_target,
    in_force.accuracy_target,
    in_force.agreement_target,
    in_force.hourly_capacity,
    in_force.unit_cost,
    in_force.currency,
    in_force.languages,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
