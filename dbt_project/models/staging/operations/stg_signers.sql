with in_force as (
    {{ in_force('signers', ['signer_id']) }}
)

select
    in_force.signer_id,
    in_force.role,
    in_force.public_key,
    in_force.valid_from,
    in_force.revoked_at,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
