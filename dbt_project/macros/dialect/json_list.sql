{#- A list of strings as JSON text: the form in which contracted tables hold lists; null stays null. -#}
{%- macro json_list(list) -%}
    {{ adapter.dispatch('json_list')(list) }}
{%- endmacro -%}

{%- macro default__json_list(list) -%}
    {{ exceptions.raise_compiler_error("json_list has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__json_list(list) -%}
    cast(to_json({{ list }}) as varchar)
{%- endmacro -%}

{%- macro spark__json_list(list) -%}
    to_json({{ list }})
{%- endmacro -%}
