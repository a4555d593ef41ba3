with in_force as (
    {{ in_force('moderators', ['as_of', 'dsa_service', 'language']) }}
)

select
    in_force.as_of,
    in_force.dsa_service,
    in_force.language,
    in_force.internal_fte,
    in_force.external_fte,
    in_force.cefr_b2_count,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
