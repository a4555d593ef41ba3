with in_force as (
    {{ in_force('mcp_servers', ['server_name']) }}
)

select
    in_force.server_name,
    in_force.publisher,
    in_force.first_seen,
    in_force.repository_url,
    in_force.aliases,
    in_force.status,
    in_force.updated_at,
    in_force._version_at,
    in_force._batch_id,
    in_force._file_id,
    in_force._line_no
from in_force
