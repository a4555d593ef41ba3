{#- Coordination: accounts that do the same thing to the same object within seconds of each other, as one text. dbt renders it for
    models, assets/detection/coordination_sql.py renders this same file for `rapporteur coordination`. Four relations, each made from the
    one before: shares -> pairs -> edges, and shares -> viral. Near-linear: an event meets only those of its own object in its own
    bucket of time and the next, and a bucket lets in at most `cap` events. -#}

{#- One row per event that takes part: repeated rows once, nulls never, accounts with fewer than min_participation events not at all.

    relation           where the events are
    account, object    its columns (or expressions over alias e), text; compared byte for byte
    micros             the instant, whole microseconds since 1970 UTC, BIGINT
    content            what the account made (request, report, post), text; null where it has no name
    window_seconds     greatest distance in time, both ends included
    min_participation  fewest events of an account; 1 = everybody
    cap                most events that a bucket of an object pairs. Beyond it every account's first event comes before anybody's
                       second, earlier before later, and what stands at one place in that order goes in or stays out together:
                       so the cut depends neither on names nor on the order of rows, and one noisy account crowds out nobody -#}
{% macro coordination_shares(relation, account, object, micros, content, window_seconds, min_participation=2, cap=200) -%}
{%- set width = coordination_bucket_micros(window_seconds) | trim -%}
with recorded as (

    select distinct
        {{ account }} as account_id,
        {{ object }} as object_id,
        {{ content }} as content_id,
        {{ micros }} as shared_micros
    from {{ relation }} as e
    where {{ account }} is not null and {{ object }} is not null and {{ micros }} is not null

),

participants as (

    select account_id
    from recorded
    group by account_id
    having count(*) >= {{ min_participation }}

),

bucketed as (

    select
        r.account_id,
        r.object_id,
        r.content_id,
        r.shared_micros,
        {{ divide_whole('(r.shared_micros - mod(mod(r.shared_micros, ' ~ width ~ ') + ' ~ width ~ ', ' ~ width ~ '))', width) }} as bucket,
        coalesce(r.object_id = r.content_id, false) as is_own_object
    from recorded as r
    inner join participants as p on r.account_id = p.account_id

),

crowded as (

    select
        object_id,
        bucket
    from bucketed
    where not is_own_object
    group by
        object_id,
        bucket
    having count(*) > {{ cap }}

),

turns as (

    select
        b.*,
        row_number() over (
            partition by b.object_id, b.bucket, b.account_id order by b.shared_micros, b.content_id
        ) as turn
    from bucketed as b
    inner join crowded as c on b.object_id = c.object_id and b.bucket = c.bucket
    where not b.is_own_object

),

places as (

    select
        t.*,
        count(*) over (
            partition by t.object_id, t.bucket order by t.turn, t.shared_micros
            range between unbounded preceding and current row
        ) as place
    from turns as t

)

select
    account_id,
    object_id,
    content_id,
    shared_micros,
    bucket,
    is_own_object,
    place > {{ cap }} as is_cut
from places
union all
select
    b.account_id,
    b.object_id,
    b.content_id,
    b.shared_micros,
    b.bucket,
    b.is_own_object,
    false as is_cut
from bucketed as b
left join crowded as c on b.object_id = c.object_id and b.bucket = c.bucket
where c.bucket is null or b.is_own_object
{%- endmacro %}

{#- One row per pair of events of two accounts on one object within the window, the earlier as a (of two at one instant, the lesser
    account). delta_micros is the distance, paired_micros the instant at which the pair was there to be seen. A pair is kept when either
    account has at least min_participation events whose content is in some pair. An event on an object that is its own content
    (the original of a share) pairs with nothing.

    shares   relation made by coordination_shares, with the same window and min_participation -#}
{% macro coordination_pairs(shares, window_seconds, min_participation=2) -%}
with events as (

    select
        account_id,
        object_id,
        content_id,
        shared_micros,
        bucket
    from {{ shares }}
    where not is_cut and not is_own_object

),

openings as (

    select
        events.*,
        bucket as met_in
    from events
    {%- if window_seconds > 0 %}
    union all
    select
        events.*,
        bucket + 1 as met_in
    from events
    {%- endif %}

),

met as (

    select
        a.object_id,
        a.content_id as content_a,
        b.content_id as content_b,
        a.account_id as account_a,
        b.account_id as account_b,
        a.shared_micros as opened_micros,
        b.shared_micros as paired_micros
    from openings as a
    inner join events as b on a.object_id = b.object_id and a.met_in = b.bucket
    where
        b.shared_micros - a.shared_micros between 0 and {{ coordination_micros(window_seconds) | trim }}
        and (b.shared_micros > a.shared_micros or b.account_id > a.account_id)
        and a.account_id <> b.account_id
        and coalesce(a.content_id <> b.content_id, true)

)
{%- if min_participation > 1 %},

met_contents as (

    select
        account_a as account_id,
        {{ coordination_content('content_a', 'opened_micros', 'object_id') }} as content_key
    from met
    union
    select
        account_b as account_id,
        {{ coordination_content('content_b', 'paired_micros', 'object_id') }} as content_key
    from met

),

repeaters as (

    select s.account_id
    from {{ shares }} as s
    inner join met_contents as m
        on s.account_id = m.account_id
        and {{ coordination_content('s.content_id', 's.shared_micros', 's.object_id') }} = m.content_key
    group by s.account_id
    having count(*) >= {{ min_participation }}

)
{%- endif %}

select
    object_id,
    content_a,
    content_b,
    account_a,
    account_b,
    paired_micros - opened_micros as delta_micros,
    paired_micros
from met
{%- if min_participation > 1 %}
where
    account_a in (select r.account_id from repeaters as r)
    or account_b in (select r.account_id from repeaters as r)
{%- endif %}
{%- endmacro %}

{#- One row per two accounts with a pair, the lesser as a; weight is the number of their pairs.

    pairs    relation made by coordination_pairs
    day      an expression over paired_micros: one row per day of that name and two accounts, with the instant of their first pair -#}
{% macro coordination_edges(pairs, day=none) -%}
select
    {%- if day is not none %}
    {{ day }} as event_date,
    min(paired_micros) as first_paired_micros,
    {%- endif %}
    least(account_a, account_b) as account_a,
    greatest(account_a, account_b) as account_b,
    count(*) as weight
from {{ pairs }}
group by
    {%- if day is not none %}
    {{ day }},
    {%- endif %}
    least(account_a, account_b),
    greatest(account_a, account_b)
{%- endmacro %}

{#- One row per (object, bucket) that more than `cap` events crowded into: its first instant, its accounts, and the events left out.

    shares   relation made by coordination_shares, with the same window -#}
{% macro coordination_viral(shares, window_seconds) -%}
with full_buckets as (

    select distinct
        object_id,
        bucket
    from {{ shares }}
    where is_cut

)

select
    s.object_id,
    s.bucket * {{ coordination_bucket_micros(window_seconds) | trim }} as bucket_micros,
    count(distinct s.account_id) as accounts,
    sum(case when s.is_cut then 1 else 0 end) as cut
from {{ shares }} as s
inner join full_buckets as f on s.object_id = f.object_id and s.bucket = f.bucket
where not s.is_own_object
group by
    s.object_id,
    s.bucket
{%- endmacro %}

{#- Which content an event stands for: the named one, else the event itself. -#}
{% macro coordination_content(content, micros, object) -%}
coalesce({{ content }}, concat({{ micros }}, ' ', {{ object }}))
{%- endmacro %}

{% macro coordination_micros(window_seconds) -%}
{{ (window_seconds * 1000000) | round | int }}
{%- endmacro %}

{#- Width of a bucket: the window, so that two events within it lie in one bucket or in two that follow each other. -#}
{% macro coordination_bucket_micros(window_seconds) -%}
{{ [(window_seconds * 1000000) | round | int, 1] | max }}
{%- endmacro %}
