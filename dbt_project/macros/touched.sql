{#-
A day's cost is a day's work: which keys and days the new batches touch, and the deletion of what is to be recomputed.
New means in (built_through, watermark]. Keys are compared over all versions, because a record that changed its day, or the record
that it points to, touches the place that it left as well.
-#}

{#- Rows of a feed that a new retraction withdraws; `columns` are read from the alias `arrived`. -#}
{%- macro newly_withdrawn(feed, id_column, columns) -%}
    select {{ columns }}
    from {{ source('raw', feed) }} as arrived
    inner join {{ ref('stg_withdrawals') }} as withdrawals
        on withdrawals.feed = '{{ feed }}' and {{ names_file_or_line(id_text(id_column)) }}
    where {{ is_new('withdrawals') }}
    union all
    select {{ columns }}
    from {{ source('raw', feed) }} as arrived
    inner join {{ ref('stg_withdrawals') }} as withdrawals
        on withdrawals.feed = '{{ feed }}' and {{ names_id(id_text(id_column)) }}
    where {{ is_new('withdrawals') }}
{%- endmacro -%}

{#- Ids of a feed with a new version or a new retraction. -#}
{%- macro changed_keys(feed, key) -%}
    select arrived.{{ key }}
    from {{ source('raw', feed) }} as arrived
    where {{ is_new('arrived') }}
    union all
    {{ newly_withdrawn(feed, key, 'arrived.' ~ key) }}
{%- endmacro -%}

{#-
Days of a feed that its own new rows touch: those that ingestion names (new and superseded versions), and every day of a key of
which a line was withdrawn, since an older version may stand again.
-#}
{%- macro own_days(feed, key, event_time) -%}
    select touched.event_date
    from {{ source('raw', 'touched_days') }} as touched
    where touched.feed = '{{ feed }}'
    union all
    select {{ utc_day('rows_of_key.' ~ event_time) }} as event_date
    from {{ source('raw', feed) }} as rows_of_key
    where
        rows_of_key.{{ key }} in (
            {{ newly_withdrawn(feed, key, 'arrived.' ~ key) }}
        )
{%- endmacro -%}

{#- Days of a fact's feed whose rows hold, under `column`, a key that another feed changed. -#}
{%- macro days_reached(feed, event_time, column, keys) -%}
    select {{ utc_day('reached.' ~ event_time) }} as event_date
    from {{ source('raw', feed) }} as reached
    where
        reached.{{ column }} in (
            {{ keys }}
        )
{%- endmacro -%}

{#-
Pre-hook of an incremental fact: removes every touched day, so that an empty day is a valid result and no row that moved away stays.
days: name of the touched-days model.
-#}
{%- macro delete_touched_days(days) -%}
    {%- if execute and load_relation(this) is not none -%}
        delete from {{ this }}
        where {{ built_through() }} = 0 or event_date in (select touched.event_date from {{ ref(days) }} as touched)
    {%- endif -%}
{%- endmacro -%}

{#- Pre-hook of an incremental table by key: removes every key with a new version or retraction. -#}
{%- macro delete_changed_keys(feed, key) -%}
    {%- if execute and load_relation(this) is not none -%}
        delete from {{ this }}
        where
            {{ built_through() }} = 0
            or {{ key }} in (
                {{ changed_keys(feed, key) }}
            )
    {%- endif -%}
{%- endmacro -%}

{#- Pre-hook of an incremental table of what detection concluded: removes every day with a new evaluation. -#}
{%- macro delete_evaluated_days(column) -%}
    {%- if execute and load_relation(this) is not none -%}
        delete from {{ this }}
        where
            {{ built_through() }} = 0
            or {{ column }} in (select touched.event_date from {{ ref('int_touched_evaluated_days') }} as touched)
    {%- endif -%}
{%- endmacro -%}
