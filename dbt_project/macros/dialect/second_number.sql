{#- Whole seconds of an instant since 1970-01-01T00:00:00Z, BIGINT: for windows over time, which portable SQL orders by a number. -#}
{%- macro second_number(instant) -%}
    {{ adapter.dispatch('second_number')(instant) }}
{%- endmacro -%}

{%- macro default__second_number(instant) -%}
    {{ exceptions.raise_compiler_error("second_number has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__second_number(instant) -%}
    (epoch_us({{ instant }}) // 1000000)
{%- endmacro -%}

{%- macro spark__second_number(instant) -%}
    (unix_micros({{ instant }}) div 1000000)
{%- endmacro -%}
