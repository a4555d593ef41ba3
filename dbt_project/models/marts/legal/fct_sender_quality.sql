with senders as (
    select
        notices.sender_id,
        min(notices.received_at) as first_notice_at,
        max(notices.received_at) as last_notice_at,
        max(notices._batch_id) as _batch_id,
        -- file and line as one number, so that the least of them is one line and not two halves
        min(notices._file_id * 1099511627776 + notices._line_no) as first_line
    from {{ ref('int_sender_takedowns') }} as notices
    group by notices.sender_id
),

judgements as (
    select
        judgements.*,
        row_number() over (
            partition by judgements.sender_id
            order by judgements.event_day desc
        ) as newest,
        min(case when judgements.is_spam then judgements.event_day end) over (
            partition by judgements.sender_id
        ) as first_spam_day
    from {{ ref('int_sender_judgements') }} as judgements
)

select
    judgements.sender_id,
    {{ day_of_number('judgements.event_day') }} as as_of_date,
    judgements.sender_kind,
    senders.first_notice_at,
    senders.last_notice_at,
    judgements.notice_count,
    judgements.decided_count,
    judgements.accepted_count,
    judgements.duplicate_count,
    judgements.reversed_count,
    judgements.missing_count as missing_element_count,
    judgements.item_count,
    judgements.repeated_item_count,
    cast(cast(judgements.peer_ppm as decimal(18, 0)) * 0.000001 as decimal(18, 4)) as peer_quality,
    cast(cast(judgements.quality_ppm as decimal(18, 0)) * 0.000001 as decimal(18, 4)) as quality,
    judgements.shortfall_millinats,
    judgements.is_spam,
    case when judgements.is_spam then {{ day_of_number('judgements.first_spam_day') }} end as spam_detected_on,
    case when judgements.is_spam then
            concat(
                'rejected or incomplete',
                case when judgements.is_missing = 1 then ';missing elements' else '' end,
                case when judgements.is_repeated = 1 then ';repeated items' else '' end,
                case when judgements.is_reversed = 1 then ';countered or retracted' else '' end,
                case when judgements.is_bulk = 1 then ';bulk' else '' end
            )
    end as spam_reasons,
    cast(1 as bigint) as signal_version,
    senders._batch_id,
    cast({{ divide_whole('senders.first_line', '1099511627776') }} as bigint) as _file_id,
    cast(senders.first_line % 1099511627776 as bigint) as _line_no
from judgements
inner join senders on judgements.sender_id = senders.sender_id
where judgements.newest = 1
