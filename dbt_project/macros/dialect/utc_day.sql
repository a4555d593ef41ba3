{#- The UTC day of an instant, whatever the session's zone. -#}
{%- macro utc_day(instant) -%}
    {{ adapter.dispatch('utc_day')(instant) }}
{%- endmacro -%}

{%- macro default__utc_day(instant) -%}
    {{ exceptions.raise_compiler_error("utc_day has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__utc_day(instant) -%}
    cast(make_timestamp(epoch_us({{ instant }})) as date)
{%- endmacro -%}

{%- macro spark__utc_day(instant) -%}
    to_date(to_utc_timestamp({{ instant }}, current_timezone()))
{%- endmacro -%}
