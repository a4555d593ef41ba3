select
    services.dsa_service,
    services.name,
    services.kind,
    services.valid_from,
    services.valid_to,
    services._batch_id,
    services._file_id,
    services._line_no
from {{ ref('stg_services') }} as services
