{{ config(materialized='table') }}

{% for behaviour, rule in coordination_rules().items() -%}
{%- set events -%}
    (select * from {{ ref('int_coordination_events') }} where behaviour = '{{ behaviour }}')
{%- endset -%}
select
    '{{ behaviour }}' as behaviour,
    shares.account_id,
    shares.object_id,
    shares.content_id,
    shares.shared_micros,
    shares.bucket,
    shares.is_own_object,
    shares.is_cut
from (
    {{ coordination_shares(
        events, 'e.account_id', 'e.object_id', 'e.event_micros', 'cast(null as ' ~ dbt.type_string() ~ ')',
        rule.window_seconds, rule.min_participation, rule.cap
    ) }}
) as shares
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
