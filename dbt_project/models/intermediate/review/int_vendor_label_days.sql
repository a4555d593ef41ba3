select
    {{ utc_day('reviews.decided_at') }} as event_date,
    {{ utc_day_number('reviews.decided_at') }} as event_day,
    reviews.vendor_id,
    reviews.queue,
    reviews.source_kind,
    -- an item counts once a day, however many reports of it are judged
    count(distinct reviews.item_id) as item_count,
    count(distinct case when reviews.decision = 'violating' then reviews.item_id end) as violating_count,
    max(reviews._batch_id) as _batch_id,
    min(reviews._file_id * 1099511627776 + reviews._line_no) as first_line
from {{ ref('stg_reviews') }} as reviews
where
    reviews.vendor_id is not null
    and reviews.decided_at is not null
    and reviews.golden_decision is null
    and reviews.source_kind not in ('golden', 'second_review', 'appeal')
    and reviews.decision in ('violating', 'not_violating')
group by
    {{ utc_day('reviews.decided_at') }},
    {{ utc_day_number('reviews.decided_at') }},
    reviews.vendor_id,
    reviews.queue,
    reviews.source_kind
