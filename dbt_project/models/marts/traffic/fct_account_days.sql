{{
    config(
        materialized='incremental',
        portions='int_touched_account_days',
        pre_hook="{{ delete_touched_days('int_touched_account_days') }}"
    )
}}

{%- set kept_sums = [
    'request_count', 'input_tokens', 'output_tokens', 'refusal_count', 'error_count',
] -%}
{%- set sums = [
    'max_tokens_count', 'retry_count', 'elicits_count', 'grades_count', 'strict_count', 'tool_request_count', 'mcp_request_count',
] -%}

with contexts as (
    select
        days.*,
        {{ hash_number(linkable('days.ip_hash', 'days.hash_key_id')) }} as address_number,
        {{ hash_number(linkable('days.ip_prefix_hash', 'days.hash_key_id')) }} as prefix_number,
        {{ hash_number(linkable('days.device_hash', 'days.hash_key_id')) }} as device_number,
        {{ hash_number(linkable('days.payment_hash', 'days.hash_key_id')) }} as payment_number,
        {{ hash_number(linkable('days.user_agent_hash', 'days.hash_key_id')) }} as user_agent_number,
        {{ hash_number('days.api_key_id') }} as api_key_number
    from {{ ref('int_account_context_days') }} as days
    where {{ on_touched_days('days.event_date', 'int_touched_account_days') }}
),

summed as (
    select
        contexts.event_date,
        contexts.account_id,
        contexts.surface,
        {%- for column in kept_sums + sums %}
        cast(sum(contexts.{{ column }}) as bigint) as {{ column }},
        {%- endfor %}
        {%- for category in task_categories() %}
        cast(sum(contexts.task_{{ category }}_count) as bigint) as task_{{ category }}_count,
        {%- endfor %}
        cast(sum(case when contexts.model like '%-latest' then contexts.request_count else 0 end) as bigint)
            as latest_alias_count,
        count(distinct contexts.address_number) as address_count,
        count(distinct contexts.prefix_number) as prefix_count,
        count(distinct contexts.device_number) as device_count,
        count(distinct contexts.payment_number) as payment_count,
        count(distinct contexts.user_agent_number) as user_agent_count,
        count(distinct contexts.country) as country_count,
        count(distinct contexts.asn) as asn_count,
        count(distinct contexts.model) as model_count,
        count(distinct contexts.api_key_number) as api_key_count,
        {{ any_bit('contexts.active_hours_mask') }} as active_hours_mask,
        min(contexts.first_at) as first_request_at,
        max(contexts.last_at) as last_request_at,
        max(contexts._batch_id) as _batch_id,
        min(contexts.first_line_key) as first_line_key
    from contexts
    group by contexts.event_date, contexts.account_id, contexts.surface
),

-- Nearly all prompts are different: what is counted, and what it is counted by, are numbers of a fixed size, which takes half the
-- time. Two hashes stand for account and surface, of different texts, so that no two groups are ever one.
prompts as (
    select
        days.event_date,
        days.account_id,
        days.surface,
        {{ hash_number('days.account_id') }} as account_number,
        {{ hash_number(dbt.concat(['days.surface', "':'", 'days.account_id'])) }} as pair_number,
        {{ hash_number('days.template_hash') }} as template_number,
        {{ hash_number('days.prompt_hash') }} as prompt_number,
        days.prompt_simhash
    from {{ ref('int_account_prompt_days') }} as days
    where {{ on_touched_days('days.event_date', 'int_touched_account_days') }}
),

contents as (
    select
        prompts.event_date,
        min(prompts.account_id) as account_id,
        min(prompts.surface) as surface,
        count(distinct prompts.template_number) as template_count,
        count(distinct prompts.prompt_number) as prompt_count,
        {%- for start in (1, 5, 9, 13) %}
        count(distinct substring(prompts.prompt_simhash, {{ start }}, 4))
        {{- ' +' if not loop.last else ' as simhash_band_count' }}
        {%- endfor %}
    from prompts
    group by prompts.event_date, prompts.account_number, prompts.pair_number
),

tools as (
    select
        days.event_date,
        days.account_id,
        days.surface,
        count(*) as tool_count,
        count(case when days.tool_name like 'mcp:_%' then 1 end) as mcp_server_count
    from {{ ref('int_account_tool_days') }} as days
    where {{ on_touched_days('days.event_date', 'int_touched_account_days') }}
    group by days.event_date, days.account_id, days.surface
),

