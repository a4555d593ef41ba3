-- What each account-level signal measures: one row per (signal, account) with a value; thresholds come later, from peers.

create or replace temp table ban as
select action.account_id, min(action.decided_at) as banned_at
from warehouse.staging.stg_enforcement_actions as action, evaluation
where
    action.decided_at < as_of_end
    and action.account_id is not null
    and action.action in ('account_termination', 'account_suspension', 'service_termination')
    and (action.reversed_at is null or action.reversed_at >= as_of_end)
group by action.account_id;

-- Keys of banned accounts, as far back as ninety days: a ban may be older than the window.
create or replace temp table banned_key as
select distinct days.account_id, days.key_type, days.key_value
from warehouse.intermediate.int_account_key_days as days, evaluation
where
    days.event_date between as_of_date - 90 and as_of_date
    and days.key_type in ('address', 'device', 'payment')
    and days.account_id in (select account_id from ban)
union
select account_id, 'payment', payment_key from account where payment_key is not null and account_id in (select account_id from ban)
union
select account_id, 'address', signup_key from account where signup_key is not null and account_id in (select account_id from ban);

create or replace temp table return_key as
with newcomer as (
    select account.account_id, account.created_at from account, evaluation
    where account.created_at >= as_of_end - interval 90 day and account.account_id not in (select account_id from ban)
),

degree as (
    select key_type, key_value, count(distinct account_id) as degree
    from (select account_id, key_type, key_value from window_keys union select * from banned_key)
    group by key_type, key_value
)

select newcomer.account_id, banned_key.account_id as banned_account_id, count(distinct key_type) as key_type_count
from newcomer
inner join window_keys using (account_id)
inner join banned_key using (key_type, key_value)
inner join degree using (key_type, key_value)
inner join ban on ban.account_id = banned_key.account_id
where
    degree.degree <= 4
    and newcomer.created_at between ban.banned_at - interval 1 day and ban.banned_at + interval 30 day
group by newcomer.account_id, banned_key.account_id;

create or replace temp table return_content as
select account_id, banned_account_id, score
from (
    select
        case when of_a.account_id is null then pair.account_a else pair.account_b end as account_id,
        coalesce(of_a.account_id, of_b.account_id) as banned_account_id,
        pair.rare_count + pair.family_count as score,
        coalesce(of_a.banned_at, of_b.banned_at) as banned_at
    from pair
    left join ban as of_a on of_a.account_id = pair.account_a
    left join ban as of_b on of_b.account_id = pair.account_b
    where (of_a.account_id is null) <> (of_b.account_id is null) and pair.rare_count + pair.family_count >= 3 * (pair.expected + 1)
)
inner join account using (account_id)
where account.created_at between banned_at - interval 1 day and banned_at + interval 30 day;

-- Places (network, country) that an account was first seen at, by day, against the rate at which it found places before.
create or replace temp table place as
with daily as (
    select account_id, event_date, coalesce(asn::varchar, '') || '|' || coalesce(country, '') as place, sum(request_count) as request_count
    from warehouse.intermediate.int_account_place_days, evaluation
    where event_date between window_start and as_of_date
    group by account_id, event_date, place
),

first_seen as (
    select account_id, place, min(event_date) as first_date from daily group by account_id, place
),

-- only accounts with several places can have an onset
rich as (
    select account_id, min(first_date) as began from first_seen group by account_id having count(*) >= 5
),

onset as (
    select distinct first_seen.account_id, first_date as onset_date, began
    from first_seen inner join rich using (account_id)
    where first_date >= began + 2
),

counted as (
    select
        onset.account_id,
        onset_date,
        began,
        count(*) filter (first_seen.first_date between onset_date and onset_date + 1) as new_places,
        count(*) filter (first_seen.first_date < onset_date) as old_places,
        count(*) filter (first_seen.first_date between began + 1 and onset_date - 1) as found_before
    from onset
    inner join first_seen using (account_id)
    group by onset.account_id, onset_date, began
),

-- Day by day after the onset: what the new places carry and what the old ones still do.
after as (
    select
        counted.account_id,
        onset_date,
        daily.event_date,
        sum(daily.request_count) filter (first_seen.first_date between onset_date and onset_date + 1) as new_requests,
        sum(daily.request_count) filter (first_seen.first_date < onset_date) as old_requests
    from counted
    inner join first_seen using (account_id)
    inner join daily on daily.account_id = first_seen.account_id and daily.place = first_seen.place and daily.event_date >= onset_date
    group by counted.account_id, onset_date, daily.event_date
),

traffic as (
    select
        account_id,
        onset_date,
        sum(new_requests) / nullif(sum(coalesce(new_requests, 0) + coalesce(old_requests, 0)), 0) as new_traffic_ratio,
        count(*) filter (new_requests > 0 and old_requests > 0) / nullif(count(*) filter (new_requests > 0), 0) as parallel_day_ratio,
        sum(coalesce(new_requests, 0) + coalesce(old_requests, 0)) / ((select as_of_date from evaluation) - onset_date + 1) as daily_after
    from after
    group by account_id, onset_date
),

before as (
    select counted.account_id, onset_date, sum(daily.request_count) as request_count, sum(daily.request_count) / (onset_date - began) as daily_before
    from counted
    inner join daily on daily.account_id = counted.account_id and daily.event_date < onset_date
    group by counted.account_id, onset_date, began
)

