{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

with requests as (
    select
        {{ utc_day('arrived.requested_at') }} as event_date,
        arrived.*
    from {{ ref('stg_model_requests') }} as arrived
    where
        {{ on_touched_days(utc_day('arrived.requested_at'), 'int_touched_model_requests_days', 'arrived.requested_at') }}
)

select
    requests.event_date,
    requests.account_id,
    requests.surface,
    requests.hash_key_id,
    requests.api_key_id,
    requests.model,
    requests.ip_hash,
    requests.ip_prefix_hash,
    requests.asn,
    requests.asn_kind,
    requests.country,
    requests.user_agent_hash,
    requests.device_hash,
    requests.payment_hash,
    count(*) as request_count,
    cast(sum(requests.input_tokens) as bigint) as input_tokens,
    cast(sum(requests.output_tokens) as bigint) as output_tokens,
    count(case when requests.stop_reason = 'refusal' then 1 end) as refusal_count,
    count(case when requests.stop_reason = 'max_tokens' then 1 end) as max_tokens_count,
    count(case when requests.status_code >= 400 then 1 end) as error_count,
    count(case when requests.status_code in (429, 529) then 1 end) as retry_count,
    count(case when requests.elicits_reasoning then 1 end) as elicits_count,
    count(case when requests.grades_outputs then 1 end) as grades_count,
    count(case when requests.strict_format then 1 end) as strict_count,
    count(case when {{ list_length('requests.tools') }} > 0 then 1 end) as tool_request_count,
    count(case when {{ list_has_prefix('requests.tools', 'mcp:') }} then 1 end) as mcp_request_count,
    {%- for category in task_categories() if category != 'unknown' %}
    count(case when requests.task_category = '{{ category }}' then 1 end) as task_{{ category }}_count,
    {%- endfor %}
    count(case when requests.task_category is null then 1 end) as task_unknown_count,
    {{ any_bit(bit_of(utc_hour('requests.requested_at'))) }} as active_hours_mask,
    min(requests.requested_at) as first_at,
    max(requests.requested_at) as last_at,
    max(requests._batch_id) as _batch_id,
    -- file and line as one number, so that the least of them is one line and not two halves
    min(requests._file_id * 1099511627776 + requests._line_no) as first_line_key
from requests
group by
    requests.event_date,
    requests.account_id,
    requests.surface,
    requests.hash_key_id,
    requests.api_key_id,
    requests.model,
    requests.ip_hash,
    requests.ip_prefix_hash,
    requests.asn,
    requests.asn_kind,
    requests.country,
    requests.user_agent_hash,
    requests.device_hash,
    requests.payment_hash
order by requests.event_date, requests.account_id
