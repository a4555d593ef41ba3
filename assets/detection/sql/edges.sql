-- Which pairs are linked: two kinds of infrastructure, or one kind beside shared content, or content that strangers do not share.
-- `hash_family` (hash -> family, from connected components of near-duplicate hashes) is registered by Python.

create or replace temp table family as
with occurrence as (
    select distinct account_a as account_id, hash_a as hash, template_a as template_hash
    from warehouse.detection.near_pairs, evaluation where event_date between window_start and as_of_date
    union
    select distinct account_b, hash_b, template_b
    from warehouse.detection.near_pairs, evaluation where event_date between window_start and as_of_date
),

placed as (
    select occurrence.*, family from occurrence inner join hash_family using (hash)
),

dominance as (
    select family, max(prompt_count) / sum(prompt_count) as top_template_ratio
    from (select family, template_hash, count(*) as prompt_count from placed group by family, template_hash)
    group by family
)

select distinct placed.account_id, placed.family
from placed
inner join dominance using (family)
where
    dominance.top_template_ratio <= 0.6
    and family in (
        select family from placed group by family
        having count(distinct account_id) between 2 and 25 and count(distinct template_hash) >= 3
    );

create or replace temp table paraphrase as
select lhs.account_id as account_a, rhs.account_id as account_b, count(*) as family_count
from family as lhs
inner join family as rhs using (family)
where lhs.account_id < rhs.account_id
group by lhs.account_id, rhs.account_id;

create or replace temp table pair as
with everything as (
    select
        coalesce(infrastructure.account_a, shared_template.account_a, paraphrase.account_a) as account_a,
        coalesce(infrastructure.account_b, shared_template.account_b, paraphrase.account_b) as account_b,
        coalesce(infrastructure.key_type_count, 0) as key_type_count,
        infrastructure.key_types,
        coalesce(infrastructure.weight, 0) as weight,
        infrastructure.least_degree,
        coalesce(shared_template.template_count, 0) as template_count,
        coalesce(shared_template.rare_count, 0) as rare_count,
        coalesce(shared_template.pipeline_count, 0) as pipeline_count,
        coalesce(shared_template.expected, 0) as expected,
        coalesce(paraphrase.family_count, 0) as family_count
    from infrastructure
    full join shared_template
        on infrastructure.account_a = shared_template.account_a and infrastructure.account_b = shared_template.account_b
    full join paraphrase
        on
            paraphrase.account_a = coalesce(infrastructure.account_a, shared_template.account_a)
            and paraphrase.account_b = coalesce(infrastructure.account_b, shared_template.account_b)
)

select
    everything.*,
    -- Chernoff's bound on a Poisson tail: chance gives this many to fewer than one pair in ten thousand
    template_count > expected
    and template_count * ln(greatest(template_count, 1) / greatest(expected, 1e-6)) - template_count + expected >= 9.2 as is_same_content,
    -- prompt-sharing strangers pass on the template itself; who paraphrases changes it
    family_count >= 2 and family_count > template_count as is_paraphrase,
    pipeline_count >= 3 as is_same_pipeline,
    rare_count >= 4 and rare_count >= 5 * expected as is_same_rare_content
from everything
left join account as of_a on of_a.account_id = account_a
left join account as of_b on of_b.account_id = account_b
where of_a.organization_id is null or of_b.organization_id is null or of_a.organization_id <> of_b.organization_id;

create or replace temp table edge as
select *
from pair
where
    key_type_count >= 2
    or (key_type_count >= 1 and (is_same_content or family_count >= 1))
    or is_paraphrase
    or is_same_pipeline
    or is_same_rare_content;
