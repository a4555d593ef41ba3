-- Near-duplicate prompts of different accounts found on the day of evaluation: bands of the 64-bit simhash, distance <= 6.
-- A band of more than 400 prompts is too crowded to search (kept in near_crowd); a hash of more than ten accounts is public.

-- Numbers alone: `known` is a row of near_known.
create or replace temp table near_band as
with placed as (
    select near_known.rowid as known, account_key, hash, place, (hash >> (16 * place)) & 65535 as band
    from near_known, range(4) as places(place)
),

wanted as (
    select distinct place, (hash >> (16 * place)) & 65535 as band
    from near_known, evaluation, range(4) as places(place)
    where last_date = as_of_date
)

select placed.* from placed semi join wanted using (place, band);

create or replace temp table near_crowd as
select place, band, count(*) as prompt_count, min(account_key) <> max(account_key) as is_shared
from near_band
group by place, band;

create or replace temp table near_found as
with searched as (
    select near_band.*
    from near_band
    inner join near_crowd using (place, band)
    where near_crowd.is_shared and near_crowd.prompt_count <= 400
),

-- hashes that an account showed on the day, whatever the template
shown as (
    select account_key, hash from near_known, evaluation where last_date = as_of_date group by account_key, hash
),

pairs as (
    select distinct fresh.known as fresh_known, other.known as other_known
    from (select * from searched semi join shown using (account_key, hash)) as fresh
    inner join searched as other using (place, band)
    where fresh.account_key <> other.account_key and bit_count(xor(fresh.hash, other.hash)) <= 6
)

select distinct
    least(fresh.account_id, known.account_id) as account_a,
    greatest(fresh.account_id, known.account_id) as account_b,
    case when fresh.account_id < known.account_id then fresh.hash else known.hash end as hash_a,
    case when fresh.account_id < known.account_id then known.hash else fresh.hash end as hash_b,
    case when fresh.account_id < known.account_id then fresh.template_hash else known.template_hash end as template_a,
    case when fresh.account_id < known.account_id then known.template_hash else fresh.template_hash end as template_b
from pairs
inner join near_known as fresh on fresh.rowid = pairs.fresh_known
inner join near_known as known on known.rowid = pairs.other_known
where fresh.template_hash is null or known.template_hash is null or fresh.template_hash <> known.template_hash;

delete from warehouse.detection.near_pairs where event_date = (select as_of_date from evaluation);

insert into warehouse.detection.near_pairs
with public_hash as (
    select hash
    from window_prompts
    where hash in (select hash_a from near_found union select hash_b from near_found)
    group by hash
    having count(distinct account_id) > 10
)

select (select as_of_date from evaluation), near_found.*
from near_found
where hash_a not in (select hash from public_hash) and hash_b not in (select hash from public_hash);
