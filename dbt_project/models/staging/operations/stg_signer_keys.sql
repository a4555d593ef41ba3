with in_force as (
    {{ in_force('signers', ['signer_id', 'public_key']) }}
)

select
    in_force.signer_id,
    in_force.public_key,
    in_force.role,
    in_force.valid_from,
    in_force.revoked_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
where in_force.public_key is not null and in_force.public_key <> ''
