-- What the day's evaluation concluded, appended to the tables that become derived facts.

insert into new_calibrations
select evaluation.as_of_date, signal_id, version, peer_group, evaluation.window_start, reference_count, baseline, threshold
from calibration, evaluation;

insert into new_members
select evaluation.as_of_date, cluster_id, account_id from member, evaluation;

insert into new_links
select
    evaluation.as_of_date,
    cluster_id,
    account_a,
    account_b,
    key_types,
    weight,
    template_count,
    expected,
    family_count,
    pipeline_count
from cluster_edge, evaluation;

insert into new_clusters
with volume as (
    select account_id, coalesce(request_count, 0) as request_count, percent_rank() over (order by request_count) as percentile from feature
),

spread as (
    select
        member.cluster_id,
        median(volume.percentile) as member_percentile,
        -- Gini coefficient of the members' volumes: 0 when the load is even
        sum((2 * place - member_count - 1) * volume.request_count) / nullif(any_value(member_count) * sum(volume.request_count), 0) as volume_gini
    from (
        select
            cluster_id,
            account_id,
            row_number() over (partition by cluster_id order by volume.request_count, account_id) as place,
            count(*) over (partition by cluster_id) as member_count
        from member inner join volume using (account_id)
    ) as member
    inner join volume using (account_id)
    group by member.cluster_id
),

flux as (
    select
        member.cluster_id,
        count(*) filter (previous_member.account_id is null) as joined_count
    from member
    left join previous_member on previous_member.account_id = member.account_id and previous_member.cluster_id = member.cluster_id
    group by member.cluster_id
),

gone as (
    select previous_member.cluster_id, count(*) as left_count
    from previous_member
    anti join member on member.account_id = previous_member.account_id and member.cluster_id = previous_member.cluster_id
    group by previous_member.cluster_id
),

banned as (
    select cluster_id, count(*) as banned_count from member inner join ban using (account_id) group by cluster_id
)

select
    evaluation.as_of_date,
    cluster_id,
    account_count,
    edge_count,
    round(2.0 * edge_count / (account_count * (account_count - 1)), 6),
    key_type_count,
    round(key_ratio, 6),
    round(shared_ratio, 6),
    round(1 - shared_ratio, 6),
    unlikeness,
    cluster_shape.request_count,
    median_request_count,
    round(spread.member_percentile, 6),
    round((select count(*) from volume where volume.request_count <= cluster_shape.request_count) / nullif((select count(*) from volume), 0), 6),
    round(spread.volume_gini, 6),
    round(cluster_pivot.pivot_ratio, 6),
    coalesce(flux.joined_count, 0),
    coalesce(gone.left_count, 0),
    coalesce(banned.banned_count, 0)
from cluster_shape
cross join evaluation
left join spread using (cluster_id)
left join flux using (cluster_id)
left join gone using (cluster_id)
left join banned using (cluster_id)
left join cluster_pivot using (cluster_id);

-- An account's signals are worth keeping once one of them is strong, or once it is in a cluster that is proposed.
insert into new_detections
with kept as (
    select unit_kind, unit_id from unit_score where kind_count >= 1 or unit_kind = 'cluster'
    union
    select 'account', member.account_id from member
    inner join unit on unit.unit_kind = 'cluster' and unit.unit_id = member.cluster_id
)

select
    evaluation.as_of_date,
    signal_id,
    version,
    unit_kind,
    unit_id,
    evaluation.window_start,
    value,
    baseline,
    threshold,
    []::varchar[]
from unit_signal
semi join kept using (unit_kind, unit_id)
cross join evaluation;

insert into new_evaders
select
    evaluation.as_of_date,
    coalesce(return_key.account_id, return_content.account_id),
    coalesce(return_key.banned_account_id, return_content.banned_account_id),
    account.created_at,
    ban.banned_at,
    coalesce(return_key.key_type_count, 0),
    coalesce(return_content.score, 0)
from return_key
full join return_content
    on
        return_key.account_id = return_content.account_id
        and return_key.banned_account_id = return_content.banned_account_id
inner join account on account.account_id = coalesce(return_key.account_id, return_content.account_id)
inner join ban on ban.account_id = coalesce(return_key.banned_account_id, return_content.banned_account_id)
cross join evaluation;

insert into new_units
with explained as (
    select
        unit_kind,
        unit_id,
        to_json(list(
            {signal: signal_id, version: version, evidence: evidence_kind, points: points, value: value, threshold: threshold}
            order by points desc, signal_id
        )) as reasons
    from unit_signal
    group by unit_kind, unit_id
)

select
    evaluation.as_of_date,
    row_number() over (order by is_withheld, score desc, queued.unit_kind, queued.unit_id),
    queued.unit_kind,
    queued.unit_id,
    account_ids,
    score,
    points,
    probability,
    queued.request_count,
    kind_count,
    explained.reasons::varchar,
    is_withheld,
    case when is_withheld then 'allow-listed: ' || coalesce(listing_reason, 'no reason recorded') end,
    case when is_withheld then listing_expires_on end
from queued
inner join explained using (unit_kind, unit_id)
cross join evaluation;

insert into new_evaluations
select
    evaluation.as_of_date,
    evaluation.registry_sha256,
    (select count(*) from feature),
    (select count(*) from near_crowd where prompt_count > 400)
from evaluation;
