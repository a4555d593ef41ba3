with in_force as (
    {{ in_force('reviewers', ['reviewer_id']) }}
)

select
    in_force.reviewer_id,
    in_force.vendor_id,
    in_force.started_on,
    in_force.certified_on,
    in_force.left_on,
    in_force.queues,
    in_force.languages,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
