with reviewed as (
    select
        reviews.source_id as report_id,
        reviews.decision = 'violating' as is_upheld,
        reviews.decided_at as verdict_at,
        row_number() over (
            partition by reviews.source_id
            order by reviews.decided_at desc, reviews.review_id desc
        ) as review_rank
    from {{ ref('stg_reviews') }} as reviews
    where
        reviews.source_kind = 'user_report'
        and reviews.source_id is not null
        and reviews.decided_at is not null
        and reviews.decision in ('violating', 'not_violating')
),

outcomes as (
    select
        outcomes.report_id,
        -- a report that repeats another one is judged as that one was
        coalesce(originals.outcome, outcomes.outcome) as outcome,
        coalesce(outcomes.decided_at, outcomes._version_at) as verdict_at
    from {{ ref('stg_report_outcomes') }} as outcomes
    left join {{ ref('stg_report_outcomes') }} as originals
        on outcomes.duplicate_of = originals.report_id and outcomes.outcome = 'duplicate'
),

verdicts as (
    select
        outcomes.report_id,
        outcomes.outcome = 'action_taken' as is_upheld,
        outcomes.verdict_at,
        1 as preference
    from outcomes
    where outcomes.outcome in ('action_taken', 'no_action', 'invalid')
    union all
    select
        reviewed.report_id,
        reviewed.is_upheld,
        reviewed.verdict_at,
        2 as preference
    from reviewed
    where reviewed.review_rank = 1
),

ranked as (
    select
        verdicts.report_id,
        verdicts.is_upheld,
        verdicts.verdict_at,
        row_number() over (partition by verdicts.report_id order by verdicts.preference) as verdict_rank
    from verdicts
)

select
    ranked.report_id,
    ranked.is_upheld,
    ranked.verdict_at
from ranked
where ranked.verdict_rank = 1
