{#- An instant as text, whole seconds in UTC: 2026-05-01T12:00:00Z. -#}
{%- macro instant_text(instant) -%}
    {{ adapter.dispatch('instant_text')(instant) }}
{%- endmacro -%}

{%- macro default__instant_text(instant) -%}
    {{ exceptions.raise_compiler_error("instant_text has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__instant_text(instant) -%}
    strftime(make_timestamp(epoch_us({{ instant }})), '%Y-%m-%dT%H:%M:%SZ')
{%- endmacro -%}

{%- macro spark__instant_text(instant) -%}
    date_format(to_utc_timestamp({{ instant }}, current_timezone()), "yyyy-MM-dd'T'HH:mm:ss'Z'")
{%- endmacro -%}
