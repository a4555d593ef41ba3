{#- The instant of a whole number of seconds since 1970-01-01T00:00:00Z, as `second_number` gives it. -#}
{%- macro instant_of_second(number) -%}
    {{ adapter.dispatch('instant_of_second')(number) }}
{%- endmacro -%}

{%- macro default__instant_of_second(number) -%}
    {{ exceptions.raise_compiler_error("instant_of_second has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__instant_of_second(number) -%}
    to_timestamp({{ number }})
{%- endmacro -%}

{%- macro spark__instant_of_second(number) -%}
    timestamp_seconds({{ number }})
{%- endmacro -%}
