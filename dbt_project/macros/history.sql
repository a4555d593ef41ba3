{#-
Every version of a record feed's rows, with the spans of batches [_valid_from_batch, _valid_to_batch) in which it was in force.

As of batch n, of a key's versions that had come by n and had not been withdrawn by n, the newest (by version, batch, file, line) is in
force. So a version's span ends with the first batch that brings a newer one; one that came late, when a newer was there already, has an
empty span. A withdrawal can bring an older version back: for keys that have one, spans are read off batch by batch.

feed, key: the feed and its one key field; every_key: all keys, not just those that new batches changed.
-#}
{%- macro history(feed, key, every_key=false) -%}
    with withdrawn_lines as (
        select
            named._file_id,
            named._line_no,
            min(named.withdrawn_from) as withdrawn_from
        from (
            {%- for rule in [names_file_or_line(id_text(key)), names_id(id_text(key))] %}
            select
                arrived._file_id,
                arrived._line_no,
                greatest(arrived._batch_id, withdrawals._batch_id) as withdrawn_from
            from {{ source('raw', feed) }} as arrived
            inner join {{ ref('stg_withdrawals') }} as withdrawals
                on withdrawals.feed = '{{ feed }}' and {{ rule }}
            {%- if not loop.last %}
            union all
            {%- endif %}
            {%- endfor %}
        ) as named
        group by named._file_id, named._line_no
    ),

    versions as (
        select
            arrived.*,
            withdrawn_lines.withdrawn_from
        from {{ source('raw', feed) }} as arrived
        left join withdrawn_lines
            on arrived._file_id = withdrawn_lines._file_id and arrived._line_no = withdrawn_lines._line_no
        where
            arrived._batch_id <= {{ watermark() }}
            {%- if not every_key %}
            and arrived.{{ key }} in (
                {{ changed_keys(feed, key) }}
            )
            {%- endif %}
    ),

    withdrawn_keys as (
        select distinct versions.{{ key }}
        from versions
        where versions.withdrawn_from is not null
    ),

    -- keys of which nothing was ever withdrawn: the first newer version ends the span
    plain_spans as (
        select
            versions._file_id,
            versions._line_no,
            versions._batch_id as _valid_from_batch,
            min(versions._batch_id) over (
                partition by versions.{{ key }}
                order by versions._version_at, versions._batch_id, versions._file_id, versions._line_no
                rows between 1 following and unbounded following
            ) as superseded_in
        from versions
        where versions.{{ key }} not in (select withdrawn_keys.{{ key }} from withdrawn_keys)
    ),

    -- the others: who was in force at each batch at which something came or went
    moments as (
        select versions.{{ key }}, versions._batch_id as moment
        from versions
        inner join withdrawn_keys on versions.{{ key }} = withdrawn_keys.{{ key }}
        union
        select versions.{{ key }}, versions.withdrawn_from as moment
        from versions
        where versions.withdrawn_from is not null
    ),

    at_each_moment as (
        select
            moments.{{ key }},
            moments.moment,
            versions._file_id,
            versions._line_no,
            row_number() over (
                partition by moments.{{ key }}, moments.moment
                order by
                    versions._version_at desc, versions._batch_id desc, versions._file_id desc, versions._line_no desc
            ) as version_rank
        from moments
        left join versions
            on
                moments.{{ key }} = versions.{{ key }}
                and versions._batch_id <= moments.moment
                and (versions.withdrawn_from is null or moments.moment < versions.withdrawn_from)
    ),

    in_force_then as (
        select
            at_each_moment.*,
            lag(at_each_moment._file_id) over (
                partition by at_each_moment.{{ key }} order by at_each_moment.moment
            ) as file_before,
            lag(at_each_moment._line_no) over (
                partition by at_each_moment.{{ key }} order by at_each_moment.moment
            ) as line_before
        from at_each_moment
        where at_each_moment.version_rank = 1
    ),

    changes as (
        select
            in_force_then._file_id,
            in_force_then._line_no,
            in_force_then.moment as _valid_from_batch,
            lead(in_force_then.moment) over (
                partition by in_force_then.{{ key }} order by in_force_then.moment
            ) as _valid_to_batch
        from in_force_then
        where
            in_force_then._file_id is distinct from in_force_then.file_before
            or in_force_then._line_no is distinct from in_force_then.line_before
    ),

    spans as (
        select
            plain_spans._file_id,
            plain_spans._line_no,
            plain_spans._valid_from_batch,
            case
                when plain_spans.superseded_in < plain_spans._valid_from_batch then plain_spans._valid_from_batch
                else plain_spans.superseded_in
            end as _valid_to_batch
        from plain_spans
        union all
        select
            changes._file_id,
            changes._line_no,
            changes._valid_from_batch,
            changes._valid_to_batch
        from changes
        where changes._file_id is not null
    )

    select
        versions.*,
        coalesce(spans._valid_from_batch, versions._batch_id) as _valid_from_batch,
        -- a version without a span was never in force: its span is empty
        case when spans._valid_from_batch is null then versions._batch_id else spans._valid_to_batch end as _valid_to_batch
    from versions
    left join spans
        on versions._file_id = spans._file_id and versions._line_no = spans._line_no
{%- endmacro -%}
