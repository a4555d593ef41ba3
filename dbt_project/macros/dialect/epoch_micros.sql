{#- Microseconds from 1970 to an instant, BIGINT. -#}
{%- macro epoch_micros(instant) -%}
    {{ adapter.dispatch('epoch_micros')(instant) }}
{%- endmacro -%}

{%- macro default__epoch_micros(instant) -%}
    {{ exceptions.raise_compiler_error("epoch_micros has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__epoch_micros(instant) -%}
    epoch_us({{ instant }})
{%- endmacro -%}

{%- macro spark__epoch_micros(instant) -%}
    unix_micros({{ instant }})
{%- endmacro -%}
