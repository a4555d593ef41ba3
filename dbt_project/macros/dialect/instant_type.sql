{#- The type of a UTC instant: keeps the offset's meaning, unlike a plain timestamp. -#}
{%- macro instant_type() -%}
    {{ adapter.dispatch('instant_type')() }}
{%- endmacro -%}

{%- macro default__instant_type() -%}
    {{ exceptions.raise_compiler_error("instant_type has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__instant_type() -%}
    {{ var('instant_types')['duckdb'] }}
{%- endmacro -%}

{%- macro spark__instant_type() -%}
    {{ var('instant_types')['spark'] }}
{%- endmacro -%}
