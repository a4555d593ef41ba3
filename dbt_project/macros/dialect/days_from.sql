{#- One row per day from a date to the given number of days after it, both included, as a column of a select. -#}
{%- macro days_from(day, number) -%}
    {{ adapter.dispatch('days_from')(day, number) }}
{%- endmacro -%}

{%- macro default__days_from(day, number) -%}
    {{ exceptions.raise_compiler_error("days_from has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__days_from(day, number) -%}
    cast(unnest(generate_series({{ day }}, {{ day }} + {{ number }}, interval 1 day)) as date)
{%- endmacro -%}

{%- macro spark__days_from(day, number) -%}
    explode(sequence({{ day }}, date_add({{ day }}, {{ number }}), interval 1 day))
{%- endmacro -%}
