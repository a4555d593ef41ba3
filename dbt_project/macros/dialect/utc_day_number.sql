{#- UTC days from 1970-01-01 to an instant, BIGINT: what windows over days are ordered by. -#}
{%- macro utc_day_number(instant) -%}
    {{ adapter.dispatch('utc_day_number')(instant) }}
{%- endmacro -%}

{%- macro default__utc_day_number(instant) -%}
    {{ exceptions.raise_compiler_error("utc_day_number has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__utc_day_number(instant) -%}
    (epoch_us({{ instant }}) // 86400000000)
{%- endmacro -%}

{%- macro spark__utc_day_number(instant) -%}
    (unix_micros({{ instant }}) div 86400000000)
{%- endmacro -%}
