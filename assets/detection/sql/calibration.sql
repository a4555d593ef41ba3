-- A threshold is a quantile of the peers' own values, never below the registry's floor; few peers borrow the whole population.

create or replace temp table calibration as
with reference as (
    select account_value.signal_id, account_value.value, feature.peer_group
    from account_value
    inner join feature using (account_id)
    left join listed using (account_id)
    where feature.request_count >= 40 and listed.account_id is null
),

groups as (
    select signal_id, peer_group, count(*) as reference_count from reference where peer_group is not null group by signal_id, peer_group
),

everyone as (
    select signal_id, array_agg(value order by value) as reference_values from reference group by signal_id
),

of_group as (
    select
        groups.signal_id,
        groups.peer_group,
        groups.reference_count,
        array_agg(reference.value order by reference.value) as reference_values
    from groups
    inner join reference using (signal_id, peer_group)
    group by groups.signal_id, groups.peer_group, groups.reference_count
)

select
    signal_id,
    version,
    peer_group,
    reference_count,
    -- the smallest value that at least this share of the peers does not exceed
    round(peer_values[greatest(1, ceil(0.5 * len(peer_values))::int)], 6) as baseline,
    round(greatest(threshold_floor, coalesce(peer_values[greatest(1, ceil(peer_quantile * len(peer_values))::int)], threshold_floor)), 6) as threshold
from (
    select
        registry.signal_id,
        registry.version,
        registry.floor as threshold_floor,
        registry.peer_quantile,
        of_group.peer_group,
        of_group.reference_count,
        case when of_group.reference_count >= 100 then of_group.reference_values else everyone.reference_values end as peer_values
    from registry
    inner join of_group using (signal_id)
    inner join everyone using (signal_id)
    where registry.subject_kind = 'account'
);

create or replace temp table account_signal as
select
    registry.signal_id,
    registry.version,
    account_value.account_id,
    registry.evidence_kind,
    registry.points,
    round(account_value.value, 6) as value,
    coalesce(calibration.baseline, 0) as baseline,
    coalesce(calibration.threshold, registry.floor) as threshold
from account_value
inner join registry on registry.signal_id = account_value.signal_id and registry.subject_kind = 'account'
left join account using (account_id)
left join calibration on calibration.signal_id = registry.signal_id and calibration.version = registry.version and calibration.peer_group = account.peer_group
where account_value.value > 0 and round(account_value.value, 6) >= coalesce(calibration.threshold, registry.floor);
