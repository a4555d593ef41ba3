{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('accounts', 'account_id') }}"
    )
}}

select
    accounts.account_id,
    accounts.observed_at,
    accounts.created_at,
    accounts.organization_id,
    accounts.kind,
    accounts.status,
    accounts.verification,
    accounts.billing_country,
    accounts.declared_use,
    accounts.email_pattern_hash,
    accounts.payment_hash,
    accounts.signup_ip_hash,
    accounts.signup_asn,
    accounts.referrer_account_id,
    accounts.research_verified,
    accounts.rate_limit_rpm,
    accounts.terms_version,
    accounts.terms_accepted_at,
    accounts.hash_key_id,
    accounts._batch_id,
    accounts._file_id,
    accounts._line_no
from {{ ref('stg_accounts') }} as accounts
where
    accounts.account_id in (
        {{ changed_keys('accounts', 'account_id') }}
    )
