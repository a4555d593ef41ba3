{#- The primary key of a model, in one query: no two rows agree on all of these columns; nulls count as equal. -#}
{%- test unique_combination(model, columns) -%}
    select
        {{ columns | join(', ') }},
        count(*) as row_count
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endtest -%}
