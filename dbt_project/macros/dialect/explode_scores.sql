{#- One row per member of a JSON object of numbers, as a column of a select: a struct of `key` (string) and `value` (double). -#}
{%- macro explode_scores(document) -%}
    {{ adapter.dispatch('explode_scores')(document) }}
{%- endmacro -%}

{%- macro default__explode_scores(document) -%}
    {{ exceptions.raise_compiler_error("explode_scores has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__explode_scores(document) -%}
    unnest(map_entries(cast(cast({{ document }} as json) as map(varchar, double))))
{%- endmacro -%}

{%- macro spark__explode_scores(document) -%}
    explode(map_entries(from_json({{ document }}, 'map<string,double>')))
{%- endmacro -%}
