-- Shares of a post are kept as whole hundredths: sums over doubles differ from run to run.
with snapshots as (
    select
        moderators.*,
        cast(moderators.as_of as {{ text_type() }}) as taken_on,
        coalesce(moderators.dsa_service, 'none') as service_name,
        lead(moderators.as_of) over (
            partition by moderators.dsa_service, moderators.language
            order by moderators.as_of
        ) as next_as_of
    from {{ ref('stg_moderators') }} as moderators
)

select
    concat(snapshots.taken_on, '/', snapshots.service_name, '/', snapshots.language) as moderators_key,
    snapshots.as_of,
    snapshots.dsa_service,
    case when snapshots.language = 'ALL' then 'ALL' else lower(snapshots.language) end as language,
    cast(round(snapshots.internal_fte * 100) as bigint) as internal_hundredths,
    cast(round(snapshots.external_fte * 100) as bigint) as external_hundredths,
    snapshots.cefr_b2_count * 100 as cefr_b2_hundredths,
    {{ noon_of('snapshots.as_of') }} as counted_at,
    {{ noon_of('snapshots.next_as_of') }} as superseded_at,
    snapshots._batch_id,
    snapshots._file_id,
    snapshots._line_no
from snapshots
