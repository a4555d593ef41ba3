{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_coordination() }}"
    )
}}

with viral as (
    {% for behaviour, rule in coordination_rules().items() -%}
    {%- set shares -%}
        (select * from {{ ref('int_coordination_shares') }} where behaviour = '{{ behaviour }}')
    {%- endset -%}
    select
        '{{ behaviour }}' as behaviour,
        {{ day_of_number(divide_whole('buckets.bucket_micros', 86400000000)) }} as event_date,
        buckets.object_id,
        {{ instant_of_micros('buckets.bucket_micros') }} as bucket_started_at,
        buckets.accounts as account_count,
        cast(buckets.cut as bigint) as cut_count
    from (
        {{ coordination_viral(shares, rule.window_seconds) }}
    ) as buckets
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
)

select
    viral.event_date,
    viral.behaviour,
    viral.object_id,
    viral.bucket_started_at,
    viral.account_count,
    viral.cut_count
from viral
where
    {%- for behaviour in coordination_rules() %}
    {{ 'or ' if not loop.first }}(viral.behaviour = '{{ behaviour }}' and {{ is_touched_coordination(behaviour, 'viral.event_date') }})
    {%- endfor %}