policies as (
    select
        days.event_date,
        days.account_id,
        days.surface,
        max(days.max_score_ppm) as max_score_ppm,
        cast(sum(days.high_count) as bigint) as high_score_count,
        count(case when days.high_count > 0 then 1 end) as policies_probed_count
    from {{ ref('int_account_policy_days') }} as days
    where {{ on_touched_days('days.event_date', 'int_touched_account_days') }}
    group by days.event_date, days.account_id, days.surface
),

-- the last hour of the day before, seen from the day after it, and the first hour of the day itself
around_midnight as (
    select
        {{ add_days('before.event_date', 1) }} as event_date,
        before.account_id,
        before.surface,
        before.at_micros,
        before.request_count,
        false as is_own_day
    from {{ ref('int_account_midnight_requests') }} as before
    where
        before.at_micros % 86400000000 >= 82800000000
        and {{ on_touched_days(add_days('before.event_date', 1), 'int_touched_account_days') }}
    union all
    select
        own.event_date,
        own.account_id,
        own.surface,
        own.at_micros,
        own.request_count,
        true as is_own_day
    from {{ ref('int_account_midnight_requests') }} as own
    where
        own.at_micros % 86400000000 < 3600000000
        and {{ on_touched_days('own.event_date', 'int_touched_account_days') }}
),

across_midnight as (
    select
        around_midnight.event_date,
        around_midnight.account_id,
        around_midnight.surface,
        around_midnight.is_own_day,
        sum(around_midnight.request_count) over (
            partition by around_midnight.event_date, around_midnight.account_id, around_midnight.surface
            order by around_midnight.at_micros
            range between 3599999999 preceding and current row
        ) as hour_count
    from around_midnight
),

bursts_across as (
    select
        across_midnight.event_date,
        across_midnight.account_id,
        across_midnight.surface,
        cast(max(across_midnight.hour_count) as bigint) as burst_count
    from across_midnight
    where across_midnight.is_own_day
    group by across_midnight.event_date, across_midnight.account_id, across_midnight.surface
),

bursts as (
    select days.*
    from {{ ref('int_account_burst_days') }} as days
    where {{ on_touched_days('days.event_date', 'int_touched_account_days') }}
)

select
    summed.event_date,
    summed.account_id,
    summed.surface,
    {%- for column in kept_sums %}
    summed.{{ column }},
    {%- endfor %}
    {{ count_bits('summed.active_hours_mask') }} as active_hours,
    summed.active_hours_mask,
    summed.first_request_at,
    summed.last_request_at,
    {%- for column in sums %}
    summed.{{ column }},
    {%- endfor %}
    {%- for category in task_categories() %}
    summed.task_{{ category }}_count,
    {%- endfor %}
    summed.latest_alias_count,
    greatest(bursts.burst_count, coalesce(bursts_across.burst_count, 0)) as burst_count,
    summed.address_count,
    summed.prefix_count,
    summed.device_count,
    summed.payment_count,
    summed.user_agent_count,
    summed.country_count,
    summed.asn_count,
    summed.model_count,
    summed.api_key_count,
    contents.template_count,
    contents.prompt_count,
    contents.simhash_band_count,
    coalesce(tools.tool_count, 0) as tool_count,
    coalesce(tools.mcp_server_count, 0) as mcp_server_count,
    policies.max_score_ppm,
    coalesce(policies.high_score_count, 0) as high_score_count,
    coalesce(policies.policies_probed_count, 0) as policies_probed_count,
    summed._batch_id,
    {{ divide_whole('summed.first_line_key', '1099511627776') }} as _file_id,
    summed.first_line_key % 1099511627776 as _line_no
from summed
{%- for part in ('contents', 'bursts', 'bursts_across', 'tools', 'policies') %}
{{ 'inner' if part in ('contents', 'bursts') else 'left' }} join {{ part }}
    on
        summed.event_date = {{ part }}.event_date
        and summed.account_id = {{ part }}.account_id
        and summed.surface = {{ part }}.surface
{%- endfor %}
order by summed.event_date, summed.account_id
