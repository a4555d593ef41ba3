-- Prompts of the 28 days that end with the day of evaluation, by account, day and template; from the daily table.
-- From day to day only the difference is read: what is older than the window leaves, what is new comes. `evaluation.filled_from`
-- (set by Python) is the first day to read; where it is the window's first day, the tables are made anew.

create temp table if not exists window_prompts (
    account_id varchar,
    event_date date,
    template_hash varchar,
    prompt_key ubigint,
    hash ubigint,
    request_count bigint,
    elicits_count bigint,
    grades_count bigint,
    strict_count bigint,
    refusal_count bigint,
    least_request_id varchar
);

-- Near-duplicate search: each account's hashes, by template, with the last day that showed them.
create temp table if not exists near_known (
    account_id varchar,
    account_key ubigint,
    template_hash varchar,
    hash ubigint,
    last_date date
);

delete from window_prompts where event_date < (select window_start from evaluation);

insert into window_prompts
select
    account_id,
    event_date,
    template_hash,
    -- half a prompt's size, and told apart faster; only counted
    case when prompt_hash is not null then hash(prompt_hash) end,
    -- what is no 64-bit number is no simhash
    try_cast('0x' || prompt_simhash as ubigint),
    request_count,
    elicits_count,
    grades_count,
    strict_count,
    refusal_count,
    least_request_id
from warehouse.intermediate.int_account_prompt_days, evaluation
where event_date between filled_from and as_of_date;

create or replace temp table near_added as
select account_id, hash(account_id) as account_key, template_hash, hash, max(event_date) as last_date
from window_prompts, evaluation
where hash is not null and event_date >= filled_from
group by account_id, template_hash, hash;

delete from near_known where last_date < (select window_start from evaluation);

delete from near_known
using near_added
where
    near_known.hash = near_added.hash
    and near_known.account_id = near_added.account_id
    and near_known.template_hash is not distinct from near_added.template_hash;

insert into near_known from near_added;
