with in_force as (
    {{ in_force('detectors', ['detector_id']) }}
)

select
    in_force.detector_id,
    in_force.name,
    in_force.owner,
    in_force.policy_code,
    in_force.surfaces,
    in_force.deployed_on,
    in_force.retired_on,
    in_force.threshold,
    in_force.tactic_ids,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