select
    counted.account_id,
    counted.onset_date,
    counted.new_places,
    -- new places in two days, as a multiple of what its own past lets expect
    counted.new_places / (2.0 * (counted.found_before + 1) / (counted.onset_date - counted.began + 1)) as new_place_ratio,
    traffic.new_traffic_ratio,
    traffic.parallel_day_ratio,
    traffic.daily_after / before.daily_before as growth
from counted
inner join traffic using (account_id, onset_date)
inner join before using (account_id, onset_date)
where
    counted.new_places >= 4
    and before.request_count >= 15
    and traffic.new_traffic_ratio >= 0.25
    and traffic.parallel_day_ratio >= 0.5
qualify row_number() over (partition by counted.account_id order by new_place_ratio desc, onset_date) = 1;

create or replace temp table connector_call as
with calls as (
    select account_id, tool_name, sum(request_count) as request_count
    from warehouse.intermediate.int_account_tool_days, evaluation
    where event_date between window_start and as_of_date and tool_name like 'mcp:%'
    group by account_id, tool_name
)

select *
from (
    select
        account_id,
        substr(tool_name, 5) as server_name,
        request_count,
        request_count / sum(request_count) over (partition by tool_name) as share,
        sum(request_count) over (partition by tool_name) as server_requests
    from calls
)
where request_count >= 30 and server_requests >= 60;

-- Main users of a server that many have reported, each reporter once.
create or replace temp table reported_server as
select server.mcp_server, count(distinct server.reporter_id) as reporter_count
from warehouse.staging.stg_user_reports as server, evaluation
where
    server.mcp_server is not null
    and server.submitted_at < as_of_end
    and server.submitted_at >= as_of_end - interval 28 day
group by server.mcp_server;

create or replace temp table detection_count as
select account_id, policy_code, count(*) as detection_count
from warehouse.staging.stg_detections, evaluation
where detected_at < as_of_end and detected_at >= as_of_end - interval 28 day
group by account_id, policy_code;

create or replace temp table probing as
select account_id, count(distinct policy_code) filter (refusal_count > 0) as refused_policies, count(distinct policy_code) filter (max_score_ppm >= 400000) as probed_policies
from warehouse.intermediate.int_account_policy_days, evaluation
where event_date between window_start and as_of_date
group by account_id;

-- Shares are shrunk towards nothing with ten requests, so that three of three is no outlier.
create or replace temp table account_value as
select 'own_pipelines' as signal_id, account_id, case when pipeline_ratio >= 0.15 and fresh_ratio >= 0.9 and top_template_ratio <= 0.25 then pipeline_count else 0 end as value from feature
union all select 'many_pipelines', account_id, case when (pipeline_ratio >= 0.5 or (pipeline_ratio >= 0.2 and pipeline_count >= 30)) and fresh_ratio >= 0.9 and top_template_ratio <= 0.25 then pipeline_count else 0 end from feature
union all select 'elicitation', account_id, elicits_count / (prompt_requests + 10) from feature where prompt_requests > 0
union all select 'elicitation_at_volume', account_id, elicits_count / (prompt_requests + 10) from feature where prompt_requests >= 1000
union all select 'grading_throughout', account_id, grades_count / (prompt_requests + 10) from feature where prompt_requests >= 60
union all select 'grading', account_id, grades_count / (prompt_requests + 10) from feature where prompt_requests > 0
union all select 'strict_format', account_id, strict_count / (prompt_requests + 10) from feature where prompt_requests > 0
union all select 'task_breadth', account_id, task_entropy from feature where task_entropy is not null and request_count >= 40
union all select 'round_the_clock', account_id, hour_entropy from feature where hour_entropy is not null and request_count between 20 and 400
union all select 'repeated_items', account_id, 1 - fresh_ratio from feature
union all select 'refusals', account_id, case when refusal_count >= 8 then refusal_count / (request_count + 10) else 0 end from feature
union all select 'probing', account_id, case when refusal_count >= 8 and refusal_count >= 0.08 * request_count then refused_policies else 0 end from feature inner join probing using (account_id)
-- a traveller and a migration of keys find new places too, but they move traffic instead of adding it
union all select 'new_places', account_id, new_place_ratio from place where growth >= case when new_places >= 6 then 1.5 else 1.8 end
union all select 'added_traffic', account_id, growth from place where growth >= case when new_places >= 6 then 1.5 else 1.8 end
union all select 'connector_detections', account_id, detection_count from detection_count where policy_code = 'mcp_abuse'
union all select 'connector_share', account_id, max(share) from connector_call group by account_id
union all select 'connector_dominance', account_id, max(share) from connector_call group by account_id
union all select 'connector_harvest', account_id, max(connector_call.request_count / feature.request_count) from connector_call inner join feature using (account_id) group by account_id
union all select 'reported_connector', account_id, max(reporter_count) from connector_call inner join reported_server on reported_server.mcp_server = server_name where share >= 0.25 group by account_id
union all select 'return_by_key', account_id, max(key_type_count) from return_key group by account_id
union all select 'return_by_content', account_id, max(score) from return_content group by account_id
union all select 'research_verified', account_id, 1 from account where is_research_verified
union all select 'contract', account_id, 1 from account where verification = 'contract'
union all select 'harm_detections', account_id, sum(detection_count) from detection_count where policy_code not in ('distillation', 'mcp_abuse') group by account_id;
