select
    {{ utc_day('reviews.decided_at') }} as event_date,
    {{ utc_day_number('reviews.decided_at') }} as event_day,
    reviews.vendor_id,
    reviews.queue,
    count(*) as golden_count,
    count(case when reviews.decision <> reviews.golden_decision then 1 end) as golden_wrong_count,
    max(reviews._batch_id) as _batch_id,
    min(reviews._file_id * 1099511627776 + reviews._line_no) as first_line
from {{ ref('stg_reviews') }} as reviews
where
    reviews.vendor_id is not null
    and reviews.decided_at is not null
    and reviews.golden_decision is not null
    -- passed on, not answered
    and reviews.decision in ('violating', 'not_violating', 'unsure')
group by
    {{ utc_day('reviews.decided_at') }},
    {{ utc_day_number('reviews.decided_at') }},
    reviews.vendor_id,
    reviews.queue
