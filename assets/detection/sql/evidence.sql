-- Up to twenty requests that show what a signal speaks of, spread over the days; the same rows give the same twenty.

create or replace temp table wanted_evidence as
select
    detection.signal_id,
    detection.subject_kind,
    detection.subject_id,
    case
        when signal_id in ('elicitation', 'elicitation_at_volume', 'cluster_elicitation') then 'elicits'
        when signal_id in ('grading', 'grading_throughout', 'cluster_grading') then 'grades'
        when signal_id = 'strict_format' then 'strict'
        when signal_id in ('refusals', 'probing') then 'refused'
        when signal_id in ('own_pipelines', 'many_pipelines', 'shared_pipelines', 'shared_content', 'some_shared_content', 'rare_content') then 'template'
        else 'any'
    end as shown_by
from new_detections as detection, evaluation
where detection.as_of_date = evaluation.as_of_date;

create or replace temp table evidence as
with subject_account as (
    select 'account' as subject_kind, subject_id, subject_id as account_id from wanted_evidence where subject_kind = 'account' group by subject_id
    union all
    select 'cluster', cluster_id, account_id from member
),

shared as (
    select member.cluster_id, template_hash
    from window_templates
    inner join member using (account_id)
    where degree <= 60
    group by member.cluster_id, template_hash
    having count(*) >= 2
),

own as (
    select account_id, template_hash
    from window_templates
    where degree <= 4 and request_count >= 10 and prompt_count >= 0.85 * request_count
),

-- Signals of a subject that the same requests show have the same evidence: it is looked for once.
shown as (
    select distinct subject_kind, subject_id, shown_by from wanted_evidence
),

found as (
    select
        shown.subject_kind,
        shown.subject_id,
        shown.shown_by,
        min(window_prompts.least_request_id, 20) as request_ids
    from shown
    inner join subject_account using (subject_kind, subject_id)
    inner join window_prompts using (account_id)
    where
        case shown.shown_by
            when 'elicits' then window_prompts.elicits_count > 0
            when 'grades' then window_prompts.grades_count > 0
            when 'strict' then window_prompts.strict_count > 0
            when 'refused' then window_prompts.refusal_count > 0
            when 'template' then
                (window_prompts.account_id, window_prompts.template_hash) in (select (account_id, template_hash) from own)
                or (shown.subject_id, window_prompts.template_hash) in (select (cluster_id, template_hash) from shared)
            else true
        end
    group by shown.subject_kind, shown.subject_id, shown.shown_by, window_prompts.account_id, window_prompts.event_date
),

ranked as (
    select
        subject_kind,
        subject_id,
        shown_by,
        unnest(request_ids) as request_id,
        generate_subscripts(request_ids, 1) as place
    from found
),

chosen as (
    select subject_kind, subject_id, shown_by, list(request_id order by place, request_id)[1:20] as request_ids
    from ranked
    group by subject_kind, subject_id, shown_by
)

select wanted_evidence.signal_id, subject_kind, subject_id, chosen.request_ids
from wanted_evidence
inner join chosen using (subject_kind, subject_id, shown_by);

update new_detections
set evidence_request_ids = evidence.request_ids
from evidence
where
    new_detections.as_of_date = (select as_of_date from evaluation)
    and new_detections.signal_id = evidence.signal_id
    and new_detections.subject_kind = evidence.subject_kind
    and new_detections.subject_id = evidence.subject_id;
