{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

select
    contexts.event_date,
    contexts.account_id,
    contexts.api_key_id,
    contexts.asn,
    contexts.country,
    {{ linkable('contexts.device_hash', 'contexts.hash_key_id') }} as device_hash,
    cast(sum(contexts.request_count) as bigint) as request_count
from {{ ref('int_account_context_days') }} as contexts
where
    contexts.event_date in (
        select touched.event_date from {{ ref('int_touched_model_requests_days') }} as touched
    )
group by
    contexts.event_date,
    contexts.account_id,
    contexts.api_key_id,
    contexts.asn,
    contexts.country,
    {{ linkable('contexts.device_hash', 'contexts.hash_key_id') }}
order by contexts.event_date, contexts.account_id
