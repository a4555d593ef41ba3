{#- One row per day from the first to the last, both included, as the date column `day`; arguments are YYYY-MM-DD. -#}
{%- macro day_series(first, last) -%}
    {{ adapter.dispatch('day_series')(first, last) }}
{%- endmacro -%}

{%- macro default__day_series(first, last) -%}
    {{ exceptions.raise_compiler_error("day_series has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__day_series(first, last) -%}
    select cast(series.day as date) as day
    from generate_series(cast('{{ first }}' as date), cast('{{ last }}' as date), interval 1 day) as series (day)
{%- endmacro -%}

{%- macro spark__day_series(first, last) -%}
    select explode(sequence(cast('{{ first }}' as date), cast('{{ last }}' as date), interval 1 day)) as day
{%- endmacro -%}
