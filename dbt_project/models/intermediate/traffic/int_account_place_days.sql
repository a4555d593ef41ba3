{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
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
    {{ on_touched_days('contexts.event_date', 'int_touched_model_requests_days') }}
group by
    contexts.event_date,
    contexts.account_id,
    contexts.api_key_id,
    contexts.asn,
    contexts.country,
    {{ linkable('contexts.device_hash', 'contexts.hash_key_id') }}
order by contexts.event_date, contexts.account_id
