{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

select
    {{ utc_day('requests.requested_at') }} as event_date,
    requests.account_id,
    requests.surface,
    count(*) as request_count,
    cast(sum(requests.input_tokens) as bigint) as input_tokens,
    cast(sum(requests.output_tokens) as bigint) as output_tokens,
    count(case when requests.stop_reason = 'refusal' then 1 end) as refusal_count,
    count(case when requests.status_code >= 400 then 1 end) as error_count,
    {{ count_bits(any_bit(bit_of(utc_hour('requests.requested_at')))) }} as active_hours,
    {{ any_bit(bit_of(utc_hour('requests.requested_at'))) }} as active_hours_mask,
    min(requests.requested_at) as first_request_at,
    max(requests.requested_at) as last_request_at,
    max(requests._batch_id) as _batch_id,
    -- file and line as one number, so that the least of them is one line and not two halves
    {{ divide_whole('min(requests._file_id * 1099511627776 + requests._line_no)', '1099511627776') }} as _file_id,
    min(requests._file_id * 1099511627776 + requests._line_no) % 1099511627776 as _line_no
from {{ ref('stg_model_requests') }} as requests
where
    {{ utc_day('requests.requested_at') }} in (
        select touched.event_date from {{ ref('int_touched_model_requests_days') }} as touched
    )
group by
    {{ utc_day('requests.requested_at') }},
    requests.account_id,
    requests.surface
