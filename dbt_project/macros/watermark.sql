{#- The three pins of a run, as scalar subqueries: the watermark is data, so that a compiled model never goes stale. -#}

{#- Last batch to be seen. -#}
{%- macro watermark() -%}
    (select pins.watermark from {{ source('raw', 'pins') }} as pins)
{%- endmacro -%}

{#- Batches up to this one are in the marts already; 0 rebuilds everything. -#}
{%- macro built_through() -%}
    (select pins.built_through from {{ source('raw', 'pins') }} as pins)
{%- endmacro -%}

{#- Instant at which ages, gags and open items are judged: the watermark batch's commit, never the clock. -#}
{%- macro as_of() -%}
    (select pins.as_of from {{ source('raw', 'pins') }} as pins)
{%- endmacro -%}

{#- Whether rows of an alias came in batches that the marts have not seen, up to the watermark. -#}
{%- macro is_new(alias) -%}
    {{ alias }}._batch_id > {{ built_through() }} and {{ alias }}._batch_id <= {{ watermark() }}
{%- endmacro -%}
