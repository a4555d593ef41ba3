with spine as (
    -- 2014-12-29 is a Monday
    {{ dbt.date_spine('day', "cast('2014-12-29' as date)", "cast('2041-01-01' as date)") }}
),

days as (
    select cast(spine.date_day as date) as day
    from spine
)

select
    days.day,
    cast(extract(year from days.day) as bigint) as calendar_year,
    cast(extract(quarter from days.day) as bigint) as calendar_quarter,
    cast(extract(month from days.day) as bigint) as calendar_month,
    cast({{ dbt.date_trunc('month', 'days.day') }} as date) as month_start_date,
    cast({{ dbt.datediff("cast('2014-12-29' as date)", 'days.day', 'day') }} % 7 + 1 as bigint) as iso_weekday
from days
