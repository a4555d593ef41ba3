{#-
What a feed's rows say at the watermark. The order matters: first the watermark, then retractions known by then, and only then
the newest version; choosing the version first would let a batch beyond the watermark hide the row in force.
-#}

{#- Whether a withdrawal (alias `withdrawals`) names a row (alias `arrived`) of a feed: by file, by line of it, or by id. -#}
{%- macro names_file_or_line(id_column) -%}
    withdrawals.withdrawn_file_id = arrived._file_id
            and (withdrawals.withdrawn_line_no is null or withdrawals.withdrawn_line_no = arrived._line_no)
            and (withdrawals.withdrawn_id is null or withdrawals.withdrawn_id = {{ id_column }})
{%- endmacro -%}

{#- An id is withdrawn as it stood when the retraction came: what a later batch delivers under it stands. -#}
{%- macro names_id(id_column) -%}
    withdrawals.withdrawn_id = {{ id_column }}
            and withdrawals.names_no_file
            and arrived._batch_id <= withdrawals._batch_id
{%- endmacro -%}

{#- A key field as text, so that it compares with the id of a retraction. -#}
{%- macro id_text(key) -%}
    cast(arrived.{{ key }} as {{ dbt.type_string() }})
{%- endmacro -%}

{#-
Rows of an event feed that stand at the watermark.
feed: its name; key: its key fields, the first of which a retraction may name; withdrawn: a model that holds its withdrawn lines,
where they are kept. They are found first, from the few retractions, and left out by file and line: asked row by row instead, DuckDB
kept every row in a hash table, three quarters of what reading a day's requests cost.
-#}
{%- macro standing(feed, key, withdrawn=none) -%}
    select arrived.*
    from {{ source('raw', feed) }} as arrived
    left join {% if withdrawn %}{{ ref(withdrawn) }}{% else %}(
        {{ withdrawn_lines(feed, key[0]) }}
    ){% endif %} as withdrawn
        on arrived._file_id = withdrawn._file_id and arrived._line_no = withdrawn._line_no
    where
        arrived._batch_id <= {{ watermark() }}
        and withdrawn._line_no is null
{%- endmacro -%}

{#- File and line of the rows of a feed that retractions known at the watermark withdraw, each once. -#}
{%- macro withdrawn_lines(feed, id_column) -%}
    select arrived._file_id, arrived._line_no
    from {{ source('raw', feed) }} as arrived
    inner join {{ ref('stg_withdrawals') }} as withdrawals on {{ names_file_or_line(id_text(id_column)) }}
    where withdrawals.feed = '{{ feed }}'
    union
    select arrived._file_id, arrived._line_no
    from {{ source('raw', feed) }} as arrived
    inner join {{ ref('stg_withdrawals') }} as withdrawals on {{ names_id(id_text(id_column)) }}
    where withdrawals.feed = '{{ feed }}'
{%- endmacro -%}

{#-
Rows of a record feed or register in force at the watermark: of the standing versions of a key, the newest.
Only the key and its order are ranked; a row is fetched by file and line afterwards, which costs half as much as ranking whole rows.
changed_only: just the keys (of one field) that new batches changed, for a model that keeps the others from build to build.
-#}
{%- macro in_force(feed, key, changed_only=false) -%}
    select versions.*
    from {{ source('raw', feed) }} as versions
    inner join (
        select
            standing._file_id as newest_file_id,
            standing._line_no as newest_line_no,
            row_number() over (
                partition by {% for part in key %}standing.{{ part }}{{ ', ' if not loop.last }}{% endfor %}
                order by
                    standing._version_at desc, standing._batch_id desc, standing._file_id desc, standing._line_no desc
            ) as version_rank
        from (
            {{ standing(feed, key) }}
            {%- if changed_only %}
            and arrived.{{ key[0] }} in (
                {{ changed_keys(feed, key[0]) }}
            )
            {%- endif %}
        ) as standing
    ) as newest
        on
            versions._file_id = newest.newest_file_id
            and versions._line_no = newest.newest_line_no
            and newest.version_rank = 1
{%- endmacro -%}
