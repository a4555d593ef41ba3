{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

with requests as (
    select
        {{ utc_day('requests.requested_at') }} as event_date,
        requests.account_id,
        {{ linkable('requests.template_hash') }} as template_hash,
        {{ epoch_micros('requests.requested_at') }} as used_micros
    from {{ ref('stg_model_requests') }} as requests
    where
        requests.account_id <> ''
        and requests.template_hash is not null
        and {{ utc_day('requests.requested_at') }} in (
            select touched.event_date from {{ ref('int_touched_model_requests_days') }} as touched
        )
),

-- public templates are nobody's own
templates as (
    select
        days.event_date,
        days.template_hash,
        count(*) as account_count
    from {{ ref('int_account_template_days') }} as days
    where
        days.event_date in (
            select touched.event_date from {{ ref('int_touched_model_requests_days') }} as touched
        )
    group by days.event_date, days.template_hash
    having count(*) <= {{ coordination_rules()['template']['most_accounts'] }}
)

-- what one account alone used can only meet somebody across midnight
select distinct
    requests.event_date,
    requests.account_id,
    requests.template_hash,
    requests.used_micros
from requests
inner join templates
    on requests.event_date = templates.event_date and requests.template_hash = templates.template_hash
where
    templates.account_count > 1
    or {{ is_first_window('template', 'requests.used_micros') }}
    or {{ is_last_window('template', 'requests.used_micros') }}
order by requests.event_date, requests.template_hash, requests.used_micros
