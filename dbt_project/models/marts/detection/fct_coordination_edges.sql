{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_coordination() }}"
    )
}}

{%- set day = day_of_number(divide_whole('paired_micros', 86400000000)) %}

{% for behaviour, rule in coordination_rules().items() -%}
{%- set shares -%}
    (select * from {{ ref('int_coordination_shares') }} where behaviour = '{{ behaviour }}')
{%- endset -%}
{%- set pairs -%}
    (
        {{ coordination_pairs(shares, rule.window_seconds, rule.min_participation) }}
    ) as pairs
{%- endset -%}
select
    edges.event_date,
    '{{ behaviour }}' as behaviour,
    edges.account_a,
    edges.account_b,
    edges.weight,
    {{ instant_of_micros('edges.first_paired_micros') }} as first_paired_at
from (
    {{ coordination_edges(pairs, day) }}
) as edges
where {{ is_touched_coordination(behaviour, 'edges.event_date') }}
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
