{#- The distinct values of an expression over a group, sorted, as a JSON list; nulls are left out, `[]` when there is none. -#}
{%- macro sorted_json_list(value) -%}
    {{ adapter.dispatch('sorted_json_list')(value) }}
{%- endmacro -%}

{%- macro default__sorted_json_list(value) -%}
    {{ exceptions.raise_compiler_error("sorted_json_list has no text for " ~ target.type) }}
{%- endmacro -%}

{%- macro duckdb__sorted_json_list(value) -%}
    coalesce(cast(to_json(list_sort(list(distinct {{ value }}) filter (where {{ value }} is not null))) as varchar), '[]')
{%- endmacro -%}

{%- macro spark__sorted_json_list(value) -%}
    to_json(sort_array(collect_set({{ value }})))
{%- endmacro -%}
