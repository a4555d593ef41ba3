{#- Whole part of an integer division, BIGINT. -#}
{%- macro divide_whole(number, divisor) -%}
    {{ adapter.dispatch('divide_whole')(number, divisor) }}
{%- endmacro -%}

{%- macro default__divide_whole(number, divisor) -%}
    {{ exceptions.raise_compiler_error("divide_whole has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__divide_whole(number, divisor) -%}
    ({{ number }} // {{ divisor }})
{%- endmacro -%}

{%- macro spark__divide_whole(number, divisor) -%}
    ({{ number }} div {{ divisor }})
{%- endmacro -%}
