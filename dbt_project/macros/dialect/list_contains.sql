{#- Whether a list holds an element. -#}
{%- macro list_contains(list, element) -%}
    {{ adapter.dispatch('list_contains')(list, element) }}
{%- endmacro -%}

{%- macro default__list_contains(list, element) -%}
    {{ exceptions.raise_compiler_error("list_contains has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__list_contains(list, element) -%}
    list_contains({{ list }}, {{ element }})
{%- endmacro -%}

{%- macro spark__list_contains(list, element) -%}
    array_contains({{ list }}, {{ element }})
{%- endmacro -%}
