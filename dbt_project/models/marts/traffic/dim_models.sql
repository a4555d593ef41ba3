select
    models.model,
    models.released_at,
    models.retired_at,
    models.family,
    models.is_alias,
    models._batch_id,
    models._file_id,
    models._line_no
from {{ ref('stg_model_releases') }} as models
