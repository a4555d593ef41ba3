-- What each cluster-level signal measures: one row per (signal, cluster). `member` (cluster_id, account_id) is registered by Python.

create or replace temp table cluster_edge as
select member.cluster_id, edge.*
from edge
inner join member on member.account_id = edge.account_a;

create or replace temp table cluster_content as
select
    cluster_id,
    coalesce(sum(request_count) filter (user_count >= 2 and degree <= 60) / sum(request_count), 0) as shared_ratio
from (
    select member.cluster_id, request_count, degree, count(*) over (partition by member.cluster_id, template_hash) as user_count
    from window_templates
    inner join member using (account_id)
)
group by cluster_id;

-- A key is the cluster's own when at least half of its users are members: a popular device or a carrier's address is nobody's own.
create or replace temp table cluster_key as
with inside as (
    select member.cluster_id, key_type, key_value, any_value(degree) as degree, count(*) as member_count, list(account_id) as account_ids
    from linking_key
    inner join member using (account_id)
    group by member.cluster_id, key_type, key_value
),

covered as (
    select cluster_id, account_id, count(distinct key_type) as key_type_count
    from (select cluster_id, key_type, unnest(account_ids) as account_id from inside where member_count >= 2 and member_count >= 0.5 * degree)
    group by cluster_id, account_id
)

select
    member.cluster_id,
    count(*) filter (covered.key_type_count >= 2) / count(*) as two_key_ratio,
    count(covered.account_id) / count(*) as key_ratio
from member
left join covered using (cluster_id, account_id)
group by member.cluster_id;

create or replace temp table cluster_shape as
with links as (
    select
        cluster_id,
        count(*) as edge_count,
        avg(is_same_content::int) as same_content_ratio,
        avg(is_paraphrase::int) as paraphrase_ratio,
        avg(is_same_pipeline::int) as same_pipeline_ratio,
        avg(is_same_rare_content::int) as same_rare_ratio,
        max(key_type_count) as key_type_count
    from cluster_edge
    group by cluster_id
),

people as (
    select
        member.cluster_id,
        count(*) as account_count,
        count(distinct account.kind) as kind_count,
        count(distinct account.email_pattern_hash) as email_pattern_count,
        count(distinct account.payment_key) as payment_count,
        count(distinct account.organization_id) as organization_count,
        count(account.organization_id) as organized_count,
        count(*) filter (account.kind = 'individual') as individual_count,
        count(*) filter (account.kind = 'education') as education_count,
        count(*) filter (account.kind = 'startup_program') as program_count,
        count(account.referrer_account_id) as referred_count,
        count(*) filter (account.verification = 'contract') as contract_count,
        count(listed.account_id) as listed_count,
        date_diff('day', min(account.created_at), max(account.created_at)) as created_span_days,
        coalesce(sum(feature.request_count), 0) as request_count,
        median(feature.request_count) as median_request_count,
        sum(feature.elicits_count) / nullif(sum(feature.prompt_requests), 0) as elicits_ratio,
        sum(feature.grades_count) / nullif(sum(feature.prompt_requests), 0) as grades_ratio,
        avg(feature.task_entropy) as task_entropy,
        avg(feature.hour_entropy) filter (feature.request_count >= 20) as hour_entropy,
        avg(feature.fresh_ratio) as fresh_ratio
    from member
    -- seen before the register knew it, an account is a member all the same
    left join account using (account_id)
    left join feature using (account_id)
    left join listed using (account_id)
    group by member.cluster_id
)

select
    people.*,
    links.* exclude (cluster_id),
    cluster_key.two_key_ratio,
    cluster_key.key_ratio,
    coalesce(cluster_content.shared_ratio, 0) as shared_ratio,
    (people.kind_count >= 2)::int
    + (people.email_pattern_count >= 0.7 * people.account_count and people.email_pattern_count >= 3)::int
    + (people.organization_count >= 2 or (people.organization_count >= 1 and people.organized_count < people.account_count))::int as unlikeness,
    cluster_key.two_key_ratio >= 0.3
    or links.paraphrase_ratio >= 0.5
    or (cluster_key.key_ratio >= 0.5 and coalesce(cluster_content.shared_ratio, 0) >= 0.2) as is_tied_twice
from people
inner join links using (cluster_id)
inner join cluster_key using (cluster_id)
left join cluster_content using (cluster_id);

-- How much of its traffic a cluster moved to a model within a day of its release, above what everybody moved.
create or replace temp table cluster_pivot as
with release as (
    select distinct model, cast(released_at as date) as released_on
    from warehouse.staging.stg_model_releases, evaluation
    where
        not coalesce(is_alias, false) and not ends_with(model, '-latest')
        and cast(released_at as date) between window_start and as_of_date
),

used as (
    select release.model, days.account_id, sum(days.request_count) as request_count, coalesce(sum(days.request_count) filter (days.key_value = release.model), 0) as moved_count
    from release
    inner join warehouse.intermediate.int_account_key_days as days
        on days.key_type = 'model' and days.event_date between release.released_on and release.released_on + 1
    cross join evaluation
    where days.event_date <= as_of_date
    group by release.model, days.account_id
),

