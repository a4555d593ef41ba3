{#- The UTC hour (0 to 23) of an instant, whatever the session's zone. -#}
{%- macro utc_hour(instant) -%}
    {{ adapter.dispatch('utc_hour')(instant) }}
{%- endmacro -%}

{%- macro default__utc_hour(instant) -%}
    {{ exceptions.raise_compiler_error("utc_hour has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__utc_hour(instant) -%}
    extract(hour from make_timestamp(epoch_us({{ instant }})))
{%- endmacro -%}

{%- macro spark__utc_hour(instant) -%}
    hour(to_utc_timestamp({{ instant }}, current_timezone()))
{%- endmacro -%}
