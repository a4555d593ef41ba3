select
    vendors.vendor_id,
    vendors.name,
    vendors.contract_from,
    vendors.contract_to,
    vendors.scope,
    vendors.sla_hours,
    vendors.sla_target,
    vendors.accuracy_target,
    vendors.agreement_target,
    vendors.hourly_capacity,
    cast(vendors.unit_cost as decimal(18, 4)) as unit_cost,
    vendors.currency,
    {{ json_list('vendors.languages') }} as languages,
    vendors._batch_id,
    vendors._file_id,
    vendors._line_no
from {{ ref('stg_vendors') }} as vendors
