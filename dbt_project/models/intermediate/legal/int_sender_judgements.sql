{{ config(materialized='table') }}

with limits as (
    {{ signal_limits('sender_spam', 1, [
        'minimum_decided', 'maximum_quality_ppm', 'prior_notices', 'shortfall_millinats', 'corroborated_millinats', 'missing_ppm',
        'missing_excess_ppm', 'repeated_ppm', 'reversed_ppm', 'bulk_notices'
    ]) }}
),

-- each sender's shares as they stand, so that a sender of thousands weighs no more among its peers than a sender of one
shares as (
    select
        days.*,
        case when days.decided_count > 0 then {{ divide_whole('(days.credit * 500000)', 'days.decided_count') }} end as share_ppm,
        case when days.checked_count > 0 then {{ divide_whole('(days.missing_count * 1000000)', 'days.checked_count') }} end
            as missing_ppm
    from {{ ref('int_sender_days') }} as days
),

moves as (
    select
        shares.*,
        lag(shares.share_ppm) over by_sender as previous_share_ppm,
        lag(shares.missing_ppm) over by_sender as previous_missing_ppm
    from shares
    window by_sender as (
        partition by shares.sender_id
        order by shares.event_day
    )
),

-- sums over senders as of each day, from what changed: everyone, and everyone of a kind
crowds as (
    select
        moves.*,
        sum(coalesce(moves.share_ppm, 0) - coalesce(moves.previous_share_ppm, 0)) over everyone as all_share_ppm,
        sum(
            case when moves.share_ppm is not null then 1 else 0 end - case when moves.previous_share_ppm is not null then 1 else 0 end
        ) over everyone as all_count,
        sum(coalesce(moves.share_ppm, 0) - coalesce(moves.previous_share_ppm, 0)) over of_kind as kind_share_ppm,
        sum(
            case when moves.share_ppm is not null then 1 else 0 end - case when moves.previous_share_ppm is not null then 1 else 0 end
        ) over of_kind as kind_count,
        sum(coalesce(moves.missing_ppm, 0) - coalesce(moves.previous_missing_ppm, 0)) over everyone as all_missing_ppm,
        sum(
            case when moves.missing_ppm is not null then 1 else 0 end
            - case when moves.previous_missing_ppm is not null then 1 else 0 end
        ) over everyone as all_checked_count
    from moves
    window
        everyone as (
            order by moves.event_day
            range between unbounded preceding and current row
        ),
        of_kind as (
            partition by moves.sender_kind
            order by moves.event_day
            range between unbounded preceding and current row
        )
),

-- the others, without the sender itself; all senders start from one half over four of them, a kind from all over five
everyone_else as (
    select
        crowds.*,
        {{ divide_whole(
            '(crowds.all_share_ppm - coalesce(crowds.share_ppm, 0) + 2000000)',
            '(crowds.all_count - case when crowds.share_ppm is null then 0 else 1 end + 4)'
        ) }} as others_ppm,
        {{ divide_whole(
            '(crowds.all_missing_ppm - coalesce(crowds.missing_ppm, 0) + 1000000)',
            '(crowds.all_checked_count - case when crowds.missing_ppm is null then 0 else 1 end + 4)'
        ) }} as others_missing_ppm
    from crowds
),

peers as (
    select
        everyone_else.*,
        cast(greatest(10000, least(990000, {{ divide_whole(
            '(everyone_else.kind_share_ppm - coalesce(everyone_else.share_ppm, 0) + 5 * everyone_else.others_ppm)',
            '(everyone_else.kind_count - case when everyone_else.share_ppm is null then 0 else 1 end + 5)'
        ) }})) as bigint) as peer_ppm
    from everyone_else
),

measured as (
    select
        peers.*,
        cast({{ divide_whole(
            '(peers.credit * 500000 + limits.prior_notices * peers.peer_ppm)',
            '(peers.decided_count + limits.prior_notices)'
        ) }} as bigint) as quality_ppm,
        -- credit is counted in halves: half the evidence of as many whole notices
        {{ divide_whole(shortfall_evidence('peers.credit', '(2 * peers.decided_count)', 'peers.peer_ppm'), '2') }}
            as shortfall_millinats,
        case
            when peers.missing_ppm >= limits.missing_ppm and peers.missing_ppm >= peers.others_missing_ppm + limits.missing_excess_ppm
                then 1
            else 0
        end as is_missing,
        case
            when peers.item_count > 0 and peers.repeated_item_count * 1000000 >= limits.repeated_ppm * peers.item_count then 1
            else 0
        end as is_repeated,
        case
            when peers.accepted_count >= 3 and peers.reversed_count * 1000000 >= limits.reversed_ppm * peers.accepted_count then 1
            else 0
        end as is_reversed,
        case when peers.notice_count >= limits.bulk_notices then 1 else 0 end as is_bulk
    from peers
    cross join limits
)

select
    measured.sender_id,
    measured.sender_kind,
    measured.event_day,
    measured.notice_count,
    measured.decided_count,
    measured.accepted_count,
    measured.duplicate_count,
    measured.reversed_count,
    measured.checked_count,
    measured.missing_count,
    measured.item_count,
    measured.repeated_item_count,
    measured.peer_ppm,
    measured.quality_ppm,
    measured.shortfall_millinats,
    measured.is_missing,
    measured.is_repeated,
    measured.is_reversed,
    measured.is_bulk,
    measured.decided_count >= limits.minimum_decided
    and measured.quality_ppm <= limits.maximum_quality_ppm
    and (
        measured.shortfall_millinats >= limits.shortfall_millinats
        or (
            measured.shortfall_millinats >= limits.corroborated_millinats
            and measured.is_missing + measured.is_repeated + measured.is_reversed + measured.is_bulk > 0
        )
    ) as is_spam
from measured
cross join limits
