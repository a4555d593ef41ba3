select
    incidents.incident_id,
    incidents.discovered_at,
    incidents.occurred_at,
    {{ json_list('incidents.regimes') }} as regimes,
    incidents.imminent_danger,
    incidents.why_qualifies,
    incidents.summary,
    incidents.internal_use,
    incidents.model,
    incidents.reported_at,
    incidents.amended_at,
    incidents._batch_id,
    incidents._file_id,
    incidents._line_no
from {{ ref('stg_incidents') }} as incidents
