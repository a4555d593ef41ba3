{#- A text with a time and an offset as an instant; null when it is none: for times inside a JSON field, which no contract judges. -#}
{%- macro instant_or_null(text) -%}
    {{ adapter.dispatch('instant_or_null')(text) }}
{%- endmacro -%}

{%- macro default__instant_or_null(text) -%}
    {{ exceptions.raise_compiler_error("instant_or_null has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__instant_or_null(text) -%}
    try_cast({{ text }} as timestamptz)
{%- endmacro -%}

{%- macro spark__instant_or_null(text) -%}
    try_to_timestamp({{ text }})
{%- endmacro -%}
