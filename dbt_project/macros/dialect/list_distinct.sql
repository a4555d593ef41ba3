{#- A list without its repeats, in no particular order. -#}
{%- macro list_distinct(list) -%}
    {{ adapter.dispatch('list_distinct')(list) }}
{%- endmacro -%}

{%- macro default__list_distinct(list) -%}
    {{ exceptions.raise_compiler_error("list_distinct has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__list_distinct(list) -%}
    list_distinct({{ list }})
{%- endmacro -%}

{%- macro spark__list_distinct(list) -%}
    array_distinct({{ list }})
{%- endmacro -%}
