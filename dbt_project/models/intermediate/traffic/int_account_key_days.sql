{{
    config(
        materialized='incremental',
        portions='int_touched_model_requests_days',
        pre_hook="{{ delete_touched_days('int_touched_model_requests_days') }}"
    )
}}

{#- Key type -> column of a context, whether it is a keyed hash. -#}
{%- set plain_keys = [
    ('device', 'device_hash', true), ('payment', 'payment_hash', true), ('user_agent', 'user_agent_hash', true),
    ('api_key', 'api_key_id', false), ('model', 'model', false),
] -%}
{%- set place_keys = [('address', 'ip_hash'), ('prefix', 'ip_prefix_hash')] -%}
with contexts as (
    select days.*
    from {{ ref('int_account_context_days') }} as days
    where
        {{ on_touched_days('days.event_date', 'int_touched_model_requests_days') }}
),

placed as (
    {%- for key_type, column in place_keys %}
    select
        contexts.event_date,
        contexts.account_id,
        '{{ key_type }}' as key_type,
        {{ linkable('contexts.' ~ column, 'contexts.hash_key_id') }} as key_value,
        contexts.asn_kind,
        contexts.country,
        cast(sum(contexts.request_count) as bigint) as request_count,
        min(contexts.first_at) as first_at,
        max(contexts.last_at) as last_at
    from contexts
    where contexts.{{ column }} != ''
    group by
        contexts.event_date,
        contexts.account_id,
        {{ linkable('contexts.' ~ column, 'contexts.hash_key_id') }},
        contexts.asn_kind,
        contexts.country
    {{- '\n    union all' if not loop.last }}
    {%- endfor %}
),

-- the commonest kind and country of a key: the greatest count, the lesser name where counts agree
ranked as (
    select
        placed.*,
        row_number() over (
            partition by placed.event_date, placed.account_id, placed.key_type, placed.key_value
            order by placed.request_count desc, placed.asn_kind asc nulls last, placed.country asc nulls last
        ) as place_rank
    from placed
),

keys as (
    select
        ranked.event_date,
        ranked.account_id,
        ranked.key_type,
        ranked.key_value,
        cast(sum(ranked.request_count) as bigint) as request_count,
        max(case when ranked.place_rank = 1 then ranked.asn_kind end) as asn_kind,
        max(case when ranked.place_rank = 1 then ranked.country end) as country,
        min(ranked.first_at) as first_at,
        max(ranked.last_at) as last_at
    from ranked
    group by ranked.event_date, ranked.account_id, ranked.key_type, ranked.key_value
    {%- for key_type, column, is_hash in plain_keys %}
    union all
    select
        contexts.event_date,
        contexts.account_id,
        '{{ key_type }}' as key_type,
        {{ linkable('contexts.' ~ column, 'contexts.hash_key_id') if is_hash else 'contexts.' ~ column }} as key_value,
        cast(sum(contexts.request_count) as bigint) as request_count,
        cast(null as {{ dbt.type_string() }}) as asn_kind,
        cast(null as {{ dbt.type_string() }}) as country,
        min(contexts.first_at) as first_at,
        max(contexts.last_at) as last_at
    from contexts
    where contexts.{{ column }} != ''
    group by
        contexts.event_date,
        contexts.account_id,
        {{ linkable('contexts.' ~ column, 'contexts.hash_key_id') if is_hash else 'contexts.' ~ column }}
    {%- endfor %}
    union all
    select
        templates.event_date,
        templates.account_id,
        'template' as key_type,
        templates.template_hash as key_value,
        templates.request_count,
        cast(null as {{ dbt.type_string() }}) as asn_kind,
        cast(null as {{ dbt.type_string() }}) as country,
        templates.first_at,
        templates.last_at
    from {{ ref('int_account_template_days') }} as templates
    where
        {{ on_touched_days('templates.event_date', 'int_touched_model_requests_days') }}
    union all
    select
        tools.event_date,
        tools.account_id,
        'mcp_server' as key_type,
        substring(tools.tool_name, 5) as key_value,
        cast(sum(tools.request_count) as bigint) as request_count,
        cast(null as {{ dbt.type_string() }}) as asn_kind,
        cast(null as {{ dbt.type_string() }}) as country,
        min(tools.first_at) as first_at,
        max(tools.last_at) as last_at
    from {{ ref('int_account_tool_days') }} as tools
    where
        tools.tool_name like 'mcp:_%'
        and {{ on_touched_days('tools.event_date', 'int_touched_model_requests_days') }}
    group by tools.event_date, tools.account_id, tools.tool_name
)

select
    keys.event_date,
    keys.account_id,
    keys.key_type,
    keys.key_value,
    keys.request_count,
    keys.asn_kind,
    keys.country,
    keys.first_at,
    keys.last_at
from keys
order by keys.event_date, keys.key_type, keys.key_value, keys.account_id
