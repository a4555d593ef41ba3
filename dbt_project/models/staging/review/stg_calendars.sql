with in_force as (
    {{ in_force('calendars', ['calendar', 'day']) }}
)

select
    in_force.calendar,
    in_force.day,
    in_force.opens,
    in_force.closes,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
