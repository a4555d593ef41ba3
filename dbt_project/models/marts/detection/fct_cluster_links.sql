with standing as (
    select
        links.*,
        days.next_evaluated_on,
        min(links.as_of_date) over (partition by links.cluster_id, links.account_a, links.account_b) as first_linked_on,
        row_number() over (
            partition by links.cluster_id, links.account_a, links.account_b order by links.as_of_date desc
        ) as recency
    from {{ source('derived', 'links') }} as links
    inner join {{ ref('int_evaluated_days') }} as days
        on links.as_of_date = days.event_date and links._derivation_id = days.derivation_id
)

select
    standing.cluster_id,
    standing.account_a,
    standing.account_b,
    standing.first_linked_on,
    standing.as_of_date as last_linked_on,
    standing.next_evaluated_on is null as is_current,
    standing.key_types,
    standing.key_weight,
    standing.shared_template_count,
    standing.expected_template_count,
    standing.paraphrase_family_count,
    standing.shared_pipeline_count,
    standing._batch_id
from standing
where standing.recency = 1
