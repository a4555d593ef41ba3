{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_evaluated_days('as_of_date') }}"
    )
}}

{#- The last day that this build evaluated: a disparity of every day of a backfill would say the same thing over and over. -#}
with judged as (
    select max(touched.event_date) as as_of_date
    from {{ ref('int_touched_evaluated_days') }} as touched
),

-- what corroborates and never scores alone: where an account's traffic comes from, over which networks, in which language it is judged
placed as (
    select
        keys.account_id,
        coalesce(keys.country, 'unknown') as country,
        coalesce(keys.asn_kind, 'unknown') as network,
        sum(keys.request_count) as request_count
    from {{ ref('int_account_key_days') }} as keys
    cross join judged
    where
        keys.key_type = 'address'
        and keys.event_date between {{ add_days('judged.as_of_date', -27) }} and judged.as_of_date
    group by keys.account_id, coalesce(keys.country, 'unknown'), coalesce(keys.asn_kind, 'unknown')
),

countries as (
    select
        placed.account_id,
        placed.country as dimension_value,
        row_number() over (
            partition by placed.account_id order by sum(placed.request_count) desc, placed.country
        ) as place
    from placed
    group by placed.account_id, placed.country
),

networks as (
    select
        placed.account_id,
        placed.network as dimension_value,
        row_number() over (
            partition by placed.account_id order by sum(placed.request_count) desc, placed.network
        ) as place
    from placed
    group by placed.account_id, placed.network
),

languages as (
    select
        reviews.account_id,
        coalesce(reviews.language, 'unknown') as dimension_value,
        row_number() over (
            partition by reviews.account_id order by count(*) desc, coalesce(reviews.language, 'unknown')
        ) as place
    from {{ ref('stg_reviews') }} as reviews
    inner join judged on {{ utc_day('reviews.enqueued_at') }} <= judged.as_of_date
    where reviews.account_id is not null
    group by reviews.account_id, coalesce(reviews.language, 'unknown')
),

dimensions as (
    select
        'country' as dimension,
        countries.account_id,
        countries.dimension_value
    from countries
    where countries.place = 1
    union all
    select
        'network' as dimension,
        networks.account_id,
        networks.dimension_value
    from networks
    where networks.place = 1
    union all
    select
        'language' as dimension,
        languages.account_id,
        languages.dimension_value
    from languages
    where languages.place = 1
),

queued as (
    select distinct members.account_id
    from (
        select
            units.as_of_date,
            {{ explode_list('units.account_ids') }} as account_id
        from {{ ref('fct_review_queue') }} as units
    ) as members
    inner join judged on members.as_of_date = judged.as_of_date
),

-- the last decisive human word on each account by that day
verdicts as (
    select
        reviews.account_id,
        reviews.decision,
        row_number() over (
            partition by reviews.account_id order by reviews.decided_at desc, reviews.review_id
        ) as recency
    from {{ ref('stg_reviews') }} as reviews
    inner join judged on {{ utc_day('reviews.decided_at') }} <= judged.as_of_date
    where reviews.account_id is not null and reviews.decision in ('violating', 'not_violating')
),

counted as (
    select
        dimensions.dimension,
        dimensions.dimension_value,
        count(*) as account_count,
        count(queued.account_id) as queued_count,
        count(case when queued.account_id is not null and verdicts.decision is not null then 1 end) as reviewed_count,
        count(case when queued.account_id is not null and verdicts.decision = 'violating' then 1 end) as violating_count,
        count(
            case when queued.account_id is not null and verdicts.decision = 'not_violating' then 1 end
        ) as false_positive_count
    from dimensions
    left join queued on dimensions.account_id = queued.account_id
    left join verdicts on dimensions.account_id = verdicts.account_id and verdicts.recency = 1
    group by dimensions.dimension, dimensions.dimension_value
)

select
    judged.as_of_date,
    counted.dimension,
    counted.dimension_value,
    counted.account_count,
    counted.queued_count,
    {{ wilson('counted.queued_count', 'counted.account_count', 'queued') }},
    counted.reviewed_count,
    counted.violating_count,
    {{ wilson('counted.violating_count', 'counted.reviewed_count', 'violating') }},
    counted.false_positive_count,
    {{ wilson('counted.false_positive_count', 'counted.reviewed_count', 'false_positive') }}
from counted
cross join judged