everybody as (
    select model, sum(moved_count) / sum(request_count) as ratio from used group by model
)

select cluster_id, max(ratio - usual) as pivot_ratio
from (
    select
        member.cluster_id,
        used.model,
        sum(used.moved_count) / sum(used.request_count) as ratio,
        any_value(everybody.ratio) as usual
    from used
    inner join member using (account_id)
    inner join everybody using (model)
    group by member.cluster_id, used.model
    having sum(used.request_count) >= 10
)
group by cluster_id;

create or replace temp table cluster_value as
select 'shared_keys' as signal_id, cluster_id, two_key_ratio as value from cluster_shape
union all select 'one_shared_key', cluster_id, key_ratio from cluster_shape
union all select 'shared_content', cluster_id, case when key_ratio >= 0.3 then shared_ratio else 0 end from cluster_shape
union all select 'some_shared_content', cluster_id, case when key_ratio >= 0.3 then same_content_ratio else 0 end from cluster_shape
union all select 'paraphrase', cluster_id, paraphrase_ratio from cluster_shape
union all select 'shared_pipelines', cluster_id, same_pipeline_ratio from cluster_shape
union all select 'rare_content', cluster_id, same_rare_ratio from cluster_shape
-- strangers are unlike each other anyway: it says something only of those whom more than one thing ties
union all select 'unlike_members', cluster_id, unlikeness from cluster_shape where account_count >= 3 and is_tied_twice
union all select 'very_unlike_members', cluster_id, unlikeness from cluster_shape where account_count >= 4 and is_tied_twice
union all select 'cluster_elicitation', cluster_id, elicits_ratio from cluster_shape where request_count >= 60
union all select 'cluster_grading', cluster_id, grades_ratio from cluster_shape where request_count >= 60
union all select 'cluster_breadth', cluster_id, task_entropy from cluster_shape where request_count >= 60
union all select 'cluster_rhythm', cluster_id, hour_entropy from cluster_shape where account_count >= 3
union all select 'release_pivot', cluster_id, pivot_ratio from cluster_pivot
union all select 'one_email_pattern', cluster_id, (email_pattern_count <= 1)::int from cluster_shape
union all select 'household', cluster_id, (account_count <= 6 and individual_count = account_count and shared_ratio < 0.2 and same_content_ratio < 0.3 and key_ratio >= 0.5)::int from cluster_shape
union all select 'campus', cluster_id, education_count / account_count from cluster_shape
union all select 'event_cohort', cluster_id, (created_span_days <= 3 and greatest(program_count, referred_count) >= 0.5 * account_count)::int from cluster_shape
union all select 'banned_members', cluster_id, count(ban.account_id) / count(*) from member left join ban using (account_id) group by cluster_id;

-- What at least half of the members show alone is also true of the cluster.
create or replace temp table cluster_signal as
with peers as (
    select
        feature.peer_group,
        quantile_cont(elicits_count / prompt_requests, 0.9) as elicits_ratio,
        quantile_cont(grades_count / prompt_requests, 0.95) as grades_ratio,
        quantile_cont(task_entropy, 0.7) as task_entropy,
        quantile_cont(hour_entropy, 0.75) filter (request_count between 20 and 400) as hour_entropy
    from feature
    where request_count >= 40 and prompt_requests > 0
    group by rollup (feature.peer_group)
    having feature.peer_group is null
),

limits as (
    select
        registry.*,
        greatest(registry.floor, coalesce(case registry.signal_id
            when 'cluster_elicitation' then peers.elicits_ratio
            when 'cluster_grading' then peers.grades_ratio
            when 'cluster_breadth' then peers.task_entropy
            when 'cluster_rhythm' then peers.hour_entropy
        end, 0)) as threshold
    from registry, peers
    where registry.subject_kind = 'cluster'
)

select
    limits.signal_id,
    limits.version,
    cluster_value.cluster_id,
    limits.evidence_kind,
    limits.points,
    round(cluster_value.value, 6) as value,
    0.0 as baseline,
    round(limits.threshold, 6) as threshold
from cluster_value
inner join limits using (signal_id)
where round(cluster_value.value, 6) >= round(limits.threshold, 6)
union all
select
    account_signal.signal_id,
    account_signal.version,
    member.cluster_id,
    account_signal.evidence_kind,
    any_value(account_signal.points),
    round(count(*) / any_value(sizes.account_count), 6),
    0.0,
    0.5
from account_signal
inner join member using (account_id)
inner join (select cluster_id, count(*) as account_count from member group by cluster_id) as sizes on sizes.cluster_id = member.cluster_id
group by account_signal.signal_id, account_signal.version, member.cluster_id, account_signal.evidence_kind
having count(*) >= 0.5 * any_value(sizes.account_count);
