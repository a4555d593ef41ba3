with signer_keys as (
    select
        signers.*,
        lead(signers.valid_from) over (
            partition by signers.signer_id
            order by
                case when signers.valid_from is null then 0 else 1 end, signers.valid_from, signers.public_key
        ) as replaced_at
    from {{ ref('stg_signer_keys') }} as signers
)

select
    signer_keys.signer_id,
    signer_keys.public_key,
    signer_keys.role,
    signer_keys.valid_from,
    signer_keys.replaced_at as valid_to,
    signer_keys.revoked_at,
    signer_keys._batch_id,
    signer_keys._file_id,
    signer_keys._line_no
from signer_keys
