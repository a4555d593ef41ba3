{#- A whole number of 64 bits that stands for a text inside one query: to group and count by, never to store or show. Null stays null. -#}
{%- macro hash_number(text) -%}
    {{ adapter.dispatch('hash_number')(text) }}
{%- endmacro -%}

{%- macro default__hash_number(text) -%}
    {{ exceptions.raise_compiler_error("hash_number has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__hash_number(text) -%}
    case when {{ text }} is not null then hash({{ text }}) end
{%- endmacro -%}

{%- macro spark__hash_number(text) -%}
    case when {{ text }} is not null then xxhash64({{ text }}) end
{%- endmacro -%}
