-- Pairs of accounts and what ties them: account-to-key edges first, pairs only inside a key's bucket, never all against all.
-- A key that half the world shares, an education or VPN address, and pairs inside one organisation do not link.

create or replace temp table linking_key as
with bucket as (
    select
        key_type,
        key_value,
        count(*) as degree,
        count(*) filter (asn_kind in ('education', 'vpn')) > 0.5 * count(asn_kind) as is_shared_network
    from window_keys
    group by key_type, key_value
)

select
    window_keys.account_id,
    key_type,
    key_value,
    bucket.degree,
    -- never negative: whoever the register does not know counts too
    ln(greatest((select count(*) from account), (select count(distinct account_id) from window_keys)) / bucket.degree) as weight
from window_keys
inner join bucket using (key_type, key_value)
where
    bucket.degree between 2 and case key_type when 'device' then 25 else 40 end
    and not (key_type = 'address' and coalesce(bucket.is_shared_network, false));

create or replace temp table infrastructure as
select
    lhs.account_id as account_a,
    rhs.account_id as account_b,
    count(distinct lhs.key_type) as key_type_count,
    string_agg(distinct lhs.key_type, '+' order by lhs.key_type) as key_types,
    round(sum(lhs.weight), 6) as weight,
    min(lhs.degree) as least_degree
from linking_key as lhs
inner join linking_key as rhs using (key_type, key_value)
where lhs.account_id < rhs.account_id
group by lhs.account_id, rhs.account_id;

-- Shared templates against chance: `expected` is how many of one's templates a random account of the other's breadth would use,
-- each template taken up in proportion to its other users. Counting per pair keeps one big ring from hiding itself in the average.
create or replace temp table shared_template as
with rare as (
    select * from window_templates where degree between 2 and 60
),

per_account as (
    select account_id, count(*) as template_count, sum(degree - 1) as other_users from rare group by account_id
),

population as (
    select greatest(count(*) - 1, 1) as others, (select avg(template_count) from per_account) as mean_count
    from feature
)

select
    pairs.*,
    round(
        least(of_a.other_users * of_b.template_count, of_b.other_users * of_a.template_count)
        / (population.others * population.mean_count), 6
    ) as expected
from (
    select
        lhs.account_id as account_a,
        rhs.account_id as account_b,
        count(*) as template_count,
        count(*) filter (lhs.degree <= 4) as rare_count,
        sum(least(lhs.request_count, rhs.request_count)) as request_count,
        count(*) filter (
            lhs.degree <= 10
            and least(lhs.request_count, rhs.request_count) >= 10
            and lhs.prompt_count >= 0.85 * lhs.request_count
            and rhs.prompt_count >= 0.85 * rhs.request_count
        ) as pipeline_count
    from rare as lhs
    inner join rare as rhs using (template_hash)
    where lhs.account_id < rhs.account_id
    group by lhs.account_id, rhs.account_id
) as pairs
inner join per_account as of_a on of_a.account_id = pairs.account_a
inner join per_account as of_b on of_b.account_id = pairs.account_b
cross join population;
