{#- Number of elements of a list. -#}
{%- macro list_length(list) -%}
    {{ adapter.dispatch('list_length')(list) }}
{%- endmacro -%}

{%- macro default__list_length(list) -%}
    {{ exceptions.raise_compiler_error("list_length has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__list_length(list) -%}
    cast(len({{ list }}) as bigint)
{%- endmacro -%}

{%- macro spark__list_length(list) -%}
    cast(size({{ list }}) as bigint)
{%- endmacro -%}
