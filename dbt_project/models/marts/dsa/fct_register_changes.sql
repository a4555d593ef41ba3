with policies as (
    {{ standing('policies', ['policy_code']) }}
),

actions as (
    {{ standing('actions', ['action']) }}
),

services as (
    {{ standing('services', ['dsa_service']) }}
),

surfaces as (
    {{ standing('surfaces', ['surface']) }}
),

-- every standing version of a register row, with what it means for a filing
versions as (
    select
        'policies' as register,
        policies.policy_code as register_key,
        policies.valid_from as valid_from,
        {{ meaning('policies', ['dsa_category', 'dsa_keyword']) }} as meaning,
        policies._version_at,
        policies._batch_id,
        policies._file_id,
        policies._line_no
    from policies
    union all
    select
        'actions' as register,
        actions.action as register_key,
        {{ no_instant() }} as valid_from,
        {{ meaning('actions', ['dsa_decision_field', 'dsa_decision_value']) }} as meaning,
        actions._version_at,
        actions._batch_id,
        actions._file_id,
        actions._line_no
    from actions
    union all
    select
        'services' as register,
        services.dsa_service as register_key,
        services.valid_from as valid_from,
        {{ meaning('services', ['kind']) }} as meaning,
        services._version_at,
        services._batch_id,
        services._file_id,
        services._line_no
    from services
    union all
    select
        'surfaces' as register,
        surfaces.surface as register_key,
        {{ no_instant() }} as valid_from,
        {{ meaning('surfaces', ['dsa_service', 'is_hosting', 'report_from']) }} as meaning,
        surfaces._version_at,
        surfaces._batch_id,
        surfaces._file_id,
        surfaces._line_no
    from surfaces
),

-- versions of one row, in the order in which they came into force
rewritten as (
    select
        versions.*,
        lag(versions.meaning) over (
            partition by versions.register, versions.register_key, versions.valid_from
            order by versions._version_at, versions._batch_id, versions._file_id, versions._line_no
        ) as meaning_before,
        row_number() over (
            partition by versions.register, versions.register_key, versions.valid_from
            order by versions._version_at desc, versions._batch_id desc, versions._file_id desc, versions._line_no desc
        ) as newest
    from versions
),

-- the rows of one key that stand now, in the order of their start
succeeding as (
    select
        rewritten.*,
        lag(rewritten.meaning) over (
            partition by rewritten.register, rewritten.register_key
            order by case when rewritten.valid_from is null then 0 else 1 end, rewritten.valid_from
        ) as meaning_of_last
    from rewritten
    where rewritten.newest = 1
)

select
    rewritten.register,
    rewritten.register_key,
    rewritten._version_at as changed_at,
    true as is_rewritten,
    rewritten.meaning_before,
    rewritten.meaning as meaning_after,
    rewritten._batch_id,
    rewritten._file_id,
    rewritten._line_no
from rewritten
where rewritten.meaning_before <> rewritten.meaning
union all
select
    succeeding.register,
    succeeding.register_key,
    succeeding.valid_from as changed_at,
    false as is_rewritten,
    succeeding.meaning_of_last as meaning_before,
    succeeding.meaning as meaning_after,
    succeeding._batch_id,
    succeeding._file_id,
    succeeding._line_no
from succeeding
where succeeding.meaning_of_last <> succeeding.meaning
