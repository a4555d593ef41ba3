-- Prompts of the 28 days that end with the day of evaluation, by account, day and template; from the daily table.

create or replace temp table window_prompts as
select
    account_id,
    event_date,
    template_hash,
    prompt_hash,
    case when prompt_simhash is not null then cast('0x' || prompt_simhash as ubigint) end as hash,
    request_count,
    elicits_count,
    grades_count,
    strict_count,
    refusal_count,
    least_request_id
from warehouse.intermediate.int_account_prompt_days, evaluation
where event_date between window_start and as_of_date;
