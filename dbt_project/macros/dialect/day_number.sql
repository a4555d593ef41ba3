{#- Days from 1970-01-01 to a date, as an integer: what rolling windows are counted in. -#}
{%- macro day_number(day) -%}
    {{ adapter.dispatch('day_number')(day) }}
{%- endmacro -%}

{%- macro default__day_number(day) -%}
    {{ exceptions.raise_compiler_error("day_number has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__day_number(day) -%}
    cast({{ day }} - date '1970-01-01' as integer)
{%- endmacro -%}

{%- macro spark__day_number(day) -%}
    datediff({{ day }}, date '1970-01-01')
{%- endmacro -%}
