{#-
The register rows in force when decisions were taken, at most one a decision, with its key as `decision_key`.
decisions: a relation or CTE; key, decided_at: its columns; register: a staging model with `valid_from` and `valid_to`;
codes: column of the decision -> column of the register. Spans are half-open; of rows that overlap, the latest start wins.
-#}
{%- macro register_in_force(decisions, key, decided_at, register, codes) -%}
    select ranked.*
    from (
        select
            register_rows.*,
            decided.{{ key }} as decision_key,
            row_number() over (
                partition by decided.{{ key }}
                order by
                    case when register_rows.valid_from is null then 1 else 0 end,
                    register_rows.valid_from desc,
                    register_rows._batch_id desc,
                    register_rows._file_id desc,
                    register_rows._line_no desc
            ) as _register_rank
        from {{ decisions }} as decided
        inner join {{ ref(register) }} as register_rows
            on
                (register_rows.valid_from is null or register_rows.valid_from <= decided.{{ decided_at }})
                and (register_rows.valid_to is null or decided.{{ decided_at }} < register_rows.valid_to)
                {%- for column, code in codes.items() %}
                and decided.{{ column }} = register_rows.{{ code }}
                {%- endfor %}
    ) as ranked
    where ranked._register_rank = 1
{%- endmacro -%}
