select
    detectors.detector_id,
    detectors.name,
    detectors.owner,
    detectors.policy_code,
    {{ json_list('detectors.surfaces') }} as surfaces,
    detectors.deployed_on,
    detectors.retired_on,
    detectors.threshold,
    {{ json_list('detectors.tactic_ids') }} as tactic_ids,
    detectors._batch_id,
    detectors._file_id,
    detectors._line_no
from {{ ref('stg_detectors') }} as detectors
