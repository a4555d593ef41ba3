-- a takedown notice, what it lacks and what became of it; the days are numbers since 1970-01-01
select
    notices.notice_id,
    notices.sender_id,
    notices.sender_kind,
    notices.received_at,
    {{ utc_day_number('notices.received_at') }} as received_day,
    case
        when notices.decision is not null then {{ utc_day_number('coalesce(notices.decided_at, notices.received_at)') }}
    end
        as decided_day,
    notices.decision,
    -- of two: both for a notice that holds, one for a notice that holds in part
    case
        when notices.decision = 'accepted' then 2
        when notices.decision = 'partially_accepted' then 1
        when notices.decision in ('rejected', 'incomplete') then 0
    end as credit,
    case
        when coalesce(
                notices.has_signature, notices.identifies_work, notices.identifies_material, notices.has_contact,
                notices.has_good_faith, notices.has_accuracy
            ) is null then null
        when
            coalesce(notices.has_signature, true) and coalesce(notices.identifies_work, true)
            and coalesce(notices.identifies_material, true) and coalesce(notices.has_contact, true)
            and coalesce(notices.has_good_faith, true) and coalesce(notices.has_accuracy, true) then 0
        else 1
    end as is_missing_element,
    notices.targets,
    notices._batch_id,
    notices._file_id,
    notices._line_no
from {{ ref('stg_copyright_notices') }} as notices
where notices.kind = 'takedown' and notices.sender_id is not null and notices.sender_id <> ''
