with days as (
    -- 2014-12-29 is a Monday
    {{ day_series('2014-12-29', '2040-12-31') }}
)

select
    days.day,
    cast(extract(year from days.day) as bigint) as calendar_year,
    cast(extract(quarter from days.day) as bigint) as calendar_quarter,
    cast(extract(month from days.day) as bigint) as calendar_month,
    cast({{ dbt.date_trunc('month', 'days.day') }} as date) as month_start_date,
    cast({{ dbt.datediff("cast('2014-12-29' as date)", 'days.day', 'day') }} % 7 + 1 as bigint) as iso_weekday
from days
