{{
    config(
        materialized='incremental',
        pre_hook="{{ delete_evaluated_days('as_of_date') }}"
    )
}}

select
    lineage.as_of_date,
    lineage.cluster_id,
    lineage.parent_cluster_id,
    lineage.shared_account_count,
    lineage.relation,
    lineage._batch_id
from {{ source('derived', 'lineage') }} as lineage
inner join {{ ref('int_evaluated_days') }} as days
    on lineage.as_of_date = days.event_date and lineage._derivation_id = days.derivation_id
where
    lineage.as_of_date in (
        select touched.event_date from {{ ref('int_touched_evaluated_days') }} as touched
    )
