{#- One row per element of a JSON list, each as JSON text, as a column of a select; null or an empty list gives no row. -#}
{%- macro explode_json_list(document) -%}
    {{ adapter.dispatch('explode_json_list')(document) }}
{%- endmacro -%}

{%- macro default__explode_json_list(document) -%}
    {{ exceptions.raise_compiler_error("explode_json_list has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__explode_json_list(document) -%}
    unnest(from_json({{ document }}, '["VARCHAR"]'))
{%- endmacro -%}

{%- macro spark__explode_json_list(document) -%}
    explode(from_json({{ document }}, 'array<string>'))
{%- endmacro -%}
