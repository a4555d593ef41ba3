-- Units to review: of each kind of evidence only the strongest signal counts, mitigating signals all count, and two kinds must agree.

create or replace temp table unit_signal as
select 'cluster' as unit_kind, cluster_id as unit_id, signal_id, version, evidence_kind, points, value, baseline, threshold from cluster_signal
union all
select 'account', account_id, signal_id, version, evidence_kind, points, value, baseline, threshold from account_signal;

create or replace temp table unit_score as
with per_kind as (
    select unit_kind, unit_id, evidence_kind, max(points) filter (points > 0) as evidence, coalesce(sum(points) filter (points < 0), 0) as mitigation
    from unit_signal
    group by unit_kind, unit_id, evidence_kind
)

select
    unit_kind,
    unit_id,
    count(*) filter (evidence >= 1.5) as kind_count,
    coalesce(sum(evidence), 0) as evidence,
    sum(mitigation) as mitigation,
    coalesce(sum(evidence), 0) + sum(mitigation) as points
from per_kind
group by unit_kind, unit_id;

create or replace temp table unit_member as
select 'cluster' as unit_kind, cluster_id as unit_id, account_id from member
union all
select 'account', account_id, account_id from account_signal group by account_id;

create or replace temp table unit as
with standing as (
    select
        unit_member.unit_kind,
        unit_member.unit_id,
        list(unit_member.account_id order by unit_member.account_id) as account_ids,
        count(listed.account_id) as listed_count,
        count(*) as account_count,
        min(listed.reason) as listing_reason,
        min(listed.expires_on) as listing_expires_on,
        count(ban.account_id) as banned_count,
        coalesce(sum(feature.request_count), 0) as request_count
    from unit_member
    left join listed using (account_id)
    left join ban using (account_id)
    left join feature using (account_id)
    group by unit_member.unit_kind, unit_member.unit_id
)

select
    standing.*,
    unit_score.* exclude (unit_kind, unit_id),
    -- log-odds: the registry's points are weights of evidence in nats, against prior odds of one in a hundred
    round(1 / (1 + exp(ln(99) - unit_score.points)), 6) as probability
from standing
inner join unit_score using (unit_kind, unit_id)
where unit_score.points >= 5 and unit_score.kind_count >= 2 and standing.banned_count < standing.account_count;

-- An account inside a proposed cluster is reviewed there; not so in a cluster that is withheld, where nobody would look at it.
create or replace temp table queued as
select
    unit.*,
    listed_count >= 0.5 * account_count as is_withheld,
    round(probability * log2(1 + request_count), 6) as score
from unit
where
    unit_kind = 'cluster'
    or unit_id not in (
        select member.account_id from member
        inner join unit as proposed
            on
                proposed.unit_kind = 'cluster'
                and proposed.unit_id = member.cluster_id
                and proposed.listed_count < 0.5 * proposed.account_count
    );
