with averages as (
    select
        recipients.*,
        coalesce(recipients.dsa_service, 'none') as service_name,
        cast(recipients.period_start as {{ text_type() }}) as starts_on,
        lead(recipients.period_start) over (
            partition by recipients.dsa_service, recipients.member_state
            order by recipients.period_start
        ) as next_start
    from {{ ref('stg_recipients') }} as recipients
)

select
    concat(averages.service_name, '/', averages.starts_on, '/', averages.member_state) as recipients_key,
    averages.dsa_service,
    averages.period_start,
    averages.period_end,
    averages.member_state as register_member_state,
    countries.report_code as member_state,
    averages.average_monthly_active_recipients,
    {{ noon_of('averages.period_start') }} as counted_at,
    {{ noon_of('averages.next_start') }} as superseded_at,
    averages._batch_id,
    averages._file_id,
    averages._line_no
from averages
left join {{ ref('dsa_countries') }} as countries
    on
    upper(averages.member_state) = countries.country
    and countries.is_member_state
