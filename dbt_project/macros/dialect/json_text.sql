{#- One top-level field of a JSON text, as a string; null when absent. -#}
{%- macro json_text(document, field) -%}
    {{ adapter.dispatch('json_text')(document, field) }}
{%- endmacro -%}

{%- macro default__json_text(document, field) -%}
    {{ exceptions.raise_compiler_error("json_text has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__json_text(document, field) -%}
    json_extract_string({{ document }}, '$."{{ field }}"')
{%- endmacro -%}

{%- macro spark__json_text(document, field) -%}
    get_json_object({{ document }}, '$.{{ field }}')
{%- endmacro -%}
