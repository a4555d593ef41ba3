{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_touched_days('int_touched_reviews_days') }}"
    )
}}

select
    {{ utc_day('reviews.enqueued_at') }} as event_date,
    reviews.review_id,
    reviews.reviewer_id,
    reviews._batch_id,
    reviews._file_id,
    reviews._line_no
from {{ ref('stg_reviews') }} as reviews
where
    {{ utc_day('reviews.enqueued_at') }} in (
        select touched.event_date from {{ ref('int_touched_reviews_days') }} as touched
    )
