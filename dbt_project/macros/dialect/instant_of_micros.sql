{#- The instant of a whole number of microseconds since 1970-01-01T00:00:00Z, as `epoch_micros` gives it. -#}
{%- macro instant_of_micros(number) -%}
    {{ adapter.dispatch('instant_of_micros')(number) }}
{%- endmacro -%}

{%- macro default__instant_of_micros(number) -%}
    {{ exceptions.raise_compiler_error("instant_of_micros has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__instant_of_micros(number) -%}
    make_timestamptz({{ number }})
{%- endmacro -%}

{%- macro spark__instant_of_micros(number) -%}
    timestamp_micros({{ number }})
{%- endmacro -%}
