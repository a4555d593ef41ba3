{#- One row per element of a list, as a column of a select; an empty or null list gives no row. -#}
{%- macro explode_list(list) -%}
    {{ adapter.dispatch('explode_list')(list) }}
{%- endmacro -%}

{%- macro default__explode_list(list) -%}
    {{ exceptions.raise_compiler_error("explode_list has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__explode_list(list) -%}
    unnest({{ list }})
{%- endmacro -%}

{%- macro spark__explode_list(list) -%}
    explode({{ list }})
{%- endmacro -%}
