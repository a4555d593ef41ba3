select
    surfaces.surface,
    surfaces.name,
    surfaces.launched_on,
    surfaces.retired_on,
    surfaces.owner,
    surfaces.dsa_service,
    surfaces.is_hosting,
    surfaces.report_from,
    surfaces._batch_id,
    surfaces._file_id,
    surfaces._line_no
from {{ ref('stg_surfaces') }} as surfaces
