{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_evaluated_days('valid_from') }}"
    )
}}

select
    clusters.cluster_id,
    clusters.as_of_date as valid_from,
    days.next_evaluated_on as valid_to,
    clusters.account_count,
    clusters.edge_count,
    clusters.density,
    clusters.key_type_count,
    clusters.own_key_ratio,
    clusters.shared_template_ratio,
    clusters.cover_ratio,
    clusters.unlikeness,
    clusters.request_count,
    clusters.median_request_count,
    clusters.member_percentile,
    clusters.cluster_percentile,
    clusters.volume_gini,
    clusters.release_pivot_ratio,
    clusters.joined_count,
    clusters.left_count,
    clusters.banned_count,
    clusters._batch_id
from {{ source('derived', 'clusters') }} as clusters
inner join {{ ref('int_evaluated_days') }} as days
    on clusters.as_of_date = days.event_date and clusters._derivation_id = days.derivation_id
where
    clusters.as_of_date in (
        select touched.event_date from {{ ref('int_touched_evaluated_days') }} as touched
    )
