{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_changed_keys('accounts', 'account_id') }}"
    )
}}

with in_force as (
    {{ in_force('accounts', ['account_id'], changed_only=true) }}
)

select
    in_force.account_id,
    in_force.observed_at,
    in_force.created_at,
    in_force.organization_id,
    in_force.kind,
    in_force.status,
    in_force.verification,
    in_force.billing_country,
    in_force.declared_use,
    in_force.email_pattern_hash,
    in_force.payment_hash,
    in_force.signup_ip_hash,
    in_force.signup_asn,
    in_force.referrer_account_id,
    in_force.research_verified,
    in_force.rate_limit_rpm,
    in_force.terms_version,
    in_force.terms_accepted_at,
    in_force.hash_key_id,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
