-- Near-duplicate prompts of different accounts found on the day of evaluation: bands of the 64-bit simhash, distance <= 6.
-- A hash of more than ten accounts is public; a band of more than 400 prompts is too crowded to search (counted in near_cut).

create or replace temp table near_prompt as
select distinct account_id, template_hash, ('0x' || prompt_simhash)::ubigint as hash
from window_prompts
where prompt_simhash is not null
qualify count(distinct account_id) over (partition by prompt_simhash) <= 10;

create or replace temp table near_new as
select distinct account_id, template_hash, ('0x' || prompt_simhash)::ubigint as hash
from window_prompts, evaluation
where prompt_simhash is not null and event_date = as_of_date;

create or replace temp table near_band as
with fresh as (
    select near_new.*, place, (hash >> (16 * place)) & 65535 as band
    from near_new, range(4) as places(place)
),

wanted as (
    select distinct place, band from fresh
)

select near_prompt.*, place, (hash >> (16 * place)) & 65535 as band
from near_prompt, range(4) as places(place)
where (place, (hash >> (16 * place)) & 65535) in (select (place, band) from wanted);

create or replace temp table near_crowd as
select place, band, count(*) as prompt_count, count(distinct account_id) as account_count
from near_band
group by place, band;

delete from warehouse.detection.near_pairs where event_date = (select as_of_date from evaluation);

insert into warehouse.detection.near_pairs
with fresh as (
    select near_band.* from near_band semi join near_new using (account_id, hash)
)

select distinct
    (select as_of_date from evaluation) as event_date,
    least(fresh.account_id, known.account_id) as account_a,
    greatest(fresh.account_id, known.account_id) as account_b,
    case when fresh.account_id < known.account_id then fresh.hash else known.hash end as hash_a,
    case when fresh.account_id < known.account_id then known.hash else fresh.hash end as hash_b,
    case when fresh.account_id < known.account_id then fresh.template_hash else known.template_hash end as template_a,
    case when fresh.account_id < known.account_id then known.template_hash else fresh.template_hash end as template_b
from fresh
inner join near_crowd using (place, band)
inner join near_band as known using (place, band)
where
    near_crowd.account_count >= 2
    and near_crowd.prompt_count <= 400
    and fresh.account_id <> known.account_id
    and bit_count(xor(fresh.hash, known.hash)) <= 6
    and (fresh.template_hash is null or known.template_hash is null or fresh.template_hash <> known.template_hash);
