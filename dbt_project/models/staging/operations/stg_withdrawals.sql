-- The same digest may have come more than once to a feed (a retried file): each of its deliveries is named.
select
    retractions.retraction_id,
    retractions.feed,
    files.file_id as withdrawn_file_id,
    retractions.line as withdrawn_line_no,
    retractions.id as withdrawn_id,
    retractions.file_sha256 is null as names_no_file,
    retractions._batch_id,
    retractions._file_id,
    retractions._line_no
from {{ ref('stg_retractions') }} as retractions
left join {{ source('ops', 'files') }} as files
    on retractions.feed = files.feed and retractions.file_sha256 = files.file_sha256
