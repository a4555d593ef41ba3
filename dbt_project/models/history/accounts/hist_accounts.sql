{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('accounts', 'account_id') }}"
    )
}}

with spells as (
    {{ history('accounts', 'account_id') }}
)

select
    spells.account_id,
    spells.observed_at,
    spells.created_at,
    spells.organization_id,
    spells.kind,
    spells.status,
    spells.verification,
    spells.billing_country,
    spells.declared_use,
    spells.email_pattern_hash,
    spells.payment_hash,
    spells.signup_ip_hash,
    spells.signup_asn,
    spells.referrer_account_id,
    spells.research_verified,
    spells.rate_limit_rpm,
    spells.terms_version,
    spells.terms_accepted_at,
    spells.hash_key_id,
    spells._version_at,
    spells._valid_from_batch,
    spells._valid_to_batch,
    spells._batch_id,
    spells._file_id,
    spells._line_no
from spells
