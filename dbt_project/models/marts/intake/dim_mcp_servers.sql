select
    servers.server_name,
    servers.publisher,
    servers.first_seen,
    servers.repository_url,
    {{ json_list('servers.aliases') }} as aliases,
    servers.status,
    servers._batch_id,
    servers._file_id,
    servers._line_no
from {{ ref('stg_mcp_servers') }} as servers
