-- What each account did in the 28 days that end with the day of evaluation, from daily tables alone.
-- `evaluation` (one row: as_of_date, window_start, as_of_end) says which days; nothing here sees a later one.

create or replace temp table account as
select
    account_id,
    organization_id,
    kind,
    verification,
    status,
    coalesce(research_verified, false) as is_research_verified,
    email_pattern_hash,
    case when payment_hash <> '' then coalesce(nullif(hash_key_id, '') || ':', '') || payment_hash end as payment_key,
    case when signup_ip_hash <> '' then coalesce(nullif(hash_key_id, '') || ':', '') || signup_ip_hash end as signup_key,
    referrer_account_id,
    created_at,
    case
        when kind = 'education' then 'education'
        when organization_id is null and coalesce(kind, 'individual') = 'individual' then 'person'
        else 'organisation'
    end as peer_group
from current.history.hist_accounts, evaluation
where _version_at < as_of_end
qualify row_number() over (
    partition by account_id order by _version_at desc, _batch_id desc, _file_id desc, _line_no desc
) = 1;

-- Allow-listed at the day: listings that were approved by then and have not expired.
create or replace temp table listed as
select account.account_id, min(listing.reason) as reason, case when count(*) = count(listing.expires_on) then max(listing.expires_on) end as expires_on
from account, warehouse.staging.stg_allowlist as listing, evaluation
where
    (listing.approved_on is null or listing.approved_on <= as_of_date)
    and (listing.expires_on is null or listing.expires_on > as_of_date)
    and (
        (listing.entity_kind = 'account' and listing.entity_id = account.account_id)
        or (listing.entity_kind = 'organization' and listing.entity_id = account.organization_id)
    )
group by account.account_id;

create or replace temp table window_hours as
select account_id, event_date, hour, request_count
from warehouse.intermediate.int_account_hour_days, evaluation
where event_date between window_start and as_of_date;

-- One row per account and template; degree = accounts that use the template.
create or replace temp table window_templates as
select *, count(*) over (partition by template_hash) as degree
from (
    select account_id, template_hash, sum(request_count) as request_count, sum(prompt_count) as prompt_count
    from warehouse.intermediate.int_account_template_days, evaluation
    where event_date between window_start and as_of_date
    group by account_id, template_hash
);

create or replace temp table window_keys as
select account_id, key_type, key_value, sum(request_count) as request_count, arg_max(asn_kind, (request_count, asn_kind)) as asn_kind
from (
    select account_id, key_type, key_value, request_count, asn_kind
    from warehouse.intermediate.int_account_key_days, evaluation
    where event_date between window_start and as_of_date and key_type in ('address', 'device', 'payment', 'api_key')
    union all
    select account_id, 'payment', payment_key, 0, null from account where payment_key is not null
    union all
    select account_id, 'address', signup_key, 0, null from account where signup_key is not null
)
group by account_id, key_type, key_value;

-- A pipeline: a template of one's own or nearly so, used at least ten times, nearly always with a new fill.
create or replace temp table feature as
with hours as (
    select
        account_id,
        sum(request_count) as request_count,
        bit_count(bit_or(1 << hour)) as hour_count,
        bit_count(bit_or(1 << (event_date - window_start))) as day_count,
        min(event_date) as first_day,
        max(event_date) as last_day
    from window_hours, evaluation
    group by account_id
),

clock as (
    select account_id, -sum(share * ln(share)) / ln(24) as hour_entropy
    from (
        select account_id, sum(request_count) / sum(sum(request_count)) over (partition by account_id) as share
        from window_hours
        group by account_id, hour
    )
    group by account_id
),

-- Miller-Madow: the plain estimate of entropy is too low by (categories - 1) / 2n.
breadth as (
    select account_id, (-sum(share * ln(share)) + (count(*) - 1) / (2 * any_value(total))) / ln(11) as task_entropy
    from (
        select
            account_id,
            sum(request_count) / sum(sum(request_count)) over (partition by account_id) as share,
            sum(sum(request_count)) over (partition by account_id) as total
        from warehouse.intermediate.int_account_task_days, evaluation
        where event_date between window_start and as_of_date
        group by account_id, task_category
    )
    group by account_id
),

templates as (
    select
        account_id,
        count(*) as template_count,
        max(request_count) as top_template_count,
        count(*) filter (is_pipeline) as pipeline_count,
        coalesce(sum(request_count) filter (is_pipeline), 0) as pipeline_requests
    from (
        select *, degree <= 4 and request_count >= 10 and prompt_count >= 0.85 * request_count as is_pipeline
        from window_templates
    )
    group by account_id
),

prompts as (
    select
        account_id,
        sum(request_count) as prompt_requests,
        sum(elicits_count) as elicits_count,
        sum(grades_count) as grades_count,
        sum(strict_count) as strict_count,
        sum(refusal_count) as refusal_count,
        count(distinct prompt_key) / nullif(sum(request_count) filter (prompt_key is not null), 0) as fresh_ratio
    from window_prompts
    group by account_id
),

-- An evaluation asks the same items again, if not from one account then from its sisters in the organisation.
organisation as (
    select organization_id, count(distinct prompt_key) / sum(request_count) as fresh_ratio
    from window_prompts
    inner join account using (account_id)
    where organization_id is not null and prompt_key is not null
    group by organization_id
)

select
    hours.*,
    peer_group,
    clock.hour_entropy,
    breadth.task_entropy,
    coalesce(templates.template_count, 0) as template_count,
    coalesce(templates.top_template_count / hours.request_count, 0) as top_template_ratio,
    coalesce(templates.pipeline_count, 0) as pipeline_count,
    coalesce(templates.pipeline_requests / hours.request_count, 0) as pipeline_ratio,
    prompts.prompt_requests,
    coalesce(prompts.elicits_count, 0) as elicits_count,
    coalesce(prompts.grades_count, 0) as grades_count,
    coalesce(prompts.strict_count, 0) as strict_count,
    coalesce(prompts.refusal_count, 0) as refusal_count,
    least(coalesce(prompts.fresh_ratio, 1), coalesce(organisation.fresh_ratio, 1)) as fresh_ratio
from hours
left join account using (account_id)
left join clock using (account_id)
left join breadth using (account_id)
left join templates using (account_id)
left join prompts using (account_id)
left join organisation on organisation.organization_id = account.organization_id;
